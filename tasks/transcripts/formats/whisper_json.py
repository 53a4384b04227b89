"""Whisper and WhisperX JSON.

The form is ``{"segments": [{"start", "end", "text", "speaker", "words"}]}``.

WhisperX leaves ``speaker`` out of a segment whose speaker it does not know, so the previous speaker
does not apply. The words of such a segment may still say who spoke most of them.
"""

from collections import Counter
from collections.abc import Iterable

from tasks.transcripts.formats.segment_list import JsonObject, label_segments, text_of
from tasks.transcripts.labels.validity import clean_label
from tasks.transcripts.normalise import normalise_text
from tasks.transcripts.timestamps import end_after, from_seconds
from tasks.transcripts.values import Segment


def parse_whisper_json(items: list[JsonObject]) -> Iterable[Segment]:
    """Yield the segments of a Whisper or WhisperX JSON list, in the published order."""
    segments = filter(None, map(_segment, items))
    if any(_speaker_of(item) for item in items):
        return segments
    return label_segments(segments)


def _segment(item: JsonObject) -> Segment | None:
    text = normalise_text(text_of(item, "text"))
    if not text:
        return None
    start = from_seconds(item.get("start"))
    return Segment(
        clean_label(_speaker_of(item)), text, start, end_after(start, from_seconds(item.get("end")))
    )


def _speaker_of(item: JsonObject) -> str:
    if published := text_of(item, "speaker").strip():
        return published
    words = item.get("words")
    if not isinstance(words, list):
        return ""
    spoken = Counter(text_of(word, "speaker").strip() for word in words if isinstance(word, dict))
    del spoken[""]
    return spoken.most_common(1)[0][0] if spoken else ""
