"""JSON of Amazon Transcribe: items (words and punctuation), and segments with speaker labels.

With speaker labels a segment is a run of one speaker as published; with channels, a run in one
channel. Newer results repeat the label on each item.
"""

from collections.abc import Iterable, Iterator, Mapping

from tasks.transcripts.formats.json_document import (
    JsonObject,
    objects_in,
    spoken_text,
    text_of,
    value_at,
)
from tasks.transcripts.formats.json_speakers import Speakers
from tasks.transcripts.formats.json_times import times_of
from tasks.transcripts.formats.words import TimedWord, join_words
from tasks.transcripts.values import Segment


def parse_aws_transcribe(document: JsonObject) -> Iterable[Segment] | None:
    """Return the segments of Amazon Transcribe, in order of time; None for another form."""
    items = objects_in(document, "results", "items")
    audio_segments = objects_in(document, "results", "audio_segments")
    speakers = Speakers(document)
    if audio_segments:
        return _audio_segments(audio_segments, speakers)
    if not any(objects_in(item, "alternatives") for item in items):
        return None
    return join_words(_words(items, _labels_by_start(document), speakers))


def _audio_segments(items: Iterable[JsonObject], speakers: Speakers) -> Iterator[Segment]:
    for item in items:
        if text := spoken_text(text_of(item, "transcript")):
            yield Segment(speakers.of(item), text, *times_of(item))


def _labels_by_start(document: JsonObject) -> Mapping[object, object]:
    """The label of each word by its start, which is how the two lists refer to each other."""
    labels: dict[object, object] = {}
    for segment in objects_in(document, "results", "speaker_labels", "segments"):
        for item in objects_in(segment, "items"):
            labels[item.get("start_time")] = item.get("speaker_label")
    for channel in objects_in(document, "results", "channel_labels", "channels"):
        for item in objects_in(channel, "items"):
            labels[item.get("start_time")] = value_at(channel, "channel_label")
    return labels


def _words(
    items: Iterable[JsonObject], labels: Mapping[object, object], speakers: Speakers
) -> Iterator[TimedWord]:
    label = ""
    for item in items:
        text = next((text_of(each, "content") for each in objects_in(item, "alternatives")), "")
        is_word = item.get("type") != "punctuation"
        if is_word:
            label = speakers.of(item) or speakers.label(labels.get(item.get("start_time")))
        yield TimedWord(label, text, *times_of(item), space=is_word)
