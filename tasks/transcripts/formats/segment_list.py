"""The list of segments in a JSON body, for all JSON formats."""

import json
from collections.abc import Iterable

from tasks.transcripts.labels.cues import Cue, label_cues
from tasks.transcripts.timestamps import end_after
from tasks.transcripts.values import LabelledSegments, Segment, TranscriptRefused

JsonObject = dict[str, object]


def read_segment_list(text: str) -> list[JsonObject]:
    """Return the objects under ``segments``, or of a bare list; other values are left out.

    Raises:
        TranscriptRefused: ``broken_json`` or ``not_a_transcript``.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as broken:
        raise TranscriptRefused("broken_json", f"The JSON is invalid: {broken}") from broken
    items = document.get("segments") if isinstance(document, dict) else document
    if items is None and isinstance(document.get("text"), str):
        return [document]  # Whisper's shortest output: a text without segments
    if not isinstance(items, list):
        raise TranscriptRefused("not_a_transcript", "The JSON has no list of segments.")
    return [item for item in items if isinstance(item, dict)]


def text_of(item: JsonObject, key: str) -> str:
    """Return the string under a key; '' when it is missing or not a string."""
    value = item.get(key)
    return value if type(value) is str else ""


def label_segments(segments: Iterable[Segment]) -> LabelledSegments:
    """Label segments without a speaker by the ``Name:`` in their texts."""
    return label_cues(Cue(s.start_ms, end_after(s.start_ms, s.end_ms), s.text) for s in segments)
