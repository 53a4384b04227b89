"""Podcasting 2.0 JSON: ``{"segments": [{"speaker", "startTime", "endTime", "body"}]}``.

Specification: podcast-namespace, docs/examples/transcripts. A segment without ``speaker`` belongs
to the last named speaker where speakers are published at changes only, unless it is a stage
direction; an empty ``speaker`` means an unknown one. When no segment has a speaker, labels
(``Name:``) are searched in the texts, as in captions.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from tasks.transcripts.formats.json_document import JsonObject, objects_in
from tasks.transcripts.formats.json_items import ItemReader, spoken_items
from tasks.transcripts.formats.segment_list import label_segments
from tasks.transcripts.labels.asides import is_stage_direction
from tasks.transcripts.values import Segment

_SLIPS, _FEW = 2, 20  # so many, and one in so many, are no slips


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


def _is_published_always(items: Sequence[JsonObject]) -> bool:
    """Whether a speaker is published where none has changed: then a missing one is unknown."""
    speakers = [item.get("speaker") for item in items]
    again = sum(bool(a) and a == b for a, b in pairwise(speakers))
    return again >= _SLIPS and _FEW * again >= sum(map(bool, speakers))


def _with_current_speaker(items: Sequence[JsonObject], reader: ItemReader) -> Iterator[Segment]:
    current, is_always = "", _is_published_always(items)
    for item in items:
        if "speaker" in item or is_always:
            current = reader.label(item)
        if text := reader.text(item):
            is_nobodys = "speaker" not in item and is_stage_direction(text)
            yield reader.segment("" if is_nobodys else current, text, item)
