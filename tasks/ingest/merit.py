"""How much a transcript says about who speaks, by which the listed ones are compared. Pure."""

from collections import Counter
from enum import IntEnum

from tasks.speakers.names.single_label import match_label
from tasks.transcripts.labels.non_person import is_non_person
from tasks.transcripts.values import ParsedTranscript

# Of all segments; fewer names are those of a reader's note or of an advertisement.
_MIN_SHARE = 0.1


class Merit(IntEnum):
    """Nobody is labelled; speakers are numbered or have initials; people are named."""

    unlabelled = 0
    labelled = 1
    named = 2


def merit_of(parsed: ParsedTranscript) -> Merit:
    """The merit of a transcript, by the labels of its segments."""
    counts = Counter(segment.label for segment in parsed.segments)
    named = sum(count for label, count in counts.items() if _names_a_person(label))
    if named >= max(1, _MIN_SHARE * len(parsed.segments)):
        return Merit.named
    return Merit.labelled if counts.keys() - {""} else Merit.unlabelled


def _names_a_person(label: str) -> bool:
    """Whether a label is a full name or a first name; initials and "ch_0" may be anybody's."""
    if not label or is_non_person(label):
        return False
    match = match_label(label)
    letters = sum(map(str.isalpha, label))
    one_word = match.reason == "one_word_name" and letters > 2 and not any(map(str.isdigit, label))
    return match.method == "full_name" or one_word
