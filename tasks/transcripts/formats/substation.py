"""Sub Station Alpha (SSA, ASS): rows ``Dialogue:`` in the section ``[Events]``.

A line ``Format:`` names their columns; the text is the last one, because it may have commas. The
column ``Name`` (``Actor`` in some programs) is the speaker. Rows ``Comment:`` are not shown.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from tasks.transcripts.formats.cue_text import label_timed_text, plain_text
from tasks.transcripts.labels.cues import Cue
from tasks.transcripts.labels.known import NOBODY, KnownNames
from tasks.transcripts.labels.validity import clean_label
from tasks.transcripts.timestamps import end_after, parse_clock
from tasks.transcripts.values import Segment

SUBSTATION = re.compile(r"\[Script Info\][ \t]*\n", re.IGNORECASE)
_EVENTS = re.compile(r"\n\[Events\][ \t]*(?=\n)", re.IGNORECASE)
_USUAL_COLUMNS = "layer, start, end, style, name, marginl, marginr, marginv, effect, text"
_OVERRIDE = re.compile(r"\{[^{}\n]*\}")
# \N and \n break a line, \h is a space that does not.
_BREAK = re.compile(r"\\[Nnh]")


def parse_substation(text: str, known: KnownNames = NOBODY) -> Iterable[Segment]:
    """Return the segments of an SSA or ASS body; without names, labels are in the text."""
    rows = list(_dialogue(text))
    if not any(_name(row) for row in rows):
        return label_timed_text((Cue(*_times(row), row["text"]) for row in rows), known)
    return (
        Segment(clean_label(_name(row)), spoken, *_times(row))
        for row in rows
        if (spoken := plain_text(row["text"]))
    )


def _dialogue(text: str) -> Iterator[Mapping[str, str]]:
    events = _EVENTS.search(text)
    columns = _columns(_USUAL_COLUMNS)
    for line in text[events.end() :].split("\n") if events else ():
        kind, _, fields = line.partition(":")
        if kind.strip().lower() == "format":
            columns = _columns(fields)
        elif kind.strip().lower() == "dialogue":
            cells = map(str.strip, fields.split(",", len(columns) - 1))
            row = dict(zip(columns, cells, strict=False))
            yield row | {"text": _BREAK.sub(" ", _OVERRIDE.sub("", row.get("text", "")))}


def _columns(fields: str) -> list[str]:
    return [column.strip().lower() for column in fields.split(",")]


def _name(row: Mapping[str, str]) -> str:
    return row.get("name") or row.get("actor", "")


def _times(row: Mapping[str, str]) -> tuple[int | None, int | None]:
    start = parse_clock(row.get("start", ""))
    return start, end_after(start, parse_clock(row.get("end", "")))
