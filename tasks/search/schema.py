"""The index schema: the words of a segment, as written and stemmed, filters and sort key."""

from datetime import date

import tantivy

from tasks.search.analysis import STEMMER_NAMES, analyzer, mark_word_breaks, stemmer_of
from tasks.search.values import IndexedSegment

# A new number makes every older index be rebuilt.
SCHEMA_VERSION = 2

# A sort key has the day above so many bits of the episode and the position.
_DAY_BITS = 40

# Marks the document with the checkpoint, beside those of the segments.
CHECKPOINT = "checkpoint"


def stems_field(stemmer: str) -> str:
    """Return the name of the field with the words stemmed by one stemmer."""
    return f"stems_{stemmer}"


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("appearance", fast=True)
    builder.add_integer_field("episode", indexed=True)
    builder.add_integer_field("podcast", indexed=True, fast=True)
    builder.add_integer_field("person", indexed=True, fast=True)
    builder.add_integer_field("recency", fast=True)
    for name in ("language", "stemmer", "note"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("checkpoint", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("word", tokenizer_name="words", index_option="position")
    for stemmer in STEMMER_NAMES:
        builder.add_text_field(stems_field(stemmer), tokenizer_name=stemmer, index_option="freq")
    return builder.build()


SCHEMA = _schema()


def register_tokenizers(index: tantivy.Index) -> None:
    """Register the analyzers of the schema's fields with an opened index."""
    index.register_tokenizer("words", analyzer(None))
    for stemmer in STEMMER_NAMES:
        index.register_tokenizer(stemmer, analyzer(stemmer))


def recency(day: date, episode_id: int, position: int) -> int:
    """Return a sort key: greater for newer episodes, and for earlier segments within one."""
    return (
        (day.toordinal() << _DAY_BITS)
        | ((episode_id & 0xFFFFFF) << 16)
        | (0xFFFF - min(position, 0xFFFF))
    )


def year_of_key(recency_key: int) -> int:
    """The year of a sort key, which may be rounded."""
    day = min(max(recency_key >> _DAY_BITS, 1), date.max.toordinal())
    return date.fromordinal(day).year


def first_key_of(year: int) -> int:
    """The sort key below which everything is older than a year: a multiple of 2**40."""
    later = date.max.toordinal() + 1
    return (date(year, 1, 1).toordinal() if year <= date.max.year else later) << _DAY_BITS


def document(segment: IndexedSegment) -> tantivy.Document:
    """Return the index document of a segment; person 0 means unknown."""
    stemmer = stemmer_of(segment.language)
    text = mark_word_breaks(segment.text)
    return tantivy.Document(
        appearance=segment.appearance_id,
        episode=segment.episode_id,
        podcast=segment.podcast_id,
        person=segment.person_id or 0,
        recency=recency(segment.day, segment.episode_id, segment.position),
        language=segment.language,
        stemmer=stemmer,
        word=text,
        **{stems_field(stemmer): text},
    )


def checkpoint_document(checkpoint: str) -> tantivy.Document:
    """Return the document that stores the checkpoint."""
    return tantivy.Document(note=CHECKPOINT, checkpoint=checkpoint)
