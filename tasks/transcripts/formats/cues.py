"""Timed cues of WebVTT, SRT and SBV: their timing lines, without identifiers and comments."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import zip_longest

from tasks.transcripts.labels.cues import Cue
from tasks.transcripts.timestamps import end_after, parse_clock

# Also what editors make of them: full-width digits and signs, no-break spaces.
_SPACE = r"[ \t\u00a0\u202f\u3000]*"
_TIME = r"-?[\d:.,\uff1a\uff0c\uff0e\u3002]{1,20}"
# "-->"; also "->", "--->", one that an editor made a dash or an arrow, and "--&gt;" within HTML.
_ARROW = r"(?:[-\u2010-\u2015\u2212\uff0d]{1,4}[ ]?(?:>|&gt;|\uff1e)|[\u2192\u27f6])"
# It begins with a newline and not with ^, which would be tried at every character; so a newline is
# added before the text.
TIMING = re.compile(
    rf"\n{_SPACE}({_TIME}){_SPACE}{_ARROW}{_SPACE}({_TIME})(?:[ \t\u00a0][^\n]*)?(?=\n|\Z)"
)
# SubViewer, as YouTube exports it: "0:00:00.599,0:00:04.160".
SBV_TIMING = re.compile(
    rf"\n{_SPACE}(\d{{1,3}}:\d\d:\d\d\.\d{{3}}),(\d{{1,3}}:\d\d:\d\d\.\d{{3}})[ \t]*(?=\n|\Z)"
)
ESCAPED_ARROW = re.compile(rf"\n{_SPACE}{_TIME}{_SPACE}[-\u2013\u2014]{{1,4}}&gt;")
# What Whisper prints on one line: "[00:00.000 --> 00:03.000]  Hello."; seconds may end in "s".
BRACKETED_TIMING = re.compile(
    rf"\n{_SPACE}\[{_SPACE}({_TIME})s?{_SPACE}{_ARROW}{_SPACE}({_TIME})s?{_SPACE}\]{_SPACE}"
)
_COMMENT = re.compile(r"\n*(?:NOTE|STYLE|REGION)(?:\s|$)")


def parse_cues(
    text: str, *, webvtt: bool = False, timing: re.Pattern[str] = TIMING
) -> Iterator[Cue]:
    """Yield the cues of a body, without identifiers and comments (WebVTT)."""
    text = "\n" + text
    timings = list(timing.finditer(text))
    for each, following in zip_longest(timings, timings[1:]):
        start = _clock(each[1])
        end = end_after(start, _clock(each[2]))
        lines = text[each.end() + 1 : following.start() if following else len(text)].split("\n")
        if following:
            _drop_identifier(lines, webvtt=webvtt)
        yield Cue(start, end, "\n".join(_without_comments(lines) if webvtt else lines))


def _clock(text: str) -> int | None:
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).replace("\u3002", ".")
    return parse_clock(text)


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
