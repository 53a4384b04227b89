"""Whom the voices of an episode call by name: whoever is called answers; pure."""

# ruff: noqa: RUF001 - typographic apostrophes are found in transcripts

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from tasks.speakers.evidence.introductions import Turn, turns_of
from tasks.speakers.names.unicode_fold import fold
from tasks.speakers.values import DirectAddress

_NAME = r"(?P<name>[^\W\d_a-z][^\W\d_]*(?:['’\-][^\W\d_]+)*(?: [^\W\d_a-z][\w'’\-]+)?)"
# Before a name that is called: the beginning of a sentence, or a word that speaks to somebody.
_CALLED = re.compile(
    r"(?i:"
    r"(?:^|[.?!…]\s+)(?:(?:so|and|but|well|okay|ok|alright|all right|now|yeah|yes|no|right|oh)"
    r"(?:,\s*|\s+))*"
    r"|,\s+"
    r"|\b(?:thanks|thank you|welcome(?: back)?|hi|hello|hey|cheers|bye|goodbye|what about you|"
    r"how about you)(?: so much| very much| again| there)?,?\s+"
    r")" + _NAME + r"(?=\s*[,.?!…—]|\s+(?:welcome|thank|thanks|how|what|do|did|can|could|tell)\b)"
)
# A call further from the end of a turn is not what the next voice answers.
_END = 160


def read_direct_address(segments: Iterable[Turn]) -> tuple[DirectAddress, ...]:
    """Every word that is said like a name in a call, and how often which voice answers it.

    Where only two voices speak, the other one is called wherever in a turn it is.
    """
    turns = turns_of(segments)
    labels = sorted({label for label, _ in turns})
    found: Counter[tuple[str, str, str]] = Counter()
    for number, (label, said) in enumerate(turns):
        answering = _answering(turns, number, labels)
        if not answering:
            continue
        for match in _CALLED.finditer(said if len(labels) == 2 else said[-_END:]):
            found[fold(match["name"]), label, answering] += 1
    return tuple(DirectAddress(*key, times) for key, times in sorted(found.items()))


def _answering(turns: Sequence[Turn], number: int, labels: Sequence[str]) -> str:
    label = turns[number][0]
    if len(labels) == 2:
        return next(one for one in labels if one != label)
    return turns[number + 1][0] if number + 1 < len(turns) else ""
