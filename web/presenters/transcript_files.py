"""Writes a transcript as WebVTT, SubRip, Podcasting 2.0 JSON or plain text. Pure.

Speakers are named by the people they were attributed to, else by their published label.
"""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby, pairwise

from web.presenters.filters import clean

# A segment without an end is shown until the next one begins, at most so long.
_LAST_MS = 10_000
_LINES = re.compile(r"\s+")


class TranscriptFormat(StrEnum):
    """The formats that a transcript can be written in."""

    vtt = "vtt"
    srt = "srt"
    json = "json"
    txt = "txt"


MEDIA_TYPES = {
    TranscriptFormat.vtt: "text/vtt; charset=utf-8",
    TranscriptFormat.srt: "application/x-subrip; charset=utf-8",
    TranscriptFormat.json: "application/json",
    TranscriptFormat.txt: "text/plain; charset=utf-8",
}
TIMED = frozenset({TranscriptFormat.vtt, TranscriptFormat.srt})


class TimesMissing(ValueError):
    """The transcript has segments without times, which the format needs."""


@dataclass(frozen=True, slots=True)
class WrittenSegment:
    """A segment with the name of its speaker, empty if unknown; times in milliseconds."""

    speaker: str
    start_ms: int | None
    end_ms: int | None
    text: str


@dataclass(frozen=True, slots=True)
class _Cue:
    speaker: str
    start_ms: int
    end_ms: int
    text: str


def write_transcript(segments: Sequence[WrittenSegment], form: TranscriptFormat) -> str:
    """The transcript in a format.

    Raises:
        TimesMissing: the format needs a time for each segment.
    """
    return _WRITERS[form](segments)


def _vtt(segments: Sequence[WrittenSegment]) -> str:
    """WebVTT with a voice tag for each known speaker (W3C WebVTT, 3.4 and 4.2)."""
    cues = (
        f"{_clock(cue.start_ms, '.')} --> {_clock(cue.end_ms, '.')}\n{_voice(cue)}\n"
        for cue in _cues(segments)
    )
    return "\n".join(["WEBVTT\n", *cues])


def _voice(cue: _Cue) -> str:
    text = _escaped(_line(cue.text))
    # The annotation of a tag ends at ">", and has no character references in many players.
    name = _line(cue.speaker).replace("<", "").replace(">", "").replace("&", "and")
    return f"<v {name}>{text}" if name else text


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _srt(segments: Sequence[WrittenSegment]) -> str:
    """SubRip; a speaker's name precedes the words when the speaker changes."""
    cues, before = list[str](), ""
    for number, cue in enumerate(_cues(segments), 1):
        label = f"{_line(cue.speaker)}: " if cue.speaker and cue.speaker != before else ""
        times = f"{_clock(cue.start_ms, ',')} --> {_clock(cue.end_ms, ',')}"
        cues.append(f"{number}\n{times}\n{label}{_line(cue.text)}\n")
        before = cue.speaker
    return "\n".join(cues)


def _json(segments: Sequence[WrittenSegment]) -> str:
    """Podcasting 2.0 JSON, version 1.0.0; times in seconds, left out where there are none."""
    body = {"version": "1.0.0", "segments": [_json_segment(segment) for segment in segments]}
    return json.dumps(body, ensure_ascii=False)


def _json_segment(segment: WrittenSegment) -> dict[str, str | float]:
    fields: dict[str, str | float | None] = {
        "speaker": segment.speaker or None,
        "startTime": None if segment.start_ms is None else segment.start_ms / 1000,
        "endTime": None if segment.end_ms is None else segment.end_ms / 1000,
        "body": clean(segment.text),
    }
    return {name: value for name, value in fields.items() if value is not None}


def _text(segments: Sequence[WrittenSegment]) -> str:
    """A paragraph for each turn, which begins with the speaker's name."""
    turns = (
        (speaker, " ".join(_line(segment.text) for segment in turn))
        for speaker, turn in groupby(segments, key=lambda segment: segment.speaker)
    )
    return "\n".join(f"{_line(name) or 'Unknown'}: {words}\n" for name, words in turns)


_WRITERS: dict[TranscriptFormat, Callable[[Sequence[WrittenSegment]], str]] = {
    TranscriptFormat.vtt: _vtt,
    TranscriptFormat.srt: _srt,
    TranscriptFormat.json: _json,
    TranscriptFormat.txt: _text,
}


def _cues(segments: Sequence[WrittenSegment]) -> Iterable[_Cue]:
    starts = [segment.start_ms for segment in segments]
    for segment, (start, following) in zip(segments, pairwise([*starts, None]), strict=True):
        if start is None:
            raise TimesMissing
        limit = start + _LAST_MS
        end = segment.end_ms if segment.end_ms is not None else min(following or limit, limit)
        yield _Cue(segment.speaker, start, max(end, start + 1), segment.text)


def _clock(milliseconds: int, point: str) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{rest:03}"


def _line(text: str) -> str:
    """A text on one line: an empty line ends a cue."""
    return _LINES.sub(" ", clean(text)).strip()
