"""JSON of AssemblyAI: ``utterances`` with speakers or, without them, ``words``; milliseconds."""

from collections.abc import Iterable

from tasks.transcripts.formats.json_document import JsonObject, objects_in, spoken_text, text_of
from tasks.transcripts.formats.json_speakers import Speakers
from tasks.transcripts.formats.json_times import is_in_ms, times_of
from tasks.transcripts.formats.words import TimedWord, join_words
from tasks.transcripts.values import Segment


def parse_assemblyai(document: JsonObject) -> Iterable[Segment] | None:
    """Return the segments of AssemblyAI, in the published order; None for another form."""
    utterances, words = objects_in(document, "utterances"), objects_in(document, "words")
    speakers = Speakers(document)
    if any(text_of(each, "text") for each in utterances):
        in_ms = is_in_ms(utterances, "text")
        return (
            Segment(speakers.of(each), text, *times_of(each, in_ms=in_ms))
            for each in utterances
            if (text := spoken_text(text_of(each, "text")))
        )
    if "segments" in document or not any(text_of(each, "text") for each in words):
        return None
    in_ms = is_in_ms(words, "text")
    return join_words(
        TimedWord(speakers.of(each), text_of(each, "text"), *times_of(each, in_ms=in_ms))
        for each in words
    )
