"""Podcasting 2.0 JSON: ``{"segments": [{"speaker", "startTime", "endTime", "body"}]}``.

Specification: podcast-namespace, docs/examples/transcripts. A segment without ``speaker`` belongs
to the last named speaker; an empty ``speaker`` means an unknown one. When no segment has a speaker,
labels (``Name:``) are searched in the texts, as in captions.
"""

from collections.abc import Iterable, Iterator

from tasks.transcripts.formats.json_document import JsonObject, objects_in
from tasks.transcripts.formats.json_items import ItemReader, spoken_items
from tasks.transcripts.formats.segment_list import label_segments
from tasks.transcripts.values import Segment


def parse_podcast_json(document: JsonObject) -> Iterable[Segment] | None:
    """Return the segments of Podcasting 2.0 JSON, in the published order; None for another form."""
    items = objects_in(document, "segments")
    if not any("body" in item or "startTime" in item for item in items[:100]):
        return None
    reader = ItemReader(document, items, ("body", "text"))
    if any(map(reader.names_a_speaker, items)):
        return _with_current_speaker(items, reader)
    spoken = spoken_items(items, reader)
    return label_segments(reader.segment("", text, item) for item, text in spoken)


def _with_current_speaker(items: Iterable[JsonObject], reader: ItemReader) -> Iterator[Segment]:
    current = ""
    for item in items:
        if "speaker" in item:
            current = reader.label(item)
        if text := reader.text(item):
            yield reader.segment(current, text, item)
