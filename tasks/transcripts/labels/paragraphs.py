"""Paragraphs of prose to segments: whose turn it is, from a label until the next one.

A paragraph is a segment under the label in force; a line inside a paragraph begins another one
when it opens with a label that the document uses. Only starts are published: the end of a turn is
where the next published start is, given to the paragraph that has the turn's start; None where a
turn without a time lies between, or time runs backwards.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice

from tasks.transcripts.labels.label_line import Opening, read_opening
from tasks.transcripts.labels.validity import accepted_labels, is_marker, is_sound
from tasks.transcripts.normalise import normalise_text
from tasks.transcripts.values import Segment, TranscriptRefused

# A day of talk has fewer by far; it bounds time and memory.
MAX_PARAGRAPHS = 200_000

_Opened = tuple[str, Opening]

_LABELLED_LINE = re.compile(r"\n(?=[^\n:\uff1a]{1,100}[:\uff1a])")
_LINE_MARK = re.compile(r"(?:[>•]|[-\u2013\u2014*+](?=[ \t]))[ \t]*")


def read_turns(paragraphs: Iterable[str], words_of: Callable[[str], str]) -> list[Segment]:
    """Return the segments of a text's paragraphs.

    Args:
        paragraphs: without white space around them.
        words_of: takes the format's markup out of a text.

    Raises:
        TranscriptRefused: ``too_large``.
    """
    opened = [_open(paragraph) for paragraph in islice(paragraphs, MAX_PARAGRAPHS + 1)]
    if len(opened) > MAX_PARAGRAPHS:
        raise TranscriptRefused("too_large", f"More than {MAX_PARAGRAPHS} paragraphs.")
    labels = _labels_of([opening for _, opening in opened])
    if labels:
        parts = (_lines_of_their_own(whole, labels) for whole in opened)
        opened = list(chain.from_iterable(parts))
    return _with_ends(list(_follow_labels(opened, labels, words_of)))


def _open(paragraph: str) -> _Opened:
    mark = _LINE_MARK.match(paragraph) if not paragraph[1:2].isalpha() else None
    if mark is None:
        return paragraph, read_opening(paragraph)
    # "- **Term**: what it is" is a definition unless the document has such labels elsewhere.
    item = paragraph[mark.end() :]
    return item, read_opening(item)._replace(sure=False)


def _labels_of(openings: list[Opening]) -> set[str]:
    emphasised = Counter(opening.label for opening in openings if opening.label and opening.sure)
    bare = Counter(opening.label for opening in openings if opening.label and not opening.sure)
    return accepted_labels(bare, len(openings), emphasised=emphasised)


def _lines_of_their_own(whole: _Opened, labels: set[str]) -> list[_Opened]:
    """Split a paragraph before the lines that open with a label of the document."""
    paragraph, opening = whole
    if "\n" not in paragraph:
        return [whole]
    parts, begin = [], 0
    for line in _LABELLED_LINE.finditer(paragraph, max(opening.rest - 1, 0)):
        later = read_opening(paragraph[line.end() : line.end() + 200])
        if later.label and later.label in labels:
            parts.append((paragraph[begin : line.start()], opening))
            begin, opening = line.end(), later
    return [*parts, (paragraph[begin:], opening)]


def _follow_labels(
    opened: Iterable[_Opened], labels: set[str], words_of: Callable[[str], str]
) -> Iterator[Segment]:
    in_force, waiting_ms = "", None
    for paragraph, (label, sure, published_ms, rest) in opened:
        speaker, text, start_ms = in_force, paragraph[rest:], published_ms
        if label is not None and (label in labels or not label):
            speaker = label
            if not _is_aside(paragraph, label, sure=sure):
                in_force = label
        elif label:  # a sentence with a colon
            text, start_ms = paragraph, None
        if start_ms is None:
            start_ms = waiting_ms
        spoken = normalise_text(words_of(text))
        if spoken:
            yield Segment(speaker, spoken, start_ms)
        # A label or a time on a line of its own is of what follows.
        waiting_ms = None if spoken else start_ms


def _is_aside(paragraph: str, label: str, *, sure: bool) -> bool:
    """Tell whether a label is of its own paragraph only: "[Audience]: …", "Break: [19:00]"."""
    return not sure and (is_sound(label) or (paragraph[:1] == "[" and is_marker(label)))


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
