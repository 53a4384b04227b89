"""Timed cues to segments: the common part of WebVTT, SRT and JSON without speakers.

``Name:`` at the start of a cue applies until the next one. ``>>`` alone, as in broadcast captions,
means that another speaker begins, whose name is unknown.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import NamedTuple

from tasks.transcripts.labels.validity import MAX_PROSE_LABEL, accepted_labels, clean_label
from tasks.transcripts.normalise import normalise_text
from tasks.transcripts.timestamps import end_after, parse_clock
from tasks.transcripts.values import Segment

# "0.000 --> 3.480" and "->" are published. It begins with a newline and not with ^, which would be
# tried at every character; so a newline is added before the text.
TIMING = re.compile(
    r"\n[ \t]*(-?[\d:.,]{1,20})[ \t]*-{1,2}>[ \t]*(-?[\d:.,]{1,20})(?:[ \t][^\n]*)?(?=\n|\Z)"
)
_LABEL = re.compile(
    rf"(?P<lead>[\s.…♪\u2013\u2014\-]{{0,6}}(?:>>+\s{{0,3}})?)"
    rf"(?P<label>[^:\uff1a\n]{{1,{MAX_PROSE_LABEL}}})(?::(?=\s|$)|\uff1a)"
)
_COMMENT = re.compile(r"\n*(?:NOTE|STYLE|REGION)(?:\s|$)")
_SPEAKER_CHANGE = re.compile(r"\s*>>+\s*")


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


def label_cues(cues: Iterable[Cue]) -> Iterator[Segment]:
    """Yield a segment for each cue, with the last ``Name:`` as its label ('' before the first)."""
    matches = [(cue, _LABEL.match(cue.text)) for cue in cues]
    counts = Counter(clean_label(match["label"]) for _, match in matches if match)
    labels = accepted_labels(counts, len(matches))
    current = ""
    for cue, match in matches:
        text = cue.text
        if match and (label := clean_label(match["label"])) in labels:
            current, text = label, text[match.end() :]
        elif ">>" in text and (change := _SPEAKER_CHANGE.match(text)):
            current, text = "", text[change.end() :]
        if spoken := normalise_text(text):
            yield Segment(current, spoken, cue.start_ms, cue.end_ms)
