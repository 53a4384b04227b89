"""Readable plain text from what feeds put in their elements: HTML, entities, stray controls."""

import html
import re
import unicodedata

_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
# Everywhere "<" ends a tag as well: so that many unclosed ones take no quadratic time.
_TAG = re.compile(r"</?[A-Za-z!][^<>]*>")
_INLINE_TAG = re.compile(
    r"</?(?:a|abbr|b|big|br|cite|code|div|em|font|h[1-6]|i|img|p|small|span|strong|sub|sup|u)\b[^<>]*>",
    re.IGNORECASE,
)
_HIDDEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE
)
_BLOCK = re.compile(
    r"<(?:br|/?(?:p|div|li|ul|ol|tr|h[1-6]|blockquote|section|article))\b[^<>]*>",
    re.IGNORECASE,
)
# The controls that XML allows but nobody means, and halves of characters.
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufeff\ud800-\udfff]")


def _control_as_windows_1252(code: int) -> str:
    try:
        return bytes([code]).decode("cp1252")
    except UnicodeDecodeError:
        return ""


# U+0080 to U+009F are never meant: they are windows-1252 that was labelled ISO 8859-1.
_CONTROLS: dict[int, str] = {
    **{code: "" for code in (*range(0x20), 0x7F, 0xFEFF) if chr(code) not in "\t\n\r"},
    **{code: _control_as_windows_1252(code) for code in range(0x80, 0xA0)},
    **dict.fromkeys(range(0xD800, 0xE000), ""),  # halves of a character
}


def one_line(raw: str | None) -> str:
    """Return a title or name as one line of plain text: trimmed, NFC, without markup."""
    if not raw:
        return ""
    text = raw.strip()
    if "<" in text:
        text = _INLINE_TAG.sub("", text)
    if "&" in text:
        text = unescaped(text).strip()
    return plain_line(text)


def plain_line(raw: str) -> str:
    """Return text that is known to hold no markup as one line; trimmed, NFC."""
    text = raw.strip()
    if not text.isprintable() or "  " in text:
        text = " ".join(text.translate(_CONTROLS).split())
    return _composed(text)


def paragraphs(raw: str | None) -> str:
    """Return HTML or plain text as plain text, one line for each block; trimmed, NFC."""
    if not raw:
        return ""
    if "<" not in raw:
        return plain_paragraphs(unescaped(raw) if "&" in raw else raw)
    if "<!--" in raw or "<s" in raw or "<S" in raw:
        raw = _HIDDEN.sub("", raw)
    text = _TAG.sub("", _BLOCK.sub("\n", raw))
    if "&" in text:
        text = unescaped(text)
    lines = map(str.strip, text.split("\n"))
    return plain_paragraphs("\n".join([line for line in lines if line]))


def plain_paragraphs(raw: str) -> str:
    """Return text that is known to hold no markup, its lines as published; trimmed, NFC."""
    text = raw.strip()
    if not text.isascii() and _UNWANTED.search(text):
        text = text.translate(_CONTROLS)
    return _composed(text)


def unescaped(text: str) -> str:
    """Return text with its HTML character references resolved; only those that end in ``;``."""
    return _REFERENCE.sub(_character, text)


def _character(reference: re.Match[str]) -> str:
    return html.unescape(reference.group()).translate(_CONTROLS)


def _composed(text: str) -> str:
    if text.isascii() or unicodedata.is_normalized("NFC", text):
        return text
    return unicodedata.normalize("NFC", text)
