"""Subscription lists: reads and writes OPML, and reads files with one URL per line. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from lxml import etree

from tasks.feeds.parser.charset import to_utf8
from tasks.feeds.parser.text import plain_line

_OPML = re.compile(rb"<(?:\?xml|!--|opml|!DOCTYPE)", re.IGNORECASE)
_DOCTYPE = re.compile(rb"<!DOCTYPE[^>\[]*+(?:\[[^\]]*+\]\s*+)?>", re.IGNORECASE)
_URL = re.compile(r"(?:https?|feed|itpc|pcast):(?://)?\S+", re.IGNORECASE)
_FEED_SCHEME = re.compile(r"(?:feed|itpc|pcast):(?://)?(?=\S)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class OpmlEntry:
    """One entry of a list; ``problem`` says why its ``feed_url`` cannot be added, if it cannot."""

    title: str
    feed_url: str
    line: int
    problem: str | None = None


def parse_opml(body: bytes) -> list[OpmlEntry]:
    """Return the feeds of an OPML document, or of a text with one URL per line. Never raises.

    Nested outlines are flattened. Entries without a usable URL are returned with their problem;
    outlines that only group others are omitted.
    """
    text = to_utf8(body)
    if _OPML.match(text.lstrip(b"\xef\xbb\xbf \t\r\n")):
        return _outlines(text)
    return _lines(text.decode("utf-8", "replace"))


def _lines(text: str) -> list[OpmlEntry]:
    rows = ((number, row.strip()) for number, row in enumerate(text.splitlines(), 1))
    return [
        _entry("", row.strip("\ufeff"), number)
        for number, row in rows
        if row.strip("\ufeff") and not row.strip("\ufeff").startswith("#")
    ]


def _outlines(xml: bytes) -> list[OpmlEntry]:
    parser = etree.XMLParser(
        encoding="utf-8", recover=True, resolve_entities=False, no_network=True
    )
    doctype = _DOCTYPE.search(xml)
    # Blank lines replace the document type, so that later line numbers stay right.
    blank = b"\n" * doctype.group().count(b"\n") if doctype else b""
    try:
        root = etree.fromstring(_DOCTYPE.sub(blank, xml.lstrip(b"\xef\xbb\xbf")), parser)
    except etree.XMLSyntaxError:
        root = None
    if root is None:
        return [OpmlEntry("", "", 1, "this XML cannot be parsed")]
    outlines = root.iter("{*}outline", "{*}OUTLINE", "{*}Outline")
    return [entry for entry in map(_outline, outlines) if entry is not None]


def _outline(outline: etree._Element) -> OpmlEntry | None:
    attributes = {str(name).lower(): str(value) for name, value in outline.attrib.items()}
    url = attributes.get("xmlurl", "").strip()
    is_feed = attributes.get("type", "").lower() in ("rss", "atom", "feed")
    if not url and (len(outline) or not is_feed):
        return None
    title = attributes.get("title", "") or attributes.get("text", "")
    return _entry(plain_line(title), url, _line(outline))


def _line(outline: etree._Element) -> int:
    line = outline.sourceline
    return line if isinstance(line, int) else 0


def _entry(title: str, url: str, line: int) -> OpmlEntry:
    if not url:
        return OpmlEntry(title, "", line, "has no feed URL (xmlUrl)")
    if not _URL.fullmatch(url):
        return OpmlEntry(title, url, line, "is not an http or https URL")
    rest = _FEED_SCHEME.sub("", url, count=1)
    return OpmlEntry(title, rest if "://" in rest else f"http://{rest}", line)


def write_opml(entries: Iterable[OpmlEntry], title: str, created_at: datetime) -> bytes:
    """Return an OPML 2.0 document with one outline for each entry.

    URLs are written as given: the caller omits or redacts private ones.
    """
    root = etree.Element("opml", version="2.0")
    head = etree.SubElement(root, "head")
    etree.SubElement(head, "title").text = plain_line(title)
    etree.SubElement(head, "dateCreated").text = format_datetime(created_at)
    body = etree.SubElement(root, "body")
    for entry in entries:
        name = plain_line(entry.title) or entry.feed_url
        etree.SubElement(body, "outline", type="rss", text=name, title=name, xmlUrl=entry.feed_url)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
