"""Paragraphs of prose to segments: a label applies until the next one.

Each paragraph is a segment. A line within a paragraph begins another segment when it starts with a
label of the document. A refused label ends the turn before it, and so does what follows the talk:
those words are nobody's. Only start times are published. The end of a turn is the next published
start, and belongs to the paragraph with the turn's start. It is None when a turn without a time
comes between, or when time runs backwards.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from tasks.transcripts.labels.asides import Asides
from tasks.transcripts.labels.candidates import (
    HeadingLine,
    LabelShape,
    Occurrence,
    TermLine,
    in_same_place,
    is_plain,
)
from tasks.transcripts.labels.decision import LabelDecision, decide_labels
from tasks.transcripts.labels.interludes import interludes
from tasks.transcripts.labels.known import NOBODY, KnownNames
from tasks.transcripts.labels.margin import without_line_numbers, without_page_lines
from tasks.transcripts.labels.non_person import is_non_person, is_sound
from tasks.transcripts.labels.openings import opening_beside, start_at_sign
from tasks.transcripts.labels.paragraph_start import (
    ParagraphStart,
    parse_leading_time,
    parse_paragraph_start,
)
from tasks.transcripts.labels.place import in_talk
from tasks.transcripts.labels.talk_end import end_of_talk, is_credit
from tasks.transcripts.labels.turn_length import TurnLength
from tasks.transcripts.normalise import normalise_text
from tasks.transcripts.values import LabelledSegments, Segment, TranscriptRefused

# Far more than a day of speech has; it bounds time and memory.
MAX_PARAGRAPHS = 200_000

Paragraph = tuple[str, ParagraphStart]
# A line within a paragraph: where it begins, and how.
InnerLine = tuple[int, ParagraphStart]

_LABELLED_LINE = re.compile(r"\n(?=[\[(]|[^\n:\uff1a]{1,100}[:\uff1a])")
_LINE_MARKS = frozenset(">•-\u2013\u2014*+▶►▸▷●○■□◆◇▪→➤")
_LIST_MARKS = frozenset({"", ">", "•", "-", "\u2013", "\u2014", "+"})
_LINE_MARK = re.compile(
    r"(\*{2,3}(?=[-\u2013\u2014]))?"
    r"(?:[>•]|[-\u2013\u2014*+\u25a0-\u25ff\u2190-\u21ff➤](?=[ \t\u00a0]))[ \t\u00a0]*"
)


def parse_paragraphs(
    paragraphs: Iterable[str],
    spoken_text: Callable[[str], str],
    known: KnownNames = NOBODY,
) -> LabelledSegments:
    """Return the segments of the paragraphs of a text, and the candidates for their labels.

    Args:
        paragraphs: without white space around them.
        spoken_text: removes the markup of the format from a text.
        known: names that the episode or its podcast has elsewhere.

    Raises:
        TranscriptRefused: ``too_large``.
    """
    first = list(islice(paragraphs, MAX_PARAGRAPHS + 1))
    if len(first) > MAX_PARAGRAPHS:
        raise TranscriptRefused(
            "too_large", f"The transcript has more than {MAX_PARAGRAPHS} paragraphs."
        )
    spoken = without_page_lines(without_line_numbers(first))
    parsed = [_parse_start(paragraph) for paragraph in spoken]
    lines = _inner_lines(parsed)
    occurrences, units = _occurrences(parsed, lines)
    decision = decide_labels(occurrences, units, known=known)
    if opening := opening_beside(decision, occurrences, units):
        parsed = [
            (text, s if decision.is_label(s.label, s.shape) else start_at_sign(text, opening) or s)
            for text, s in parsed
        ]
        decision = decide_labels(*_occurrences(parsed, lines), known=known)
    if decision.labels and lines:
        parsed = [
            part
            for index, one in enumerate(parsed)
            for part in _split_at_labels(one, lines.get(index, ()), decision)
        ]
    segments = _with_ends(list(_with_current_label(parsed, decision, spoken_text)))
    return LabelledSegments(segments, decision.candidates)


def _parse_start(paragraph: str) -> Paragraph:
    begins_so = paragraph[:1] in _LINE_MARKS
    mark = _LINE_MARK.match(paragraph) if begins_so else None
    if mark is None:
        return paragraph, parse_paragraph_start(paragraph)
    # "- **Term**: meaning" is a definition, unless the document has such labels elsewhere.
    item = in_same_place((mark[1] or "") + paragraph[mark.end() :], paragraph)
    start = parse_paragraph_start(item)
    if start.shape is LabelShape.MARKED and mark[0].strip("* \t\u00a0") in _LIST_MARKS:
        start = start._replace(shape=LabelShape.BARE)
    return item, start


def _inner_lines(parsed: list[Paragraph]) -> Mapping[int, Sequence[InnerLine]]:
    """The lines within paragraphs that may begin with a label, by the index of the paragraph."""
    return {
        index: lines
        for index, (paragraph, start) in enumerate(parsed)
        if "\n" in paragraph and (lines := list(_inner_starts(paragraph, start)))
    }


def _inner_starts(paragraph: str, start: ParagraphStart) -> Iterator[InnerLine]:
    for line in _LABELLED_LINE.finditer(paragraph, max(start.rest - 1, 0)):
        begin = line.end()
        yield begin, parse_paragraph_start(paragraph[begin : begin + 200])


def _occurrences(
    parsed: list[Paragraph], lines: Mapping[int, Sequence[InnerLine]]
) -> tuple[list[Occurrence], list[str]]:
    """The candidates, and the units: paragraphs that are no headings."""
    found: list[Occurrence] = []
    units: list[str] = []
    for index, (paragraph, (label, shape, start_ms, rest, alone, mark)) in enumerate(parsed):
        if label:
            empty = alone and rest == len(paragraph) and is_plain(paragraph)
            timed = start_ms is not None
            goes_on, shouts = (
                paragraph[rest : rest + 1].islower(),
                paragraph[rest : rest + 20].isupper(),
            )
            found.append(
                Occurrence(len(units), label, shape, alone, timed, empty, mark, goes_on, shouts)
            )
        if index in lines:
            found += _inner_occurrences(lines[index], len(units))
        if is_plain(paragraph) and (label or start_ms is None or rest < len(paragraph)):
            units.append(paragraph)  # a time on a line of its own is no unit
    return found, units


def _inner_occurrences(lines: Iterable[InnerLine], unit: int) -> Iterator[Occurrence]:
    for _, (label, shape, start_ms, _, alone, mark) in lines:
        if label and shape is not LabelShape.LINE:
            yield Occurrence(unit, label, shape, alone, start_ms is not None, mark=mark)


def _split_at_labels(
    parsed: Paragraph, lines: Iterable[InnerLine], decision: LabelDecision
) -> Sequence[Paragraph]:
    """Split a paragraph before the lines that begin with a label of the document."""
    paragraph, start = parsed
    parts, begin = [], 0
    for line_begin, inner in lines:
        if decision.is_label(inner.label, inner.shape):
            parts.append((paragraph[begin : line_begin - 1], start))
            begin, start = line_begin, inner
    return [*parts, (paragraph[begin:] if begin else paragraph, start)]


def _with_current_label(
    parsed: list[Paragraph], decision: LabelDecision, spoken_text: Callable[[str], str]
) -> Iterator[Segment]:
    labels = decision.labels
    begins = [s.label in labels and decision.is_label(s.label, s.shape) for _, s in parsed]
    inside = in_talk([paragraph for paragraph, _ in parsed], begins)
    begins = [is_label and is_in for is_label, is_in in zip(begins, inside, strict=True)]
    turns = [index for index, is_label in enumerate(begins) if is_label]
    length, asides = TurnLength(parsed, turns), Asides(parsed, begins)
    end = end_of_talk(parsed, turns, length.usual)
    apart = asides.apart | interludes(parsed, begins)
    current, pending_ms = "", None
    for index, ((paragraph, start), is_label) in enumerate(zip(parsed, begins, strict=True)):
        if index == end:
            current = ""
        is_apart = length.is_apart((paragraph, start), begins=is_label) or index in apart
        if (index >= end or not is_plain(paragraph)) and _is_unspoken(
            paragraph, is_label=is_label, after_talk=index >= end
        ):
            current = "" if decision.structure.shape is LabelShape.HEADING else current
            continue
        label, _, start_ms, rest, *_ = start
        if is_label or not label:
            current, speaker = _speakers(paragraph, start, current)
        else:
            start_ms, rest = parse_leading_time(paragraph)
            is_term = type(paragraph) is TermLine
            is_other = is_term or decision.is_refused(label, start.shape)
            current = "" if is_other or length.ends_before(start, decision) else current
            speaker = current
        if index in asides.ends or not inside[index]:
            current = speaker = ""
        if is_apart:
            speaker = ""
        if start_ms is None:
            start_ms = pending_ms
        spoken = normalise_text(spoken_text(_without_end_of_mark(paragraph, rest)))
        if spoken:
            yield Segment(speaker, spoken, start_ms)
        # A label or a time on a line of its own applies to the next paragraph.
        pending_ms = None if spoken else start_ms


def _without_end_of_mark(paragraph: str, rest: int) -> str:
    """The words behind a label, without the end of an emphasis that began before the label."""
    mark = paragraph[:2] if rest > 0 and paragraph[:2] in ("**", "__") else ""
    is_open = mark and paragraph.endswith(mark) and mark not in paragraph[2:rest]
    return paragraph[rest : -len(mark)] if is_open else paragraph[rest:]


def _is_unspoken(paragraph: str, *, is_label: bool, after_talk: bool) -> bool:
    """Whether it is a heading that names no speaker, or a program's line after the talk."""
    if type(paragraph) is HeadingLine:
        return not is_label
    return after_talk and is_credit(paragraph)


def _speakers(paragraph: str, start: ParagraphStart, current: str) -> tuple[str, str]:
    """The label from here on, and that of this paragraph."""
    label = start.label
    if label is None:
        return (current, current) if is_plain(paragraph) else ("", "")
    if label and start.shape > LabelShape.TIMED and _is_aside(paragraph, label, start.shape):
        return current, label
    return label, label


def _is_aside(paragraph: str, label: str, shape: LabelShape) -> bool:
    """Whether a label that nothing marks is only of its paragraph: "[Audience]: …", "Break: …"."""
    return is_sound(label) or (
        shape is LabelShape.BARE and paragraph[:1] == "[" and is_non_person(label)
    )


def _with_ends(segments: list[Segment]) -> list[Segment]:
    if all(segment.start_ms is None for segment in segments):
        return segments
    end_ms: int | None = None
    of_label = ""
    for index in range(len(segments) - 1, -1, -1):
        label, text, start_ms, _ = segments[index]
        if start_ms is not None:
            known = end_ms is not None and end_ms >= start_ms
            segments[index] = Segment(label, text, start_ms, end_ms if known else None)
            end_ms, of_label = start_ms, label
        elif label != of_label:
            end_ms, of_label = None, label
    return segments
