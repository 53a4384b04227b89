"""Podcasting 2.0 JSON: ``{"segments": [{"speaker", "startTime", "endTime", "body"}]}``.

Specification: podcast-namespace, docs/examples/transcripts. A segment without ``speaker`` belongs
to the last named speaker; an empty ``speaker`` means an unknown one. When no segment has a speaker,
labels (``Name:``) are searched in the texts, as in captions.
"""

from collections.abc import Iterable, Iterator, Sequence

from tasks.transcripts.formats.json_document import JsonObject, objects_in, spoken_text, text_of
from tasks.transcripts.formats.json_speakers import Speakers, names_a_speaker
from tasks.transcripts.formats.json_times import is_in_ms, times_of
from tasks.transcripts.formats.segment_list import label_segments
from tasks.transcripts.values import Segment


def parse_podcast_json(document: JsonObject) -> Iterable[Segment] | None:
    """Return the segments of Podcasting 2.0 JSON, in the published order; None for another form."""
    items = objects_in(document, "segments")
    if not any("body" in item or "startTime" in item for item in items[:100]):
        return None
    segments = _with_current_speaker(items, Speakers(document))
    return segments if any(map(names_a_speaker, items)) else label_segments(segments)


def _with_current_speaker(items: Sequence[JsonObject], speakers: Speakers) -> Iterator[Segment]:
    current, in_ms = "", is_in_ms(items, "body", "text")
    for item in items:
        if "speaker" in item:
            current = speakers.label(item["speaker"])
        if text := spoken_text(text_of(item, "body", "text")):
            yield Segment(current, text, *times_of(item, in_ms=in_ms))
