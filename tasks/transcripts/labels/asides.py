"""Paragraphs and cues within a talk that no speaker says: what the document itself sets apart.

A stage direction in brackets, a line in capitals, the number of a page, a paragraph in bold
beside plain turns, an element of another kind, and the narration between quoted turns.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise

from tasks.transcripts.labels.candidates import PlacedText, is_plain
from tasks.transcripts.labels.introduced import names_its_speaker
from tasks.transcripts.labels.paragraph_start import ParagraphStart

_STAGE = re.compile(
    r"[\W_]{0,4}(?:[\[(\uff08\uff3b\u3014][^\[\]()\uff08\uff09\uff3b\uff3d\u3014\u3015\n]{1,80}[\])\uff09\uff3d\u3015]"
    r"|[\u266a\u266b\u266c#*][^\n]{0,200}[\u266a\u266b\u266c])[\W_]{0,4}"
)
_OPENS = frozenset("[(*-\u2013\u2014\uff08\uff3b\u3014\u266a\u266b\u266c_\\")
_MAX_HEADING = 60  # characters of a line in capitals
_MIN_LETTERS = 4
_BEGINNING = 60  # characters of a turn that show its letters
_EMPHASISED = re.compile(r"(\*{1,3}|_{1,3})(?=\S)[^*_]+\1[.:]?")
_DASHED = re.compile(r"[\u2013-\u2015]{1,2}\s?\S")
_DIGITS = re.compile(r"\d+")
_QUOTES = frozenset('"\u201c\u201d\u201e\u00ab\u00bb\u2039\u203a\u300c\u300d\u300e\u300f')
_MOSTLY = 0.8
_NEARLY_ALL = 0.9
_LEAST_TURNS = 4
_LEAST_NAMED = 2
_SHARE_NAMED = 0.25
_LEAST_BETWEEN = 2

Paragraph = tuple[str, ParagraphStart]


def is_stage_direction(text: str) -> bool:
    """Whether a text is in brackets or notes as a whole.

    >>> is_stage_direction("[ LAUGHTER ]"), is_stage_direction("(sighs) Well, no.")
    (True, False)
    """
    return text[:1] in _OPENS and _STAGE.fullmatch(text) is not None


def is_emphasised(text: str) -> bool:
    """Whether a whole paragraph is in bold or italics."""
    may_be = text[:1] in "*_" and text[-1:] in "*_.:"
    return may_be and _EMPHASISED.fullmatch(text) is not None


class Asides:
    """The paragraphs of a talk that are nobody's.

    Attributes:
        apart: those that interrupt a turn, which goes on after them.
        ends: those that end the turn before them.
    """

    def __init__(self, parsed: Sequence[Paragraph], begins: Sequence[bool]) -> None:
        turns = [index for index, is_turn in enumerate(begins) if is_turn]
        self.apart: frozenset[int] = frozenset()
        self.ends: frozenset[int] = frozenset()
        if not turns:
            return
        between = list(_between(parsed, begins, turns[0]))
        self.apart = frozenset(_set_apart(parsed, between, turns))
        self.ends = frozenset(_narrated(parsed, begins, between, turns) - self.apart)


def _between(parsed: Sequence[Paragraph], begins: Sequence[bool], first: int) -> Iterator[int]:
    """The paragraphs after the first turn that begin none, and are more than a time."""
    for index in range(first + 1, len(parsed)):
        paragraph, start = parsed[index]
        follows_label = begins[index - 1] and parsed[index - 1][1].rest == len(parsed[index - 1][0])
        has_words = start.label or start.start_ms is None or start.rest < len(paragraph)
        is_between = is_plain(paragraph) and not begins[index] and not follows_label
        if is_between and has_words:
            yield index


def _set_apart(
    parsed: Sequence[Paragraph], between: Sequence[int], turns: Sequence[int]
) -> Iterator[int]:
    beginnings = (paragraph[s.rest : s.rest + _BEGINNING] for paragraph, s in _at(parsed, turns))
    capitals = sum(map(str.isupper, beginnings)) > len(turns) / 2
    pages, container = _page_numbers(parsed, between), _container(parsed, turns)
    usual = _usual_element(parsed, turns)
    for index in between:
        paragraph = parsed[index][0]
        is_heading = not capitals and _is_line_in_capitals(paragraph)
        is_boxed = container is not None and _is_deeper(paragraph, container)
        is_other = usual and isinstance(paragraph, PlacedText) and paragraph.element != usual
        if is_heading or is_boxed or is_other or index in pages or is_stage_direction(paragraph):
            yield index


def _usual_element(parsed: Sequence[Paragraph], turns: Sequence[int]) -> str:
    """The element of nearly all turns, with the attributes that make it another kind; else ''."""
    beside = [p for index in turns if parsed[index][1].rest < len(p := parsed[index][0])]
    elements = Counter(each.element for each in beside if isinstance(each, PlacedText))
    element, count = elements.most_common(1)[0] if elements else ("", 0)
    is_usual = len(turns) >= _LEAST_TURNS and count >= _NEARLY_ALL * len(turns)
    return element if is_usual else ""


def _container(parsed: Sequence[Paragraph], turns: Sequence[int]) -> tuple[int, ...] | None:
    """The container that all turns are in, none in a deeper one; None where they are not."""
    paths = {p.path for index in turns if isinstance(p := parsed[index][0], PlacedText)}
    return paths.pop() if len(paths) == 1 and len(turns) >= _LEAST_TURNS else None


def _is_deeper(paragraph: str, container: tuple[int, ...]) -> bool:
    if not isinstance(paragraph, PlacedText):
        return False
    return len(paragraph.path) > len(container) and paragraph.path[: len(container)] == container


def _is_line_in_capitals(paragraph: str) -> bool:
    if len(paragraph) > _MAX_HEADING or not paragraph.isupper() or "\n" in paragraph:
        return False
    letters = sum(map(str.isalpha, paragraph))
    ends_so = paragraph[-1].isalnum() or (paragraph[-1] == "." and " " in paragraph)
    return ends_so and letters >= _MIN_LETTERS


def _page_numbers(parsed: Sequence[Paragraph], between: Sequence[int]) -> frozenset[int]:
    """Paragraphs that occur again with another number, which grows: the head of a page."""
    numbered: dict[str, list[tuple[int, int]]] = {}
    for index in between:
        paragraph = parsed[index][0]
        digits = _DIGITS.findall(paragraph[:_MAX_HEADING]) if len(paragraph) <= _MAX_HEADING else []
        if len(digits) in (1, 2) and len(digits[0]) < _MIN_LETTERS:
            mask = _DIGITS.sub("0", paragraph, count=1)
            numbered.setdefault(mask, []).append((int(digits[0]), index))
    return frozenset(
        index
        for pages in numbered.values()
        if len(pages) > 1 and all(b[0] == a[0] + 1 for a, b in pairwise(pages))
        for _, index in pages
    )


def _narrated(
    parsed: Sequence[Paragraph],
    begins: Sequence[bool],
    between: Sequence[int],
    turns: Sequence[int],
) -> frozenset[int]:
    """The paragraphs of a narrator, or of one whose words are in bold."""
    if not between:
        return frozenset()
    if _turns_are_quotes(parsed, between, turns) or _names_those_before(parsed, begins, between):
        return frozenset(between)
    return _apart_from_others(between, parsed, is_emphasised) | _apart_from_others(
        between, parsed, _begins_with_dash
    )


def _apart_from_others(
    between: Sequence[int], parsed: Sequence[Paragraph], is_so: Callable[[str], bool]
) -> frozenset[int]:
    """Paragraphs of a kind that are never beside each other: the turns of one without a name."""
    found = [index for index in between if is_so(parsed[index][0])]
    apart = all(b - a > 1 for a, b in pairwise(found))
    enough = len(found) >= max(_LEAST_BETWEEN, len(between) / 3)
    return frozenset(found) if apart and enough else frozenset()


def _begins_with_dash(text: str) -> bool:
    return _DASHED.match(text) is not None


def _turns_are_quotes(
    parsed: Sequence[Paragraph], between: Sequence[int], turns: Sequence[int]
) -> bool:
    """Whether the words of turns are in quotes, and those between are not."""
    if len(turns) < _LEAST_TURNS:
        return False
    quoted = sum(_is_quoted(*parsed[index]) for index in turns)
    others = sum(_is_quoted(*parsed[index]) for index in between)
    return quoted >= _MOSTLY * len(turns) and others <= (1 - _MOSTLY) * len(between)


def _names_those_before(
    parsed: Sequence[Paragraph], begins: Sequence[bool], between: Sequence[int]
) -> bool:
    """Whether paragraphs name the one who spoke before them, as narrators do."""
    wanted, named, current = set(between), 0, ""
    for index, (paragraph, start) in enumerate(parsed):
        if begins[index]:
            current = start.label or ""
        elif index in wanted and current:
            named += names_its_speaker(current, paragraph)
    return named >= max(_LEAST_NAMED, _SHARE_NAMED * len(between))


def _is_quoted(paragraph: str, start: ParagraphStart) -> bool:
    """Whether the words of a paragraph are in quotes, from their first to their last sign."""
    rest = start.rest if start.rest < len(paragraph) else 0
    return paragraph[rest : rest + 1] in _QUOTES and not _QUOTES.isdisjoint(paragraph[-3:])


def _at(parsed: Sequence[Paragraph], indexes: Iterable[int]) -> Iterator[Paragraph]:
    return (parsed[index] for index in indexes)
