"""The list of segments inside a JSON body, whatever the dialect."""

import json
from collections.abc import Iterable, Iterator

from tasks.transcripts.labels.cues import Cue, label_cues
from tasks.transcripts.timestamps import end_after
from tasks.transcripts.values import Segment, TranscriptRefused

JsonObject = dict[str, object]


def read_segment_list(text: str) -> list[JsonObject]:
    """Return the objects under ``segments``, or of a bare list; what is no object is left out.

    Raises:
        TranscriptRefused: ``broken_json`` or ``not_a_transcript``.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as broken:
        raise TranscriptRefused("broken_json", f"The JSON cannot be read: {broken}") from broken
    found = document.get("segments") if isinstance(document, dict) else document
    if found is None and isinstance(document.get("text"), str):
        return [document]  # Whisper's shortest answer: a text, no segments
    if not isinstance(found, list):
        raise TranscriptRefused("not_a_transcript", "The JSON has no list of segments.")
    return [item for item in found if isinstance(item, dict)]


def text_of(item: JsonObject, key: str) -> str:
    """Return the string under a key, '' when it is missing or something else."""
    value = item.get(key)
    return value if type(value) is str else ""


def read_names_in_texts(segments: Iterable[Segment]) -> Iterator[Segment]:
    """Look for ``Name:`` in the texts of segments under which nobody is named."""
    return label_cues(Cue(s.start_ms, end_after(s.start_ms, s.end_ms), s.text) for s in segments)
