"""Text made into the words of the index: as written, and as the stems of its language. Pure."""

import re
from functools import cache, lru_cache

import tantivy

from models.language import primary_subtag

# ISO 639-1 to the stemmers that tantivy has (Snowball's).
STEMMERS = {
    "ar": "arabic", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "es": "spanish", "fi": "finnish", "fr": "french", "hu": "hungarian", "it": "italian",
    "nb": "norwegian", "nl": "dutch", "nn": "norwegian", "no": "norwegian", "pt": "portuguese",
    "ro": "romanian", "ru": "russian", "sv": "swedish", "ta": "tamil", "tr": "turkish",
}  # fmt: skip
# What stands for a language without a stemmer: its words are looked for as they are written.
UNSTEMMED = "none"
FAMILIES = (*sorted(set(STEMMERS.values())), UNSTEMMED)

# Bytes above which a "word" is none: an address, or something encoded.
_LONGEST_WORD = 100

# Scripts that do not part their words: each sign is a word, and a word is a phrase of them.
_UNPARTED = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003ffff])"
)
# Parts words, and stands in no text that we keep.
_PARTING = "\x1f"


@lru_cache(maxsize=1024)
def family_of(language: str | None) -> str:
    """The stemmer of a language tag (BCP 47), by its primary subtag."""
    return STEMMERS.get(primary_subtag(language), UNSTEMMED)


@cache
def analyzer(family: str | None) -> tantivy.TextAnalyzer:
    """The analyzer of a family of stems; of None, of words as they are written."""
    make, filters = tantivy.TextAnalyzerBuilder, tantivy.Filter
    built = make(tantivy.Tokenizer.simple()).filter(filters.remove_long(_LONGEST_WORD))
    built = built.filter(filters.lowercase())
    if family not in {None, UNSTEMMED}:
        built = built.filter(filters.stemmer(family))
    return built.filter(filters.ascii_fold()).build()


def parted(text: str) -> str:
    """The text with signs parted that are words by themselves."""
    return text if text.isascii() else _UNPARTED.sub(rf"{_PARTING}\1{_PARTING}", text)


def joined(text: str) -> str:
    """What ``parted`` was made of."""
    return text.replace(_PARTING, "")


def words(text: str, family: str | None = None) -> list[str]:
    """The words of a text, in order."""
    return analyzer(family).analyze(parted(text))
