"""Decode bytes by byte order mark, as UTF-8, by the declared charset, or by a guess."""

import codecs
import re

from tasks.transcripts.formats.charset import guess_charset, unmarked_utf16
from tasks.transcripts.values import TranscriptRefused

# No episode has more. The limits bound memory at some hundreds of megabytes in the worst case.
MAX_BYTES = 32 * 2**20
MAX_LINES = 2_000_000

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, because it begins with the mark of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([A-Za-z0-9_.:-]{1,40})")
# Only plain character sets: some of Python's codecs are none, or slow.
_ALLOWED = re.compile(r"(?:iso8859|cp\d|koi8|gb|big5|shift_jis|euc_|mac|latin|utf-16|ascii)")
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\v\f\r\x1b")
_MAGIC = (
    b"%PDF",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"ID3",
    b"\xff\xfb",
    b"OggS",
    b"RIFF",
    b"\x89PNG",
    b"\xff\xd8\xff",
)


def decode(body: bytes, content_type: str | None, language: str | None = None) -> str:
    """Decode a body into text whose lines end with newlines only.

    Args:
        body: as fetched, already decompressed.
        content_type: for its charset, which counts where the bytes are not UTF-8.
        language: of the podcast (BCP 47); it decides between charsets where none is declared.

    Raises:
        TranscriptRefused: ``empty``, ``binary``, ``too_large`` or ``unknown_charset``.
    """
    if len(body) > MAX_BYTES:
        raise TranscriptRefused(
            "too_large", f"The transcript has {len(body)} bytes; the limit is {MAX_BYTES}."
        )
    if not body.strip():
        raise TranscriptRefused("empty", "The transcript is empty.")
    text = _characters(body, content_type, language)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.count("\n") > MAX_LINES:
        raise TranscriptRefused("too_large", f"The transcript has more than {MAX_LINES} lines.")
    return text


def _characters(body: bytes, content_type: str | None, language: str | None) -> str:
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return body[len(codecs.BOM_UTF8) if encoding == "utf-8" else 0 :].decode(
                encoding, "replace"
            )
    if wide := unmarked_utf16(body):
        return body.decode(wide, "replace")
    controls = len(body) - len(body.translate(None, _CONTROLS))
    if body.startswith(_MAGIC) or controls * 100 > len(body):
        raise TranscriptRefused("binary", "The bytes are not text.")
    try:
        return body.decode()
    except UnicodeDecodeError:
        charset = _declared_charset(body, content_type) or guess_charset(body, language)
    if charset is None:
        raise TranscriptRefused("unknown_charset", "The transcript is in an unknown charset.")
    return body.decode(charset, "replace")


def _declared_charset(body: bytes, content_type: str | None) -> str | None:
    for source in ((content_type or "").encode("ascii", "replace"), body[:2048]):
        if declared := _CHARSET.search(source):
            try:
                name = codecs.lookup(declared[1].decode()).name
            except LookupError:
                continue
            if _ALLOWED.match(name):
                return name
    return None
