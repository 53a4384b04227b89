"""A flat list of segments in JSON: Whisper, WhisperX, OpenAI, AssemblyAI and their like.

The forms are ``{"segments": [{"start", "end", "text", "speaker", "words"}]}``, a bare list of such
objects, AssemblyAI's ``utterances``, ``sentences`` and ``paragraphs``, the ``chunks`` of Hugging
Face's pipelines with ``timestamp`` pairs, and Podlove's ``start_ms`` and ``voice``. OpenAI's
``diarized_json`` and ``verbose_json`` are Whisper's form. Names may be in a map of the document.

WhisperX leaves ``speaker`` out of a segment whose speaker it does not know, so the previous speaker
does not apply. The words of such a segment may still say who spoke most of them.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from tasks.transcripts.formats.json_document import JsonObject, objects_in, text_of
from tasks.transcripts.formats.json_items import ItemReader, spoken_items
from tasks.transcripts.labels.cues import Cue, label_cues
from tasks.transcripts.timestamps import end_after
from tasks.transcripts.values import LabelledSegments, Segment

_LISTS = (
    *("segments", "utterances", "sentences", "paragraphs", "speakers", "chunks", "transcript"),
    *("transcription", "turns", "phrases", "lines", "entries", "cues", "captions", "items", "data"),
    *("result", "results"),
)
_TEXTS = ("text", "body", "transcript", "content", "sentence")


def parse_segment_list(document: JsonObject) -> Iterable[Segment] | None:
    """Return the segments of a flat list, in the published order; None when there is none."""
    items = _segment_items(document)
    if items is None:
        return None
    reader = ItemReader(document, items, _TEXTS)
    if any(reader.names_a_speaker(item) or _speaker_of_words(item) for item in items):
        return _segments(items, reader)
    spoken = spoken_items(items, reader)
    return label_segments(reader.segment("", text, item) for item, text in spoken)


def _segments(items: Iterable[JsonObject], reader: ItemReader) -> Iterator[Segment]:
    for item, text in spoken_items(items, reader):
        label = reader.label(item) or reader.speakers.label(_speaker_of_words(item))
        yield reader.segment(label, text, item)


def _segment_items(document: JsonObject) -> Sequence[JsonObject] | None:
    for key in _LISTS:
        items = [each for item in objects_in(document, key) for each in _ungrouped(item)]
        if any(text_of(item, *_TEXTS) for item in items):
            return items
    if isinstance(document.get("segments"), list):
        return []
    # Whisper's shortest output: a text without segments.
    return [document] if isinstance(document.get("text"), str) else None


def _ungrouped(item: JsonObject) -> list[JsonObject]:
    """Return the segments of a group, as Podlove's ``json_grouped`` has them, or the segment."""
    group = objects_in(item, "items")
    if not group or text_of(item, *_TEXTS):
        return [item]
    return [{"speaker": item.get("speaker"), "voice": item.get("voice")} | each for each in group]


def _speaker_of_words(item: JsonObject) -> str:
    if "words" not in item:
        return ""
    spoken = Counter(text_of(word, "speaker").strip() for word in objects_in(item, "words"))
    del spoken[""]
    return spoken.most_common(1)[0][0] if spoken else ""


def label_segments(segments: Iterable[Segment]) -> LabelledSegments:
    """Label segments without a speaker by the ``Name:`` in their texts."""
    return label_cues(Cue(s.start_ms, end_after(s.start_ms, s.end_ms), s.text) for s in segments)
