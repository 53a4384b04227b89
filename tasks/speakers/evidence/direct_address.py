"""Direct address: which speaker answers when another one says a name to them; pure."""

# ruff: noqa: RUF001 - typographic apostrophes are found in transcripts

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from tasks.speakers.evidence.introductions import turns_of
from tasks.speakers.facts import Turn
from tasks.speakers.names.unicode_fold import fold
from tasks.speakers.values import DirectAddress

_NAME = r"(?P<name>[^\W\d_a-z][^\W\d_]*(?:['’\-][^\W\d_]+)*(?: [^\W\d_a-z][\w'’\-]+)?)"
# Before a name: the beginning of a sentence, or a word that addresses a person.
_ADDRESSED = re.compile(
    r"(?i:"
    r"(?:^|[.?!…]\s+)(?:(?:so|and|but|well|okay|ok|alright|all right|now|yeah|yes|no|right|oh)"
    r"(?:,\s*|\s+))*"
    r"|,\s+"
    r"|\b(?:thanks|thank you|welcome(?: back)?|hi|hello|hey|cheers|bye|goodbye|what about you|"
    r"how about you)(?: so much| very much| again| there)?,?\s+"
    r")" + _NAME + r"(?=\s*[,.?!…—]|\s+(?:welcome|thank|thanks|how|what|do|did|can|could|tell)\b)"
)
# Characters: the next speaker answers only an address this close to the end of a turn.
_TURN_END = 160


def read_direct_address(segments: Iterable[Turn]) -> tuple[DirectAddress, ...]:
    """Count who answers to each name that is addressed.

    Where only two speakers talk, the other one is addressed anywhere in a turn.
    """
    turns = turns_of(segments)
    labels = sorted({label for label, _ in turns})
    found: Counter[tuple[str, str, str]] = Counter()
    for number, (label, text) in enumerate(turns):
        answered_by = _answered_by(turns, number, labels)
        if not answered_by:
            continue
        for match in _ADDRESSED.finditer(text if len(labels) == 2 else text[-_TURN_END:]):
            found[fold(match["name"]), label, answered_by] += 1
    return tuple(DirectAddress(*key, times) for key, times in sorted(found.items()))


def _answered_by(turns: Sequence[Turn], number: int, labels: Sequence[str]) -> str:
    label = turns[number][0]
    if len(labels) == 2:
        return next(other for other in labels if other != label)
    return turns[number + 1][0] if number + 1 < len(turns) else ""
