"""JSON of Deepgram: utterances, or else sentences in paragraphs, or else words; seconds."""

from collections.abc import Iterable, Iterator

from tasks.transcripts.formats.json_document import JsonObject, objects_in, spoken_text, text_of
from tasks.transcripts.formats.json_speakers import Speakers
from tasks.transcripts.formats.json_times import times_of
from tasks.transcripts.formats.words import TimedWord, join_words
from tasks.transcripts.values import Segment


def parse_deepgram(document: JsonObject) -> Iterable[Segment] | None:
    """Return the segments of Deepgram, in the published order; None for another form."""
    utterances = objects_in(document, "results", "utterances")
    channels = objects_in(document, "results", "channels")
    best = [each for channel in channels for each in objects_in(channel, "alternatives")[:1]]
    speakers = Speakers(document)
    if utterances:
        return _utterances(utterances, speakers)
    if not best:
        return None
    return (segment for each in best for segment in _alternative(each, speakers))


def _utterances(items: Iterable[JsonObject], speakers: Speakers) -> Iterator[Segment]:
    for item in items:
        if text := spoken_text(text_of(item, "transcript", "text")):
            yield Segment(speakers.of(item), text, *times_of(item))


def _alternative(best: JsonObject, speakers: Speakers) -> Iterator[Segment]:
    """The segments of the best reading of one channel."""
    paragraphs = objects_in(best, "paragraphs", "paragraphs")
    words = objects_in(best, "words")
    for paragraph in paragraphs:
        label = speakers.of(paragraph)
        for sentence in objects_in(paragraph, "sentences"):
            if text := spoken_text(text_of(sentence, "text")):
                yield Segment(label, text, *times_of(sentence))
    if not paragraphs:
        yield from join_words(
            TimedWord(speakers.of(each), text_of(each, "punctuated_word", "word"), *times_of(each))
            for each in words
        )
    if not paragraphs and not words and (text := spoken_text(text_of(best, "transcript"))):
        yield Segment("", text)
