"""Converts the HTML, entities and control characters of feeds to plain text."""

import html
import re
import unicodedata

_REFERENCE = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
# "[^>]*" is three times as fast as "[^<>]*"; _without_tags says why the search is linear.
_TAG = re.compile(r"</?[A-Za-z!][^>]*>")
_BLOCK = re.compile(
    r"</?(?:[bB][rR]|[pP]|[dD][iI][vV]|[lL][iI]|[uUoO][lL]|[tT][rR]|[hH][1-6]|blockquote)"
    r"(?![\w-])[^>]*>"
)
_INLINE_TAG = re.compile(
    r"</?(?:a|abbr|b|big|br|cite|code|div|em|font|h[1-6]|i|img|p|small|span|strong|sub|sup|u)\b[^<>]*>",
    re.IGNORECASE,
)
_HIDDEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE
)

# Control characters are removed from text. Those of U+0080 to U+009F are mislabelled windows-1252:
# html.unescape() converts them in references, tasks.feeds.parser.charset in the document.
_CONTROLS: dict[int, str] = {
    code: "" for code in (*range(0x20), *range(0x7F, 0xA0), 0xFEFF) if chr(code) not in "\t\n\r"
}


def one_line(raw: str | None) -> str:
    """Return a title or name as one line of plain text: trimmed, NFC, without markup."""
    if not raw:
        return ""
    text = raw.strip()
    if "<" in text:
        text = _INLINE_TAG.sub("", text).strip()
    if "&" in text:
        text = unescaped(text).strip()
    # A fast path for ordinary lines.
    if text.isascii() and text.isprintable() and "  " not in text:
        return text
    return plain_line(text)


def plain_line(raw: str) -> str:
    """Return text without markup as one line; trimmed, NFC."""
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
    text = _without_tags(raw)
    if "&" in text:
        text = unescaped(text)
    lines = map(str.strip, text.split("\n"))
    return plain_paragraphs("\n".join([line for line in lines if line]))


def _without_tags(html_text: str) -> str:
    """Return the text between tags, with each block on a line of its own."""
    if "<!--" in html_text or "<s" in html_text or "<S" in html_text:
        html_text = _HIDDEN.sub("", html_text)
    for pattern, replacement in ((_BLOCK, "\n"), (_TAG, "")):
        # All tags end at or before the last ">": there every search succeeds, so it is linear.
        closed, end, rest = html_text.rpartition(">")
        html_text = pattern.sub(replacement, closed + end) + rest
    return html_text


def plain_paragraphs(raw: str | None) -> str:
    """Return text without markup, with its lines as published; trimmed, NFC."""
    return _composed((raw or "").strip())


def unescaped(text: str) -> str:
    """Return text with its HTML character references resolved; only those that end in ``;``."""
    return _REFERENCE.sub(_character, text)


def _character(reference: re.Match[str]) -> str:
    return html.unescape(reference.group()).translate(_CONTROLS)


def _composed(text: str) -> str:
    if text.isascii() or unicodedata.is_normalized("NFC", text):
        return text
    return unicodedata.normalize("NFC", text)
