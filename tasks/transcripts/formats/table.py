"""A table in a text file: CSV, or its like with semicolons or tabs, as video editors export it.

Its first line names the columns: one for the words, and one for the speaker or the start.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from tasks.transcripts.formats.cue_text import plain_text
from tasks.transcripts.formats.segment_list import label_segments
from tasks.transcripts.labels.validity import clean_label
from tasks.transcripts.timestamps import end_after, parse_clock
from tasks.transcripts.values import Segment, TranscriptRefused

_TEXTS = ("text", "transcript", "caption", "subtitle", "dialogue", "words", "content")
_SPEAKERS = ("speaker", "speaker name", "speaker label", "speaker_name", "name", "who")
_STARTS = ("start", "start time", "start_time", "timestamp", "time", "timecode", "in")
_ENDS = ("end", "end time", "end_time", "out")
_DELIMITERS = (",", ";", "\t")
# Frames behind the seconds: "00:00:07;12".
_FRAMES = re.compile(r"(?<=\d\d:\d\d:\d\d)[;:]\d\d$")
_MAX_HEADER = 300  # characters

Row = Mapping[str, str]


def delimiter_of(text: str) -> str | None:
    """What is between the columns of a table; None where a text is none."""
    header = text[:_MAX_HEADER].partition("\n")[0]
    return next((sign for sign in _DELIMITERS if _has_columns(_columns(header, sign))), None)


def parse_table(text: str) -> Iterable[Segment]:
    """Return the segments of a table, in the published order.

    Raises:
        TranscriptRefused: ``not_a_transcript`` where a quote never ends.
    """
    text = text.lstrip("\ufeff \n")
    header, _, body = text.partition("\n")
    sign = delimiter_of(text) or ","
    columns = _columns(header, sign)
    segments = _segments(columns, csv.reader(body.split("\n"), delimiter=sign))
    return segments if _column(columns, _SPEAKERS) else label_segments(segments)


def _columns(header: str, sign: str) -> list[str]:
    return [name.strip(' "\r').lower() for name in header.split(sign)]


def _column(columns: Sequence[str], names: Iterable[str]) -> str | None:
    return next((name for name in names if name in columns), None)


def _has_columns(columns: Sequence[str]) -> bool:
    return bool(_column(columns, _TEXTS) and _column(columns, (*_SPEAKERS, *_STARTS)))


def _segments(columns: Sequence[str], rows: Iterator[list[str]]) -> Iterator[Segment]:
    try:
        for cells in rows:
            row = dict(zip(columns, cells, strict=False))
            if spoken := plain_text(_cell(row, _TEXTS)):
                start, end = _time(_cell(row, _STARTS)), _time(_cell(row, _ENDS))
                label = clean_label(_cell(row, _SPEAKERS))
                yield Segment(label, spoken, start, end_after(start, end))
    except csv.Error as error:
        message = f"The table cannot be read: {error}."
        raise TranscriptRefused("not_a_transcript", message) from error


def _cell(row: Row, names: Iterable[str]) -> str:
    return next((row[name].strip() for name in names if row.get(name)), "")


def _time(text: str) -> int | None:
    return parse_clock(_FRAMES.sub("", text)) if text else None
