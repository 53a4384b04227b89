"""Normalise text for storage: NFC, single spaces, no invisible characters.

A change here changes the fingerprints of stored segments, so it needs a migration: re-ingesting
must change nothing that did not change.
"""

import re
import unicodedata
from itertools import groupby

# Control characters (except those that are white space), soft hyphen, zero
# width space, byte order mark, bidirectional controls (UAX 9 2.0) and lone surrogates, which JSON
# can escape and PostgreSQL cannot store. The joiners U+200C and U+200D stay: they are spelling in
# Persian and in emoji.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u061c\u200b\u200e\u200f"
    "\u202a-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff]"
)


def _combining_marks(begin: int, end: int) -> str:
    """A regex class of the characters in a range of codes that have a combining class."""
    marks = [code for code in range(begin, end) if unicodedata.combining(chr(code))]
    neighbours = groupby(enumerate(marks), lambda mark: mark[1] - mark[0])
    runs = [[code for _, code in run] for _, run in neighbours]
    return "[" + "".join(f"{chr(run[0])}-{chr(run[-1])}" for run in runs) + "]"


# NFC sorts a run of marks in quadratic time; 30 is the bound of UAX 15 section 13. There are two
# classes, because re has a fast table for the first and has to scan the second.
_MARK = re.compile(_combining_marks(0x300, 0x10000))
_STACKED = re.compile(f"({_MARK.pattern}{{30}}){_MARK.pattern}+")
# NFC, and no mark: Latin letters, and the dashes, quotes and points of typography.
_OTHER_THAN_LATIN = re.compile("[^\x00-\u02ff\u2010-\u2027]")
_RARE_SCRIPT = re.compile("[\U000101fd-\U0001e94a]")
_ANY_MARK = f"(?:{_MARK.pattern}|{_combining_marks(0x10000, 0x1F000)})"
_STACKED_RARE = re.compile(f"({_ANY_MARK}{{30}}){_ANY_MARK}+")


def normalise_text(text: str) -> str:
    """Normalise text for storage. Idempotent, never fails, takes linear time.

    NFC (UAX 15). White space of any kind becomes single spaces, trimmed at the ends. Characters
    that are invisible or cannot be stored are removed, and combining marks beyond 30 in a row.
    """
    if not text.isprintable():  # the space is the only printable white space
        text = _INVISIBLE.sub("", " ".join(text.split()))
    if not text.isascii() and _OTHER_THAN_LATIN.search(text):
        if _MARK.search(text):
            text = _STACKED.sub(r"\1", text)
        if _RARE_SCRIPT.search(text):
            text = _STACKED_RARE.sub(r"\1", text)
        text = unicodedata.normalize("NFC", text)
    return " ".join(text.split()) if "  " in text else text.strip()
