"""Subscription lists: reads and writes OPML, and reads files with one URL per line. Pure."""

import codecs
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import format_datetime

from lxml import etree

from tasks.feeds.outlines import Outline, read_outlines
from tasks.feeds.parser.charset import to_utf8
from tasks.feeds.parser.text import plain_line, unescaped
from tasks.http.urls import APP_SCHEMES, BARE_HOST, STORE_SCHEMES

_APP = "|".join(APP_SCHEMES)
_URL = re.compile(rf"(?:https?|{_APP}|{STORE_SCHEMES}):(?://)?\S+", re.IGNORECASE)
_APP_SCHEME = re.compile(rf"(?:{_APP}):(?://)?(?=\S)", re.IGNORECASE)
_COMMENT = re.compile(r"(?<!\s)\s++#")
_NO_FEEDS = ("podcast-episode", "podcast-playlist")  # of Overcast's export
# As OPML has it, and as players write it: Squeezebox and its servers have URL and type="link".
_URL_ATTRIBUTES = ("xmlurl", "url", "feedurl", "rssurl")
# What no XML document may contain (XML 1.0, section 2.2).
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# gzip, zip, bzip2, xz, Zstandard, 7z.
_COMPRESSED = (b"\x1f\x8b", b"PK\3\4", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd", b"7z\xbc\xaf")
# Control characters that no text has; UTF-16 and UTF-32 do have zero bytes.
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
_OTHER_LIST = re.compile(r"[^?#]*\.opml(?:[?#].*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class OpmlEntry:
    """One entry of a list; ``problem`` says why its ``feed_url`` cannot be added, if it cannot.

    A ``feed_url`` without a scheme is a host name or a page, as it may be entered on Add Podcast.
    """

    title: str
    feed_url: str
    line: int
    problem: str | None = None


def parse_opml(body: bytes) -> list[OpmlEntry]:
    """Return the feeds of an OPML document, or of a text with one URL per line. Never raises.

    Nested outlines are flattened. Entries without a usable URL are returned with their problem;
    outlines that only group others are omitted.
    """
    text = to_utf8(body).decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    return _outlines(text) if text.startswith("<") else _lines(body)


def why_no_list(body: bytes, entries: Sequence[OpmlEntry]) -> str | None:
    """Why a document gives no feed at all, in one sentence for all its lines; None if it does."""
    if any(entry.problem is None for entry in entries):
        return None
    if body.startswith(_COMPRESSED):
        return "the file is compressed; unpack it first"
    if _BINARY.search(body) and not body.startswith(_WIDE_MARKS):
        return "the file is not text"
    if not entries:
        return "no feed in it; an outline needs an xmlUrl"
    first = entries[0]
    return f"no list of feeds, neither OPML nor URLs; line {first.line} {first.problem}"


def _lines(body: bytes) -> list[OpmlEntry]:
    text = to_utf8(body).decode("utf-8", "replace")
    rows = enumerate((row.strip("\ufeff \t") for row in text.splitlines()), 1)
    return [
        _entry("", _COMMENT.split(row, maxsplit=1)[0], number)
        for number, row in rows
        if row and not row.startswith("#")
    ]


def _outlines(text: str) -> list[OpmlEntry]:
    entries = [entry for entry in map(_outline, read_outlines(text)) if entry is not None]
    if not entries and "<opml" not in text[:10_000].lower():
        return [OpmlEntry("", "", 1, "this is no OPML document")]
    return entries


def _outline(outline: Outline) -> OpmlEntry | None:
    attributes = outline.attributes
    url = next((attributes[name].strip() for name in _URL_ATTRIBUTES if attributes.get(name)), "")
    title = plain_line(unescaped(attributes.get("title") or attributes.get("text", "")))
    kind = attributes.get("type", "").strip().lower()
    if kind in _NO_FEEDS:
        return None
    if not outline.complete:
        problem = "is cut off: the document ends in it"
        return OpmlEntry(title, url, outline.line, problem) if url or title else None
    if not url and (outline.has_children or kind not in ("rss", "atom", "feed", "link")):
        return None
    return _valid(_entry(title, unescaped(url), outline.line), outline, kind)


def _valid(entry: OpmlEntry, outline: Outline, kind: str) -> OpmlEntry:
    if outline.commented:
        return replace(entry, problem="is commented out (isComment)")
    is_list = kind == "include" or (kind == "link" and _OTHER_LIST.fullmatch(entry.feed_url))
    return replace(entry, problem="is another list, which is not read") if is_list else entry


def _entry(title: str, url: str, line: int) -> OpmlEntry:
    if not url:
        return OpmlEntry(title, "", line, "has no feed URL (xmlUrl)")
    if not _URL.fullmatch(url) and not BARE_HOST.fullmatch(url):
        return OpmlEntry(title, url, line, "is not an http or https URL")
    rest = _APP_SCHEME.sub("", url, count=1)
    is_whole = rest == url or "://" in rest
    return OpmlEntry(title, rest if is_whole else f"https://{rest}", line)


def write_opml(entries: Iterable[OpmlEntry], title: str, created_at: datetime) -> bytes:
    """Return an OPML 2.0 document with one outline for each entry.

    URLs are written as given: the caller omits or redacts private ones.
    """
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = _legal(plain_line(title))
    etree.SubElement(head, "dateCreated").text = format_datetime(created_at)
    body = etree.SubElement(root, "body")
    for entry in entries:
        url = _legal(entry.feed_url)
        name = _legal(plain_line(entry.title)) or url
        etree.SubElement(body, "outline", type="rss", text=name, title=name, xmlUrl=url)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _legal(text: str) -> str:
    return _ILLEGAL.sub("", text)
