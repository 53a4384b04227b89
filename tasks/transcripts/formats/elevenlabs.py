"""JSON of ElevenLabs: ``words`` of type word, spacing and audio_event, with ``speaker_id``."""

from collections.abc import Iterable, Iterator, Sequence

from tasks.transcripts.formats.json_document import JsonObject, objects_in, text_of
from tasks.transcripts.formats.json_speakers import Speakers
from tasks.transcripts.formats.json_times import times_of
from tasks.transcripts.formats.words import TimedWord, join_words
from tasks.transcripts.values import Segment


def parse_elevenlabs(document: JsonObject) -> Iterable[Segment] | None:
    """Return the segments of ElevenLabs, in the published order; None for another form."""
    channels = objects_in(document, "transcripts") or [document]
    spoken = [objects_in(channel, "words") for channel in channels]
    if not any(map(_is_elevenlabs, spoken)):
        return None
    speakers = Speakers(document)
    return (segment for words in spoken for segment in join_words(_words(words, speakers)))


def _is_elevenlabs(words: Sequence[JsonObject]) -> bool:
    return any("speaker_id" in word or word.get("type") == "spacing" for word in words)


def _words(items: Sequence[JsonObject], speakers: Speakers) -> Iterator[TimedWord]:
    """The words with their spaces; a space belongs to the word after it."""
    has_spaces = any(item.get("type") == "spacing" for item in items)
    space = True
    for item in items:
        if item.get("type") == "spacing":
            space = True
        else:
            yield TimedWord(speakers.of(item), text_of(item, "text"), *times_of(item), space=space)
            space = not has_spaces
