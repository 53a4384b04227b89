"""Timed cues to segments: the common part of WebVTT, SRT and JSON without speakers.

``Name:`` at the start of a line applies until the next one. ``>>`` alone, as in broadcast captions,
and dashes before several lines of a cue mean that another speaker begins, whose name is unknown.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import NamedTuple

from tasks.transcripts.labels.cue_lines import (
    CueLine,
    ends_sentence,
    occurrences_in,
    parse_cues_lines,
    turns_in,
)
from tasks.transcripts.labels.decision import LabelDecision, decide_labels
from tasks.transcripts.normalise import normalise_text
from tasks.transcripts.timestamps import end_after, parse_clock
from tasks.transcripts.values import LabelledSegments, Segment

# "0.000 --> 3.480" and "->" are published. It begins with a newline and not with ^, which would be
# tried at every character; so a newline is added before the text.
TIMING = re.compile(
    r"\n[ \t]*(-?[\d:.,]{1,20})[ \t]*-{1,2}>[ \t]*(-?[\d:.,]{1,20})(?:[ \t][^\n]*)?(?=\n|\Z)"
)
_COMMENT = re.compile(r"\n*(?:NOTE|STYLE|REGION)(?:\s|$)")


class Cue(NamedTuple):
    """A text and its times in milliseconds; the text may still begin with ``Name:``."""

    start_ms: int | None
    end_ms: int | None
    text: str


def parse_cues(text: str, *, webvtt: bool) -> Iterator[Cue]:
    """Yield the cues of a WebVTT or SRT body, without identifiers and comments (WebVTT)."""
    text = "\n" + text
    timings = list(TIMING.finditer(text))
    for timing, next_timing in zip_longest(timings, timings[1:]):
        start = parse_clock(timing[1])
        end = end_after(start, parse_clock(timing[2]))
        lines = text[timing.end() + 1 : next_timing.start() if next_timing else len(text)].split(
            "\n"
        )
        if next_timing:
            _drop_identifier(lines, webvtt=webvtt)
        yield Cue(start, end, "\n".join(_without_comments(lines) if webvtt else lines))


def _drop_identifier(lines: list[str], *, webvtt: bool) -> None:
    """Drop the line right before a timing line: a number, or (WebVTT) any after an empty line."""
    last = lines[-1].strip() if lines else ""
    if last.isdigit() or (webvtt and last and len(lines) > 1 and not lines[-2].strip()):
        lines.pop()


def _without_comments(lines: list[str]) -> list[str]:
    """Remove NOTE, STYLE and REGION blocks, which begin and end at empty lines."""
    if "" not in lines[:-1]:
        return lines
    blocks = "\n".join(lines).split("\n\n")
    return [blocks[0], *(block for block in blocks[1:] if not _COMMENT.match(block))]


def label_cues(cues: Iterable[Cue]) -> LabelledSegments:
    """Return the segments of cues, each with the last label before it ('' before the first).

    A cue in which several speakers begin has a segment for each, without an end, because it is
    unknown how the time divides.
    """
    cues = list(cues)
    texts = [cue.text for cue in cues]
    lines = parse_cues_lines(texts)
    decision = decide_labels(occurrences_in(lines), texts)
    return LabelledSegments(_with_labels(cues, lines, decision), decision.candidates)


def _with_labels(
    cues: Iterable[Cue], lines: Iterable[list[CueLine]], decision: LabelDecision
) -> Iterator[Segment]:
    current, after_sentence = "", True
    for cue, of_cue in zip(cues, lines, strict=True):
        turns = [(current, cue.text)]
        if of_cue:
            turns = list(turns_in(of_cue, decision, current, after_sentence=after_sentence))
            current = turns[-1][0]
        spoken = [(label, plain) for label, text in turns if (plain := normalise_text(text))]
        end_ms = cue.end_ms if len(spoken) == 1 else None
        for label, plain in spoken:
            yield Segment(label, plain, cue.start_ms, end_ms)
            after_sentence = ends_sentence(plain)
