"""JSON of whisper.cpp: ``{"transcription": [{"timestamps", "offsets", "text", "speaker"}]}``.

Offsets are in milliseconds. A speaker is only there with ``--diarize``, and "?" for an unknown one.
"""

from collections.abc import Iterable, Iterator, Sequence

from tasks.transcripts.formats.json_document import (
    JsonObject,
    objects_in,
    spoken_text,
    text_of,
    value_at,
)
from tasks.transcripts.formats.json_speakers import Speakers, names_a_speaker
from tasks.transcripts.formats.json_times import as_ms
from tasks.transcripts.formats.segment_list import label_segments
from tasks.transcripts.timestamps import end_after
from tasks.transcripts.values import Segment


def parse_whisper_cpp(document: JsonObject) -> Iterable[Segment] | None:
    """Return the segments of whisper.cpp, in the published order; None for another form."""
    items = objects_in(document, "transcription")
    if not items:
        return None
    segments = _segments(items, Speakers(document))
    return segments if any(map(names_a_speaker, items)) else label_segments(segments)


def _segments(items: Sequence[JsonObject], speakers: Speakers) -> Iterator[Segment]:
    for item in items:
        if text := spoken_text(text_of(item, "text")):
            start, end = _time(item, "from"), _time(item, "to")
            label = speakers.of(item)
            yield Segment("" if label == "?" else label, text, start, end_after(start, end))


def _time(item: JsonObject, key: str) -> int | None:
    offset = as_ms(value_at(item, "offsets", key), in_ms=True)
    return as_ms(value_at(item, "timestamps", key)) if offset is None else offset
