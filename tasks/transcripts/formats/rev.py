"""JSON of Rev: ``monologues`` with a speaker and ``elements`` of type text and punct."""

from collections.abc import Iterable, Iterator

from tasks.transcripts.formats.json_document import JsonObject, objects_in, text_of
from tasks.transcripts.formats.json_speakers import Speakers
from tasks.transcripts.formats.json_times import times_of
from tasks.transcripts.formats.words import TimedWord, join_words
from tasks.transcripts.values import Segment


def parse_rev(document: JsonObject) -> Iterable[Segment] | None:
    """Return a segment for each monologue, in the published order; None for another form."""
    monologues = objects_in(document, "monologues")
    if not monologues:
        return None
    speakers = Speakers(document)
    return (segment for each in monologues for segment in join_words(_words(each, speakers)))


def _words(monologue: JsonObject, speakers: Speakers) -> Iterator[TimedWord]:
    """The elements; the spaces between them are elements of type punct."""
    label = speakers.of(monologue)
    for element in objects_in(monologue, "elements"):
        yield TimedWord(label, text_of(element, "value"), *times_of(element), space=False)
