"""What was decided about a suggestion, or taken back, in a sentence with its names."""

from models.queries.decided_suggestions import DecidedSuggestion


def decided_sentence(one: DecidedSuggestion) -> str:
    """What the decision about a suggestion did."""
    if one.state == "accepted":
        return _accepted(one)
    if one.state == "refused":
        return _refused(one)
    return f"Suggestion {one.id} is open again."


def _accepted(one: DecidedSuggestion) -> str:
    merged = (one.person, one.other)
    less, more = merged[::-1] if one.target_id == one.person_id else merged
    return {
        "merge": f"Merged {less} into {more}.",
        "split": f"{one.person} on {one.podcast} is now another person of this name.",
        "reassign": f"Assigned {_label(one)} to {one.person} again.",
    }.get(one.kind, f"Merged the podcast {one.podcast} into {one.target_podcast}.")


def _refused(one: DecidedSuggestion) -> str:
    return {
        "merge": f"{one.person} and {one.other} are never merged.",
        "split": f"{one.person} on {one.podcast} remains the same person.",
        "reassign": f"Dropped the assignment of {_label(one)} to {one.person}.",
    }.get(one.kind, f"The podcasts {one.podcast} and {one.target_podcast} remain separate.")


def undone_sentence(one: DecidedSuggestion, was: str) -> str:
    """What was taken back; ``was`` is the state that the suggestion had."""
    pair = f"{one.person} and {one.other}"
    what = {
        ("merge", "accepted"): f"the merge of {pair}. They are two people again",
        ("merge", "refused"): f"that {pair} are never merged",
        ("split", "accepted"): f"the split. {one.person} on {one.podcast} is the same person again",
        ("split", "refused"): f"that {one.person} on {one.podcast} is one person",
    }.get((one.kind, was), f"the decision about {one.podcast or one.person}")
    return f"Took back {what}. The suggestion is open again."


def _label(one: DecidedSuggestion) -> str:
    return f"the label “{one.evidence.get('label', '')}”"
