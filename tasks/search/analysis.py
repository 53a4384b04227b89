"""Split text into the words of the index: as written, and stemmed by its language. Pure."""

import re
from functools import cache, lru_cache

import tantivy

from models.language import primary_subtag

# The Snowball stemmers of tantivy by language (ISO 639-1).
STEMMERS = {
    "ar": "arabic",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "it": "italian",
    "nb": "norwegian",
    "nl": "dutch",
    "nn": "norwegian",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
}
# For languages without a stemmer: their words are searched as written.
UNSTEMMED = "none"
STEMMER_NAMES = (*sorted(set(STEMMERS.values())), UNSTEMMED)

# A longer "word" is a URL or encoded data.
_MAX_WORD_BYTES = 100

# Scripts without spaces between words: each character is indexed as a word, and a word is a phrase.
_UNSPACED = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003ffff])"
)
# A word break for the tokenizer; no stored text contains it.
_BREAK = "\x1f"


@lru_cache(maxsize=1024)
def stemmer_of(language: str | None) -> str:
    """Return the name of the stemmer for a language tag (BCP 47), by its primary subtag."""
    return STEMMERS.get(primary_subtag(language), UNSTEMMED)


@cache
def analyzer(stemmer: str | None) -> tantivy.TextAnalyzer:
    """Return the analyzer with this stemmer; None gives words as written."""
    make, filters = tantivy.TextAnalyzerBuilder, tantivy.Filter
    builder = make(tantivy.Tokenizer.simple()).filter(filters.remove_long(_MAX_WORD_BYTES))
    builder = builder.filter(filters.lowercase())
    if stemmer not in {None, UNSTEMMED}:
        builder = builder.filter(filters.stemmer(stemmer))
    return builder.filter(filters.ascii_fold()).build()


def mark_word_breaks(text: str) -> str:
    """Put word breaks around characters that are words in scripts without spaces."""
    return text if text.isascii() else _UNSPACED.sub(rf"{_BREAK}\1{_BREAK}", text)


def remove_word_breaks(text: str) -> str:
    """Undo ``mark_word_breaks``."""
    return text.replace(_BREAK, "")


def words(text: str, stemmer: str | None = None) -> list[str]:
    """Return the index words of a text, in order, stemmed if a stemmer is given."""
    return analyzer(stemmer).analyze(mark_word_breaks(text))
