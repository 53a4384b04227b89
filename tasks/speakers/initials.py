"""Match labels that are initials to the people whom the texts name, all of them or none."""

from collections.abc import Iterable, Mapping
from itertools import chain

from tasks.speakers.names.names import comparable
from tasks.speakers.values import Candidate, EpisodeContext, SpeakerMatch

_MIN_LABELS, _MIN_LETTERS = 2, 2


def by_initials(
    matches: Mapping[str, SpeakerMatch], context: EpisodeContext
) -> dict[str, SpeakerMatch]:
    """Match "SD" and "VHP" to Solomon Drewe and Verity Halloran-Pike.

    One label alone may be anybody's initials. That two fit, each one name of the texts and no
    other, is no chance: the names are no evidence where a label with initials fits none.
    """
    labels = [label for label, one in matches.items() if one.reason == "initials"]
    people = [one for one in context.named if not one.is_credit]
    fitting = {label: _with_initials(label, people) for label in labels if _is_in_capitals(label)}
    names = [one.name.key for one in chain.from_iterable(fitting.values())]
    taken = {one.name.key for one in matches.values() if one.name}
    if len(labels) < _MIN_LABELS or len(fitting) < len(labels) or taken & {*names}:
        return {}
    if any(len(each) != 1 for each in fitting.values()) or len({*names}) < len(names):
        return {}
    return {label: _matched(label, one, matches[label]) for label, (one,) in fitting.items()}


def _is_in_capitals(label: str) -> bool:
    letters = label.replace(".", "").replace(" ", "")
    return len(letters) >= _MIN_LETTERS and letters.isalpha() and letters.isupper()


def _with_initials(label: str, people: Iterable[Candidate]) -> list[Candidate]:
    letters = comparable(label).replace(" ", "")
    return [one for one in people if _initials_of(one) == letters]


def _initials_of(one: Candidate) -> str:
    return "".join(word[0] for word in one.name.key.split())


def _matched(label: str, one: Candidate, by_label: SpeakerMatch) -> SpeakerMatch:
    evidence = f"label {label!r}: the initials of {one.name.display}, {one.source}"
    return SpeakerMatch("initials", "unique_match", 0.8, one.name, by_label.role, evidence)
