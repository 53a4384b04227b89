"""Whisper's tab-separated output: ``start`` and ``end`` in milliseconds, ``text``, a speaker."""

import re
from collections.abc import Iterable, Iterator

from tasks.transcripts.formats.cue_text import plain_text
from tasks.transcripts.formats.json_times import as_ms
from tasks.transcripts.formats.segment_list import label_segments
from tasks.transcripts.labels.validity import clean_label
from tasks.transcripts.timestamps import end_after
from tasks.transcripts.values import Segment

WHISPER_TSV = re.compile(r"start\tend\t(?:speaker\t)?text[\t\n]")


def parse_whisper_tsv(text: str) -> Iterable[Segment]:
    """Return the segments of Whisper's TSV, in the published order."""
    first, *lines = text.lstrip("\ufeff \n").split("\n")
    segments = _segments(first.split("\t"), lines)
    return segments if "speaker" in first else label_segments(segments)


def _segments(columns: list[str], lines: Iterable[str]) -> Iterator[Segment]:
    for line in lines:
        row = dict(zip(columns, line.split("\t", len(columns) - 1), strict=False))
        if spoken := plain_text(row.get("text", "")):
            start, end = as_ms(row["start"], in_ms=True), as_ms(row["end"], in_ms=True)
            yield Segment(clean_label(row.get("speaker", "")), spoken, start, end_after(start, end))
