"""JSON of Google Speech-to-Text, v1 and v2: ``results`` with alternatives and words.

With diarization in v1 the last result repeats all words, with their ``speakerTag``.
"""

from collections.abc import Iterable, Iterator, Sequence

from tasks.transcripts.formats.json_document import JsonObject, objects_in, spoken_text, text_of
from tasks.transcripts.formats.json_speakers import Speakers
from tasks.transcripts.formats.json_times import as_ms, times_of
from tasks.transcripts.formats.words import TimedWord, join_words
from tasks.transcripts.values import Segment


def parse_google_speech(document: JsonObject) -> Iterable[Segment] | None:
    """Return the segments of Google Speech, in the published order; None for another form."""
    results = objects_in(document, "results") or objects_in(document, "response", "results")
    best = [each for result in results for each in objects_in(result, "alternatives")[:1]]
    if not best:
        return None
    speakers = Speakers(document)
    spoken = [objects_in(each, "words") for each in best]
    if tagged := [words for words in spoken if any(map(speakers.of, words))]:
        repeats_all = len(tagged[-1]) >= sum(map(len, spoken[:-1]))
        words = tagged[-1] if repeats_all else [word for each in tagged for word in each]
        return join_words(_words(words, speakers))
    return _results(results)


def _words(items: Sequence[JsonObject], speakers: Speakers) -> Iterator[TimedWord]:
    for item in items:
        yield TimedWord(speakers.of(item), text_of(item, "word"), *times_of(item))


def _results(results: Iterable[JsonObject]) -> Iterator[Segment]:
    start: int | None = 0
    for result in results:
        best = next(iter(objects_in(result, "alternatives")), {})
        end = as_ms(result.get("resultEndTime") or result.get("resultEndOffset"))
        words = objects_in(best, "words")
        if text := spoken_text(text_of(best, "transcript")):
            yield Segment("", text, times_of(words[0])[0] if words else start, end)
        start = end
