"""Unicode folding: one comparable form for all ways to write the same word of a name."""

# ruff: noqa: RUF001, RUF002 - this file is about confusable letters

import re
import unicodedata
from functools import lru_cache

# Straight, typographic and modifier apostrophes, and the marks for ayin and okina.
_APOSTROPHES = re.compile("['’‘‛`´ʼʻʽʹʾʿ′]")
_ASCII_APOSTROPHES = {ord("'"): None, ord("`"): None}
_ASCII_WORD = re.compile("[a-z0-9]+")
# Combining accents, and the vowel points that Hebrew and Arabic may leave out. Marks of other
# scripts (Devanagari vowels, kana voicing) spell other words, so they stay.
_ACCENTS = re.compile(
    "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u0591-\u05c7\u064b-\u065f\u0670]"
)
# Marks of these scripts that `\w` leaves out: vowels, and signs of doubled and missing letters.
WORD_MARKS = "".join(
    mark for mark in map(chr, range(0x300, 0x1000)) if unicodedata.category(mark) in ("Mn", "Mc")
)
_MODIFIERS = re.compile("[\u02b0-\u02ff]")
# Separate Latin letters, which Unicode does not decompose.
_LETTERS = str.maketrans({"æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ŋ": "ng", "ı": "i", "ə": "e"})

# Letters whose capitals are confusable count as confusable in both cases, so case never matters.
_LATIN = "ABEKMHOPCTYXSIJ"
_CYRILLIC = "АВЕКМНОРСТУХЅІЈ"
_LATIN_OF_GREEK = "ABEZHIKMNOPTYX"
_GREEK = "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ"
_TO_LATIN = str.maketrans(
    _CYRILLIC + _CYRILLIC.lower() + _GREEK + _GREEK.lower(),
    _LATIN + _LATIN.lower() + _LATIN_OF_GREEK + _LATIN_OF_GREEK.lower(),
)
_TO_CYRILLIC = str.maketrans(_LATIN + _LATIN.lower(), _CYRILLIC + _CYRILLIC.lower())


def fold(text: str) -> str:
    """Comparable form: letters (with the marks that spell them), digits and single spaces.

    Case, accents, width, apostrophes and transliteration marks do not matter (Unicode NFKD and
    default case folding, chapter 3.13). All other characters separate words. Nothing is
    transliterated: scripts stay as they are.
    """
    if text.isascii():  # nearly all text is, and this takes less than half of the time
        return " ".join(_ASCII_WORD.findall(text.translate(_ASCII_APOSTROPHES).lower()))
    return _fold(text)


def fix_mixed_scripts(text: str) -> str:
    """Replace confusable letters in words that mix scripts (Cyrillic а in Jаne)."""
    return text if text.isascii() else " ".join(map(_fix_word, text.split(" ")))


@lru_cache(maxsize=4096)
def is_word_char(character: str) -> bool:
    """Whether a character is part of a word: a letter, a digit, or a mark that spells a letter."""
    return character.isalnum() or unicodedata.category(character) in ("Mn", "Mc")


def _fold(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text))
    folded = unicodedata.normalize("NFKD", decomposed.casefold())
    plain = _MODIFIERS.sub("", _ACCENTS.sub("", _APOSTROPHES.sub("", folded)))
    based = "".join(map(_base_letter, plain)).translate(_LETTERS)
    return _words(unicodedata.normalize("NFC", based))


def _words(text: str) -> str:
    words = "".join(c if is_word_char(c) else " " for c in text).split()
    return " ".join(word for word in words if any(map(str.isalnum, word)))


@lru_cache(maxsize=4096)
def _base_letter(character: str) -> str:
    """Latin letter without its stroke, hook or the like, by its Unicode name (ø, ł, đ, ħ)."""
    name = unicodedata.name(character, "")
    if not name.startswith("LATIN SMALL LETTER ") or " WITH " not in name:
        return character
    try:
        return unicodedata.lookup(name.split(" WITH ")[0]).casefold()
    except KeyError:
        return character


def _fix_word(word: str) -> str:
    if not {"LATIN", "CYRILLIC", "GREEK"} & (scripts := _scripts(word)) or len(scripts) < 2:
        return word
    for table in (_TO_LATIN, _TO_CYRILLIC):
        if len(_scripts(fixed := word.translate(table))) == 1:
            return fixed
    return word


def _scripts(word: str) -> set[str]:
    return {unicodedata.name(c, "").split(" ")[0] for c in word if c.isalpha()}
