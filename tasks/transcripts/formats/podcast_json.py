"""Podcasting 2.0 JSON: ``{"segments": [{"speaker", "startTime", "endTime", "body"}]}``.

Specification: podcast-namespace, docs/examples/transcripts. A segment without ``speaker`` belongs
to the last named speaker; an empty ``speaker`` means an unknown one. When no segment has a speaker,
labels (``Name:``) are searched in the texts, as in captions.
"""

from collections.abc import Iterable, Iterator

from tasks.transcripts.formats.segment_list import JsonObject, label_segments, text_of
from tasks.transcripts.labels.validity import clean_label
from tasks.transcripts.normalise import normalise_text
from tasks.transcripts.timestamps import end_after, from_seconds
from tasks.transcripts.values import Segment


def parse_podcast_json(items: list[JsonObject]) -> Iterable[Segment]:
    """Yield the segments of a Podcasting 2.0 JSON list, in the published order."""
    segments = _with_current_speaker(items)
    if any(text_of(item, "speaker").strip() for item in items):
        return segments
    return label_segments(segments)


def _with_current_speaker(items: list[JsonObject]) -> Iterator[Segment]:
    current = ""
    labels: dict[object, str] = {}
    for item in items:
        if "speaker" in item:
            published = text_of(item, "speaker")
            if published not in labels:
                labels[published] = clean_label(published)
            current = labels[published]
        if text := normalise_text(text_of(item, "body") or text_of(item, "text")):
            start = from_seconds(item.get("startTime"))
            yield Segment(current, text, start, end_after(start, from_seconds(item.get("endTime"))))
