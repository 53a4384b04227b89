"""What the index holds of a segment: its words twice, and what it is filtered and sorted by."""

from datetime import date

import tantivy

from tasks.search.analysis import FAMILIES, analyzer, family_of, parted
from tasks.search.values import Segment

# Another number makes every index that was built before be built anew.
SCHEMA_VERSION = 1

# A document beside the segments, which says up to where the changes are in the index.
PLACE = "place"


def stems(family: str) -> str:
    """The field that holds the stems of one family."""
    return f"stems_{family}"


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("appearance", fast=True)
    builder.add_integer_field("episode", indexed=True)
    builder.add_integer_field("podcast", indexed=True, fast=True)
    builder.add_integer_field("person", indexed=True, fast=True)
    builder.add_integer_field("recent", fast=True)
    for name in ("language", "family", "note"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("said", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("word", tokenizer_name="words", index_option="position")
    for family in FAMILIES:
        builder.add_text_field(stems(family), tokenizer_name=family, index_option="freq")
    return builder.build()


SCHEMA = _schema()


def register_tokenizers(index: tantivy.Index) -> None:
    """Give an opened index the analyzers that its fields name."""
    index.register_tokenizer("words", analyzer(None))
    for family in FAMILIES:
        index.register_tokenizer(family, analyzer(family))


def recent(day: date, episode_id: int, position: int) -> int:
    """A number that is greater for what is newer, and within an episode for what comes first."""
    return (
        (day.toordinal() << 40) | ((episode_id & 0xFFFFFF) << 16) | (0xFFFF - min(position, 0xFFFF))
    )


def document(segment: Segment) -> tantivy.Document:
    """A segment as it goes into the index; nobody known is person 0."""
    family = family_of(segment.language)
    said = parted(segment.text)
    return tantivy.Document(
        appearance=segment.appearance_id,
        episode=segment.episode_id,
        podcast=segment.podcast_id,
        person=segment.person_id or 0,
        recent=recent(segment.day, segment.episode_id, segment.position),
        language=segment.language,
        family=family,
        word=said,
        **{stems(family): said},
    )


def place_document(said: str) -> tantivy.Document:
    """The document that says up to where the index has come."""
    return tantivy.Document(note=PLACE, said=said)
