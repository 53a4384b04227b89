"""The form in which every text and label is stored: NFC, one space between words, nothing unseen.

A change here changes fingerprints of stored segments, so it comes with a migration (law 3).
"""

import re
import unicodedata
from itertools import groupby

# Control characters (those that separate words are left for the white space), soft hyphen, zero
# width space, byte order mark, bidirectional controls (UAX 9 2.0) and lone surrogates, which JSON
# can escape and PostgreSQL cannot store. The joiners U+200C and U+200D stay: they are spelling in
# Persian and in emoji.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u061c\u200b\u200e\u200f"
    "\u202a-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff]"
)


def _combining_marks(begin: int, end: int) -> str:
    """A regex class of every character with a canonical combining class in a range of codes."""
    marks = [code for code in range(begin, end) if unicodedata.combining(chr(code))]
    neighbours = groupby(enumerate(marks), lambda mark: mark[1] - mark[0])
    runs = [[code for _, code in run] for _, run in neighbours]
    return "[" + "".join(f"{chr(run[0])}-{chr(run[-1])}" for run in runs) + "]"


# NFC sorts a run of marks in quadratic time; 30 is the bound of UAX 15 section 13. Two classes, as
# re looks up the first in a table and must walk through the second.
_MARK = re.compile(_combining_marks(0x300, 0x10000))
_STACKED = re.compile(f"({_MARK.pattern}{{30}}){_MARK.pattern}+")
_RARE_SCRIPT = re.compile("[\U000101fd-\U0001e94a]")
_ANY_MARK = f"(?:{_MARK.pattern}|{_combining_marks(0x10000, 0x1F000)})"
_STACKED_RARE = re.compile(f"({_ANY_MARK}{{30}}){_ANY_MARK}+")


def normalise_text(text: str) -> str:
    """Return ``text`` as it is stored; idempotent, never fails, linear time.

    NFC (UAX 15), white space of any kind collapsed to one space and trimmed, characters that
    cannot be seen or stored removed, no more than 30 combining marks in a row.
    """
    if not text.isprintable():  # of white space, only the space itself is printable
        text = _UNSEEN.sub("", " ".join(text.split()))
    if not text.isascii():
        if _MARK.search(text):
            text = _STACKED.sub(r"\1", text)
        if _RARE_SCRIPT.search(text):
            text = _STACKED_RARE.sub(r"\1", text)
        text = unicodedata.normalize("NFC", text)
    return " ".join(text.split()) if "  " in text else text.strip()
