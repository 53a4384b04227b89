"""Podcasting 2.0 JSON: ``{"segments": [{"speaker", "startTime", "endTime", "body"}]}``.

Specification: podcast-namespace, docs/examples/transcripts. A segment without ``speaker`` belongs
to the last one named; an empty speaker names nobody. When no segment names one, ``Name:`` in the
texts is looked for as in captions.
"""

from collections.abc import Iterator

from tasks.transcripts.formats.segment_list import JsonObject, read_names_in_texts, text_of
from tasks.transcripts.labels.validity import clean_label
from tasks.transcripts.normalise import normalise_text
from tasks.transcripts.timestamps import end_after, from_seconds
from tasks.transcripts.values import Segment


def parse_podcast_json(items: list[JsonObject]) -> Iterator[Segment]:
    """Yield the segments of a list read from Podcasting 2.0 JSON, in the published order."""
    segments = _follow_speakers(items)
    if any(text_of(item, "speaker").strip() for item in items):
        return segments
    return read_names_in_texts(segments)


def _follow_speakers(items: list[JsonObject]) -> Iterator[Segment]:
    in_force = ""
    labels: dict[object, str] = {}
    for item in items:
        if "speaker" in item:
            published = text_of(item, "speaker")
            if published not in labels:
                labels[published] = clean_label(published)
            in_force = labels[published]
        if text := normalise_text(text_of(item, "body") or text_of(item, "text")):
            start = from_seconds(item.get("startTime"))
            yield Segment(
                in_force, text, start, end_after(start, from_seconds(item.get("endTime")))
            )
