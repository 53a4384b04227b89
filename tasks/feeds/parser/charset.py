"""Converts feeds to UTF-8 from any charset, declared, undeclared or wrongly declared."""

import codecs
import re

# A byte order mark goes before everything else (RFC 7303, section 3.3). UTF-32 first: its
# little-endian mark starts with the one of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Without a mark, the first two characters of a document ("<?", "<r") show its width
# (XML 1.0, appendix F).
_WIDE = (
    (re.compile(rb"<\0\0\0"), "utf-32-le"),
    (re.compile(rb"\0\0\0<"), "utf-32-be"),
    (re.compile(rb"<\0[^\0]\0"), "utf-16-le"),
    (re.compile(rb"\0<\0[^\0]"), "utf-16-be"),
)
_XML_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']\s*([\w.:-]{1,40})", re.ASCII)
_HTTP_DECLARED = re.compile(r"charset\s*=\s*+[\"']?\s*+([\w.:-]{1,40})", re.ASCII | re.IGNORECASE)
# Publishers who name a charset usually mean its superset (WHATWG Encoding, section 4.2).
_SUPERSETS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
# These charsets use ASCII bytes only, which are valid UTF-8 too; their escapes identify them.
_ESCAPED = re.compile(rb"\x1b[$(&]|~\{")
_STATEFUL = ("iso2022", "hz")
# Codecs of Python that are not charsets; two of them take quadratic time.
_NOT_CHARSETS = frozenset(
    {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "utf-7"}
)


def _byte_as_windows_1252(byte: int) -> str:
    try:
        return bytes([byte]).decode("cp1252")
    except UnicodeDecodeError:
        return ""


# Python marks a byte that is no UTF-8 as U+DC00 plus the byte ("surrogateescape", PEP 383).
_STRAY_BYTES = {0xDC00 + byte: _byte_as_windows_1252(byte) for byte in range(0x80, 0x100)}
# The controls U+0080 to U+009F in UTF-8 and as references: never meant as such.
_CONTROL = re.compile(rb"\xc2([\x80-\x9f])")
_CONTROL_REFERENCE = re.compile(rb"&#(1(?:2[89]|[345]\d));")
# Two references in place of one, as JavaScript and Java write a character beyond U+FFFF.
_SURROGATES = re.compile(
    rb"&#([xX][dD][89abAB][0-9a-fA-F]{2}|5[56]\d{3});&#([xX][dD][c-fC-F][0-9a-fA-F]{2}|5[67]\d{3});"
)


def seems_utf8(body: bytes, content_type: str | None = None) -> bool:
    """Return whether a document needs no conversion, provided that it is valid UTF-8.

    No byte order mark or label names another charset, and no character needs to be replaced.
    libxml2 reports every byte that is not valid UTF-8; checking it here takes a fifth of parsing.
    """
    return (
        _marked_or_wide(body) is None
        and not _declared(body, content_type)
        and (body.isascii() or not _CONTROL.search(body))
        and not _CONTROL_REFERENCE.search(body)
    )


def to_utf8(body: bytes, content_type: str | None = None) -> bytes:
    """Return the document in UTF-8, whatever charset it declares. Never raises.

    Bytes go before labels: a byte order mark or wide characters, then valid UTF-8, then the
    charsets in the HTTP header and the XML declaration, then UTF-8 with invalid bytes read as
    windows-1252. Controls that come from mislabelled windows-1252 are converted too, and so are
    references to the two halves of one character.
    """
    utf8 = _recoded(body, content_type)
    if _CONTROL.search(utf8):
        utf8 = _CONTROL.sub(lambda match: _windows_1252(match[1][0]), utf8)
    if _CONTROL_REFERENCE.search(utf8):
        utf8 = _CONTROL_REFERENCE.sub(lambda match: _windows_1252(int(match[1])), utf8)
    if _SURROGATES.search(utf8):
        utf8 = _SURROGATES.sub(_joined, utf8)
    return utf8


def _joined(pair: re.Match[bytes]) -> bytes:
    """The character of two UTF-16 code units, "&#xD83D;&#xDC1D;"; others as they are."""
    high, low = (int(b"0" + unit, 16) if unit[:1] in b"xX" else int(unit) for unit in pair.groups())
    if not (0xD800 <= high <= 0xDBFF and 0xDC00 <= low <= 0xDFFF):
        return pair[0]
    return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)).encode()


def _windows_1252(byte: int) -> bytes:
    return _byte_as_windows_1252(byte).encode()


def _recoded(body: bytes, content_type: str | None) -> bytes:
    wide = _marked_or_wide(body)
    if wide is not None:
        mark, name = wide
        return _encoded(body[len(mark) :].decode(name, "replace"))
    declared = _declared(body, content_type)
    if not any(name.startswith(_STATEFUL) for name in declared) or not _ESCAPED.search(body):
        try:
            body.decode("utf-8")
        except UnicodeDecodeError:
            pass
        else:
            return body
    for name in declared:
        try:
            return _encoded(body.decode(name))
        except UnicodeError:
            continue
    return _encoded(body.decode("utf-8", "surrogateescape").translate(_STRAY_BYTES))


def _marked_or_wide(body: bytes) -> tuple[bytes, str] | None:
    for mark, name in _MARKS:
        if body.startswith(mark):
            # A UTF-8 mark says nothing about the bytes after it.
            return None if name == "utf-8" else (mark, name)
    start = body[:64].lstrip(b" \t\r\n")
    return next(((b"", name) for shape, name in _WIDE if shape.match(start)), None)


def _declared(body: bytes, content_type: str | None) -> list[str]:
    """Return the usable charsets of the HTTP header and the XML declaration, except UTF-8."""
    http = _HTTP_DECLARED.search(content_type or "")
    xml = _XML_DECLARED.search(body[:1024])
    names = [http.group(1)] if http else []
    names += [xml.group(1).decode("ascii")] if xml else []
    charsets = [_superset(name) for name in names]
    return [name for name in charsets if name is not None]


def _superset(label: str) -> str | None:
    try:
        name = codecs.lookup(label).name
        "".encode(name)  # bytes-to-bytes codecs (zip, hex) have names too
    except (LookupError, UnicodeError, ValueError):
        return None
    name = _SUPERSETS.get(name, name)
    # Wide charsets are detected by their bytes; here the bytes contradict the label.
    return None if name.startswith(("utf-8", "utf-16", "utf-32")) or name in _NOT_CHARSETS else name


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")
