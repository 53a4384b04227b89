"""Guess the charset of bytes that are not UTF-8 and declare none: by language and by letters.

Western text reads well as Windows-1252, and everything else becomes letters with accents in a row
there, such as no language has. The language of the podcast decides which charset it is; without
one, the charset whose text has nearly all of its letters in the script that it is made for.
"""

import re
from typing import NamedTuple

from models.language import primary_subtag


class _Charset(NamedTuple):
    """A codec, its languages, its letters, and those of them that any text has many of."""

    codec: str
    languages: frozenset[str]
    letters: re.Pattern[str] | None
    frequent: re.Pattern[str] | None


def _charset(codec: str, languages: str, letters: str = "", frequent: str = "") -> _Charset:
    patterns = [re.compile(f"[{each}]") if each else None for each in (letters, frequent)]
    return _Charset(codec, frozenset(languages.split()), *patterns)


# Small letters are frequent: KOI8 has the large ones in the place of the small ones. Japanese
# has kana between its Chinese characters.
_CYRILLIC = ("\u0401-\u045f\u0490\u0491", "\u0430-\u045f\u0491")
_JAPANESE = ("\u3041-\u30fc\u3400-\u9fff", "\u3041-\u30fa")
# Those that read any bytes come after those that refuse most.
_CHARSETS = (
    _charset("euc_jp", "ja", *_JAPANESE),
    _charset("cp932", "ja", *_JAPANESE),
    _charset("cp949", "ko", "\uac00-\ud7a3"),
    _charset("big5", "zh", "\u3400-\u9fff"),
    _charset("gb18030", "zh", "\u3400-\u9fff"),
    _charset("cp1251", "ru uk be bg sr mk kk", *_CYRILLIC),
    _charset("koi8_u", "ru uk", *_CYRILLIC),
    _charset("cp1253", "el", "\u0386-\u03ce", "\u03ac-\u03ce"),
    _charset("cp1255", "he iw yi", "\u05d0-\u05ea"),
    _charset("cp1256", "ar fa ur", "\u0621-\u06d2"),
    _charset("cp874", "th", "\u0e01-\u0e5b"),
    _charset("cp1250", "pl cs sk hu sl hr bs ro sq"),
    _charset("cp1254", "tr az"),
    _charset("cp1257", "lt lv et"),
    _charset("cp1258", "vi"),
)
_MIN_PURITY = 0.8
_MIN_FREQUENT = 0.2
_MIN_SMALL = 0.6
_WITH_CAPITALS = frozenset({"cp1251", "koi8_u", "cp1253"})
_WESTERN = "cp1252"
_SAMPLE = 200_000  # bytes
# Letters with accents in a row are no word of any language: "\u00ce\u00eb\u00fc\u00e3\u00e0".
_ACCENTED = re.compile("[\u00c0-\u00ff\u0160\u0161\u0178\u017d\u017e]")
_ACCENTED_RUN = re.compile(f"{_ACCENTED.pattern}{{3,}}")
_HIGH = bytes(range(0x80, 0x100))
_WESTERN_SHARE = 0.3  # of bytes beyond ASCII; texts in Latin letters have up to 0.2
_NUL_SHARE = 0.1


def unmarked_utf16(body: bytes) -> str | None:
    """Return the codec of UTF-16 without a byte order mark: every other byte is often zero."""
    sample = body[:4096]
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    enough = max(4, _NUL_SHARE * len(sample) / 2)
    if odd >= enough and even * 20 <= odd:
        return "utf-16-le"
    return "utf-16-be" if even >= enough and odd * 20 <= even else None


def guess_charset(body: bytes, language: str | None) -> str | None:
    """Return the codec of bytes that are not UTF-8; None when none reads well."""
    sample = _whole_lines(body)
    if _is_nearly_utf8(sample):
        return "utf-8"
    subtag = primary_subtag(language)
    if best := _best([each for each in _CHARSETS if subtag in each.languages], sample):
        return best
    if _reads_well_as_western(sample):
        return _WESTERN
    # Thai has a letter for nearly every byte: only the language tells it from others.
    return _best([each for each in _CHARSETS if each.letters and each.codec != "cp874"], sample)


def _is_nearly_utf8(sample: bytes) -> bool:
    """Whether a few stray bytes are all that is wrong."""
    text = sample.decode("utf-8", "replace")
    stray = text.count("\ufffd")
    return len(text) - stray - len(text.encode("ascii", "ignore")) > 4 * stray


def _whole_lines(body: bytes) -> bytes:
    """The beginning of a body; it ends with a line, so not within a character."""
    if len(body) <= _SAMPLE:
        return body
    return body[: body.rfind(b"\n", 0, _SAMPLE) + 1] or body[:_SAMPLE]


def _reads_well_as_western(sample: bytes) -> bool:
    high = len(sample) - len(sample.translate(None, _HIGH))
    if high > _WESTERN_SHARE * len(sample):
        return False
    text = sample.decode(_WESTERN, "replace")
    in_runs = sum(map(len, _ACCENTED_RUN.findall(text)))
    return in_runs * 2 <= len(_ACCENTED.findall(text)) + 2


def _best(charsets: list[_Charset], sample: bytes) -> str | None:
    """The charset whose text is purest, the first of equal ones; None when none is pure enough."""
    purity = {each: _purity(each, sample) for each in charsets}
    best = max(charsets, key=purity.__getitem__, default=None)
    return best.codec if best and purity[best] >= _MIN_PURITY else None


def _purity(charset: _Charset, sample: bytes) -> float:
    """The share of the charset's letters among letters beyond ASCII; -1 for invalid bytes.

    Also -1 where no letter is a capital and others are expected: Hebrew, as Cyrillic or Greek.
    """
    try:
        text = sample.decode(charset.codec)
    except UnicodeDecodeError:
        return -1.0
    if charset.letters is None:
        return 1.0
    foreign = [character for character in text if character > "\x7f" and character.isalpha()]
    has_capitals = any(map(str.isupper, foreign))
    if charset.codec in _WITH_CAPITALS and not has_capitals:
        return -1.0
    least = (_MIN_SMALL if has_capitals else _MIN_FREQUENT) * len(foreign)
    if charset.frequent and len(charset.frequent.findall(text)) < least:
        return -1.0
    return min(len(charset.letters.findall(text)) / max(len(foreign), 1), 1.0)
