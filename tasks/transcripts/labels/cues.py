"""Timed cues to segments: what WebVTT, SRT and JSON without speakers have in common.

``Name:`` opens a cue when the speaker changes and stays in force until the next one. ``>>`` alone
is broadcast captioning's "somebody else": nobody is named any more.
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

# "0.000 --> 3.480" and "->" are published. Begins with a newline and not with ^, which would be
# tried at every character; so a text is searched with a newline put before it.
TIMING = re.compile(
    r"\n[ \t]*(-?[\d:.,]{1,20})[ \t]*-{1,2}>[ \t]*(-?[\d:.,]{1,20})(?:[ \t][^\n]*)?(?=\n|\Z)"
)
_HEAD = re.compile(
    rf"(?P<lead>[\s.…♪\u2013\u2014\-]{{0,6}}(?:>>+\s{{0,3}})?)"
    rf"(?P<label>[^:\uff1a\n]{{1,{MAX_PROSE_LABEL}}})(?::(?=\s|$)|\uff1a)"
)
_COMMENT = re.compile(r"\n*(?:NOTE|STYLE|REGION)(?:\s|$)")
_SOMEBODY_ELSE = re.compile(r"\s*>>+\s*")


class Cue(NamedTuple):
    """A text and when it is shown, in milliseconds; the text may still open with ``Name:``."""

    start_ms: int | None
    end_ms: int | None
    text: str


def read_cues(text: str, *, webvtt: bool) -> Iterator[Cue]:
    """Yield the cues of a WebVTT or SRT body without identifiers and (WebVTT) comments."""
    text = "\n" + text
    timings = list(TIMING.finditer(text))
    for timing, following in zip_longest(timings, timings[1:]):
        start = parse_clock(timing[1])
        end = end_after(start, parse_clock(timing[2]))
        lines = text[timing.end() + 1 : following.start() if following else len(text)].split("\n")
        if following:
            _drop_identifier(lines, webvtt=webvtt)
        yield Cue(start, end, "\n".join(_without_comments(lines) if webvtt else lines))


def _drop_identifier(lines: list[str], *, webvtt: bool) -> None:
    """Drop the line right before a timing line: a number, or (WebVTT) any after an empty line."""
    last = lines[-1].strip() if lines else ""
    if last.isdigit() or (webvtt and last and len(lines) > 1 and not lines[-2].strip()):
        lines.pop()


def _without_comments(lines: list[str]) -> list[str]:
    """Leave out NOTE, STYLE and REGION blocks: from after an empty line to the next one."""
    if "" not in lines[:-1]:
        return lines
    blocks = "\n".join(lines).split("\n\n")
    return [blocks[0], *(block for block in blocks[1:] if not _COMMENT.match(block))]


def label_cues(cues: Iterable[Cue]) -> Iterator[Segment]:
    """Yield a segment for each cue, under the ``Name:`` in force ('' before the first)."""
    heads = [(cue, _HEAD.match(cue.text)) for cue in cues]
    counted = Counter(clean_label(head["label"]) for _, head in heads if head)
    labels = accepted_labels(counted, len(heads))
    in_force = ""
    for cue, head in heads:
        text = cue.text
        if head and (label := clean_label(head["label"])) in labels:
            in_force, text = label, text[head.end() :]
        elif ">>" in text and (somebody := _SOMEBODY_ELSE.match(text)):
            in_force, text = "", text[somebody.end() :]
        if spoken := normalise_text(text):
            yield Segment(in_force, spoken, cue.start_ms, cue.end_ms)
