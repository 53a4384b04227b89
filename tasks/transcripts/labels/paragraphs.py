"""Paragraphs of prose to segments: a label applies until the next one.

Each paragraph is a segment. A line within a paragraph begins another segment when it starts with a
label of the document. Only start times are published. The end of a turn is the next published
start, and belongs to the paragraph with the turn's start. It is None when a turn without a time
comes between, or when time runs backwards.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice

from tasks.transcripts.labels.non_person import is_non_person, is_sound
from tasks.transcripts.labels.paragraph_start import ParagraphStart, parse_paragraph_start
from tasks.transcripts.labels.validity import accepted_labels
from tasks.transcripts.normalise import normalise_text
from tasks.transcripts.values import Segment, TranscriptRefused

# Far more than a day of speech has; it bounds time and memory.
MAX_PARAGRAPHS = 200_000

_Paragraph = tuple[str, ParagraphStart]

_LABELLED_LINE = re.compile(r"\n(?=[^\n:\uff1a]{1,100}[:\uff1a])")
_LINE_MARK = re.compile(r"(?:[>•]|[-\u2013\u2014*+](?=[ \t]))[ \t]*")


def parse_paragraphs(paragraphs: Iterable[str], spoken_text: Callable[[str], str]) -> list[Segment]:
    """Return the segments of the paragraphs of a text.

    Args:
        paragraphs: without white space around them.
        spoken_text: removes the markup of the format from a text.

    Raises:
        TranscriptRefused: ``too_large``.
    """
    parsed = [_parse_start(paragraph) for paragraph in islice(paragraphs, MAX_PARAGRAPHS + 1)]
    if len(parsed) > MAX_PARAGRAPHS:
        raise TranscriptRefused(
            "too_large", f"The transcript has more than {MAX_PARAGRAPHS} paragraphs."
        )
    labels = _document_labels([start for _, start in parsed])
    if labels:
        parts = (_split_at_labels(paragraph, labels) for paragraph in parsed)
        parsed = list(chain.from_iterable(parts))
    return _with_ends(list(_with_current_label(parsed, labels, spoken_text)))


def _parse_start(paragraph: str) -> _Paragraph:
    mark = _LINE_MARK.match(paragraph) if not paragraph[1:2].isalpha() else None
    if mark is None:
        return paragraph, parse_paragraph_start(paragraph)
    # "- **Term**: meaning" is a definition, unless the document has such labels elsewhere.
    item = paragraph[mark.end() :]
    return item, parse_paragraph_start(item)._replace(sure=False)


def _document_labels(starts: list[ParagraphStart]) -> set[str]:
    emphasised = Counter(start.label for start in starts if start.label and start.sure)
    bare = Counter(start.label for start in starts if start.label and not start.sure)
    return accepted_labels(bare, len(starts), emphasised=emphasised)


def _split_at_labels(paragraph: _Paragraph, labels: set[str]) -> list[_Paragraph]:
    """Split a paragraph before the lines that begin with a label of the document."""
    text, start = paragraph
    if "\n" not in text:
        return [paragraph]
    parts, begin = [], 0
    for line in _LABELLED_LINE.finditer(text, max(start.rest - 1, 0)):
        line_start = parse_paragraph_start(text[line.end() : line.end() + 200])
        if line_start.label and line_start.label in labels:
            parts.append((text[begin : line.start()], start))
            begin, start = line.end(), line_start
    return [*parts, (text[begin:], start)]


def _with_current_label(
    parsed: Iterable[_Paragraph], labels: set[str], spoken_text: Callable[[str], str]
) -> Iterator[Segment]:
    current, pending_ms = "", None
    for paragraph, (label, sure, published_ms, rest) in parsed:
        speaker, text, start_ms = current, paragraph[rest:], published_ms
        if label is not None and (label in labels or not label):
            speaker = label
            if not _is_aside(paragraph, label, sure=sure):
                current = label
        elif label:  # a sentence with a colon
            text, start_ms = paragraph, None
        if start_ms is None:
            start_ms = pending_ms
        spoken = normalise_text(spoken_text(text))
        if spoken:
            yield Segment(speaker, spoken, start_ms)
        # A label or a time on a line of its own applies to the next paragraph.
        pending_ms = None if spoken else start_ms


def _is_aside(paragraph: str, label: str, *, sure: bool) -> bool:
    """Whether a label applies to its own paragraph only: "[Audience]: …", "Break: [19:00]"."""
    return not sure and (is_sound(label) or (paragraph[:1] == "[" and is_non_person(label)))


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
