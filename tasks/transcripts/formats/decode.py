"""Bytes to characters: byte order marks, then UTF-8, then what was declared, then Windows-1252."""

import codecs
import re

from tasks.transcripts.values import TranscriptRefused

# Beyond these no episode is; they bound memory at some hundreds of megabytes in the worst case.
MAX_BYTES = 32 * 2**20
MAX_LINES = 2_000_000

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([A-Za-z0-9_.:-]{1,40})")
# Only plain tables: some of Python's codecs are no character sets, or slow.
_TRUSTED = re.compile(r"(?:iso8859|cp\d|koi8|gb|big5|shift_jis|euc_|mac|latin|utf-16|ascii)")
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


def decode(body: bytes, content_type: str | None) -> str:
    """Return the text of a body, lines ended by newlines alone.

    Raises:
        TranscriptRefused: ``empty``, ``binary`` or ``too_large``.
    """
    if len(body) > MAX_BYTES:
        raise TranscriptRefused("too_large", f"{len(body)} bytes; the limit is {MAX_BYTES}.")
    if not body.strip():
        raise TranscriptRefused("empty", "The transcript has no bytes.")
    text = _characters(body, content_type)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.count("\n") > MAX_LINES:
        raise TranscriptRefused("too_large", f"More than {MAX_LINES} lines.")
    return text


def _characters(body: bytes, content_type: str | None) -> str:
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return body[len(codecs.BOM_UTF8) if encoding == "utf-8" else 0 :].decode(
                encoding, "replace"
            )
    controls = len(body) - len(body.translate(None, _CONTROLS))
    if body.startswith(_MAGIC) or controls * 100 > len(body):
        raise TranscriptRefused("binary", "The bytes are not text.")
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body.decode(_declared_charset(body, content_type), "replace")


def _declared_charset(body: bytes, content_type: str | None) -> str:
    for place in ((content_type or "").encode("ascii", "replace"), body[:2048]):
        if declared := _CHARSET.search(place):
            try:
                name = codecs.lookup(declared[1].decode()).name
            except LookupError:
                continue
            if _TRUSTED.match(name):
                return name
    return "cp1252"
