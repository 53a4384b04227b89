"""The sign behind a name, where a document has one of its own: ``Name | text``, ``◇ Name> text``.

No list of signs is used. The document shows its own: what is, in most of its paragraphs or
cues, behind a short text that occurs again. It is searched only where the usual shapes label
little, and what it finds is a candidate like any other.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, pairwise
from unicodedata import category

from tasks.transcripts.labels.candidates import HeadingLine, LabelShape, Occurrence
from tasks.transcripts.labels.decision import LabelDecision
from tasks.transcripts.labels.paragraph_start import ParagraphStart, parse_leading_time
from tasks.transcripts.labels.validity import clean_label, name_form

# Characters beside a label, such as a time, that leave its words to the next unit.
_MAX_BESIDE_LABEL = 13
_MAX_NAME = 44  # characters, with the signs before it
_MAX_SIGNS = 3  # of a paragraph: a name may have dots and hyphens in it
_LEAD = re.compile(r"(?:[\[(]?\d{1,4}[.)\]]?[ \t]+)?[^\w\s]{0,4}[ \t]?")
_SIGN = re.compile(
    r"\.?(?:\t+|\u3000+|[ \u00a0]{2,})|[ ]?(?:[^\w\s,'’?!/&-]|(?<=[ ])[-/]|/{2}){1,3}"  # noqa: RUF001 - a typographic apostrophe
)
_COLONS = (":", "\uff1a")  # the usual shapes have them, but for what is behind a number
_OPENING = ("Ps", "Pi")  # the quote that a sign opens is part of the words
_LETTER = re.compile(r"[^\W\d_]")
_LEAST_SHARE = 0.5  # of the units that begin with the sign and a name that occurs again
_LEAST_TURNS = 4
_LEAST_BESIDE = 0.2  # of all units: less is no second way to open a turn
_MOST_NAMES = 0.5  # different names beside turns: more are no dialogue
_MOST_OTHERS = 0.34  # names beside turns that occur once


@dataclass(frozen=True, slots=True)
class Opening:
    """How the turns of a document open: the sign behind a name. ``turns`` is how many do."""

    sign: str
    turns: int

    def parse(self, text: str) -> tuple[str, int] | None:
        """The name before the sign, and the offset behind it; None where a text has none."""
        return next((found[1:] for found in _signs(text) if found[0] == self.sign), None)


def opening_beside(
    decision: LabelDecision, occurrences: Sequence[Occurrence], texts: Sequence[str]
) -> Opening | None:
    """The opening of a document whose usual shapes label less than it does; None for others."""
    labels = [o for o in occurrences if decision.is_label(o.label, o.shape)]
    alone = (o for o in labels if len(texts[o.unit]) <= len(o.label) + _MAX_BESIDE_LABEL)
    usual = {o.unit for o in labels} | {o.unit + 1 for o in alone}
    others = [text for unit, text in enumerate(texts) if unit not in usual]
    if len(others) < _LEAST_BESIDE * len(texts):
        return None
    opening = find_opening(others, beside=len(usual))
    return opening if opening and opening.turns >= _LEAST_BESIDE * len(texts) else None


def start_at_sign(text: str, opening: Opening) -> ParagraphStart | None:
    """The start of a text that begins with a name and the sign of the document."""
    if isinstance(text, HeadingLine):
        return None
    start_ms, begin = parse_leading_time(text)
    found = opening.parse(text[begin : begin + 2 * _MAX_NAME])
    if found is None:
        return None
    label, rest = found
    late_ms, end = parse_leading_time(text, begin + rest)
    return ParagraphStart(label, LabelShape.SIGN, late_ms if start_ms is None else start_ms, end)


def find_opening(texts: Sequence[str], beside: int = 0) -> Opening | None:
    """The sign behind the names of a document; None where it has none; linear time.

    Args:
        texts: the units without a label.
        beside: how many have one; with them, one name may have the sign to itself.
    """
    names: dict[str, list[str]] = defaultdict(list)
    for text in texts:
        seen: set[str] = set()
        _, begin = parse_leading_time(text)
        for sign, name, _ in _signs(text[begin : begin + 2 * _MAX_NAME] if begin else text):
            if sign not in seen:  # the first of each counts, as in ``Opening.parse``
                seen.add(sign)
                names[sign].append(name)
    found = [
        Opening(sign, turns)
        for sign, of in names.items()
        if (turns := _turns(of, len(texts), beside))
    ]
    return max(found, key=lambda opening: opening.turns, default=None)


def _turns(names: Sequence[str], units: int, beside: int) -> int:
    """How many units begin with a name that occurs again; 0 where that is no dialogue."""
    counts = Counter(names)
    repeated = [name for name in names if counts[name] > 1 and name_form(name) > 0]
    changes = sum(a != b for a, b in pairwise(repeated))
    is_dialogue = (
        len(repeated) >= max(_LEAST_TURNS, _LEAST_SHARE * units)
        and len(set(repeated)) <= _MOST_NAMES * len(repeated)
        and len(names) - len(repeated) <= _MOST_OTHERS * len(names)
        and (3 * changes >= len(repeated) or (beside >= len(repeated) and len(set(repeated)) == 1))
    )
    return len(repeated) if is_dialogue else 0


def _signs(text: str) -> Iterator[tuple[str, str, int]]:
    """Sign, name before it, and offset behind it; for the first signs near the start."""
    lead = _LEAD.match(text)
    begin = lead.end() if lead else 0
    if not _LETTER.match(text, begin):
        return
    for sign in islice(_SIGN.finditer(text, begin + 1, begin + _MAX_NAME), _MAX_SIGNS):
        if "\n" in text[begin : sign.start()]:
            return
        is_quote = category(sign[0][-1]) in _OPENING and sign[0][-1] not in "(["
        rest = sign.end() - 1 if is_quote else _after_space(text, sign.end())
        is_usual = begin == 0 and sign[0].strip() in _COLONS
        if rest < len(text) and not is_usual:
            yield _kind(sign[0]), clean_label(text[begin : sign.start()]), rest


@lru_cache(maxsize=256)
def _kind(sign: str) -> str:
    space = sign.lstrip(".")
    return sign.strip() if space.strip() or not space else space[:1] * min(len(space), 2)


def _after_space(text: str, begin: int) -> int:
    while begin < len(text) and text[begin].isspace():
        begin += 1
    return begin
