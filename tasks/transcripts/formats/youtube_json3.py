"""YouTube's json3 captions: ``events`` with ``tStartMs``, ``dDurationMs`` and ``segs``."""

from collections.abc import Iterable, Iterator, Sequence

from tasks.transcripts.formats.json_document import JsonObject, objects_in, spoken_text, text_of
from tasks.transcripts.formats.json_times import as_ms
from tasks.transcripts.formats.segment_list import label_segments
from tasks.transcripts.timestamps import after, end_after
from tasks.transcripts.values import Segment


def parse_youtube_json3(document: JsonObject) -> Iterable[Segment] | None:
    """Return a segment for each event with words, in order; None for another form."""
    events = objects_in(document, "events")
    if not any("tStartMs" in event for event in events):
        return None
    return label_segments(_segments(events))


def _segments(events: Sequence[JsonObject]) -> Iterator[Segment]:
    for event in events:
        text = "".join(text_of(each, "utf8") for each in objects_in(event, "segs"))
        if spoken := spoken_text(text):
            start = as_ms(event.get("tStartMs"), in_ms=True)
            end = after(start, as_ms(event.get("dDurationMs"), in_ms=True))
            yield Segment("", spoken, start, end_after(start, end))
