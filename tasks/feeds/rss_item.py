"""One item of an RSS channel."""

import re
from datetime import datetime

from lxml import etree

from tasks.feeds import extensions
from tasks.feeds.dates import parse_date
from tasks.feeds.durations import parse_duration
from tasks.feeds.elements import Children, Context, Vocabulary, inner_text
from tasks.feeds.linked import enclosure_links, linked
from tasks.feeds.text import one_line
from tasks.feeds.values import Enclosure, Item

_ITEM = Vocabulary(
    texts=extensions.ITEM.texts | {"title", "author"},
    elements=extensions.ITEM.elements
    | {
        *("description", "pubdate", "guid", "link", "enclosure", "category", "image"),
        *("atom:link", "atom:published", "atom:updated", "atom:summary"),
        *("xhtml:body", "body", "fullitem"),
    },
)
_DATES = (
    *("pubdate", "dc:date", "dcterms:issued", "dcterms:created"),
    *("atom:published", "atom:updated", "dcterms:modified"),
)
_DESCRIPTIONS = (
    *("description", "itunes:summary", "content:encoded", "googleplay:description"),
    *("atom:summary", "media:description", "dc:description", "xhtml:body", "body", "fullitem"),
    "itunes:subtitle",
)
_RDF_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
# "sam@example.org (Sam Doe)", as RSS 2.0 wants its authors, and the other way round.
_MAIL_AND_NAME = re.compile(r"[^\s@()]+@[^\s@()]+\s*\(([^()]+)\)")
_NAME_AND_MAIL = re.compile(r"([^<>()@]*[^<>()@\s])\s*[<(](?:mailto:)?[^\s@<>()]+@[^\s@<>()]+[>)]")


def read_item(element: etree._Element, context: Context) -> Item:
    """Return the item; whatever is missing or unreadable in it is empty."""
    children = context.read(element, _ITEM)
    first = children.first
    guid, guid_element = _guid(children)
    return Item(
        title=one_line(first("title", "itunes:title", "media:title", "dc:title")),
        guid=guid or element.get(_RDF_ABOUT),  # how RSS 1.0 names its items
        link=_link(context, children) or _permalink(context, guid, guid_element),
        description_markup=children.first_markup(*_DESCRIPTIONS),
        author=author_name(
            first("itunes:author", "author", "googleplay:author", "dc:creator", "dc:author")
        ),
        image=extensions.image(context, children) or plain_picture(context, children),
        published_at=_first_date(children),
        duration_ms=parse_duration(first("itunes:duration")),
        season=extensions.whole_number(first("itunes:season", "podcast:season")),
        number=extensions.whole_number(first("itunes:episode", "podcast:episode")),
        type=extensions.one_of(first("itunes:episodetype"), "full", "trailer", "bonus"),
        explicit=extensions.explicit(children),
        categories=extensions.categories(context, children, plain_categories(children)),
        keywords=extensions.keywords(children),
        enclosures=extensions.distinct_enclosures(_enclosures(context, children)),
        transcripts=extensions.transcripts(context, children),
        chapters_url=extensions.chapters_url(context, children),
        persons=extensions.persons(context, children),
    )


def author_name(raw: str) -> str:
    """Return the name in "mail (name)" or "name <mail>", else all of it."""
    text = one_line(raw.replace("<", "&lt;")) if "@" in raw else one_line(raw)
    found = "@" in text and (_MAIL_AND_NAME.fullmatch(text) or _NAME_AND_MAIL.fullmatch(text))
    return found[1].strip() if found else text


def plain_categories(children: Children) -> list[str]:
    """Return the texts of RSS' own categories; iTunes' spelling of the attribute occurs too."""
    elements = children.all("category", "media:category")
    return [inner_text(e) or e.get("text") or "" for e in elements] if elements else []


def plain_link(context: Context, children: Children) -> str | None:
    """Return the first ``<link>`` that is an address, as its text or, sloppily, as ``href``."""
    for element in children.each("link"):
        if address := context.url(inner_text(element) or element.get("href"), element):
            return address
    return None


def _link(context: Context, children: Children) -> str | None:
    if address := plain_link(context, children):
        return address
    links = children.each("atom:link")
    return linked(context, links).alternate if links else None


def _guid(children: Children) -> tuple[str | None, etree._Element | None]:
    """Return the guid as published, and the element that says it."""
    for element in children.each("guid"):
        if guid := one_line(inner_text(element)):
            return guid, element
    return None, None


def _permalink(context: Context, guid: str | None, element: etree._Element | None) -> str | None:
    """Return the link that a guid is unless it says otherwise."""
    if guid is None or element is None:
        return None
    if guid[:4].lower() != "http" and not context.has_bases:
        return None
    is_link = (element.get("isPermaLink") or "").strip().lower() != "false"
    return context.url(guid, element) if is_link else None


def _first_date(children: Children) -> datetime | None:
    for name in _DATES:
        for element in children.each(name):
            if moment := parse_date(element.text):
                return moment
    return None


def _enclosures(context: Context, children: Children) -> list[Enclosure]:
    media: list[Enclosure] = []
    for element in children.each("enclosure"):
        url = element.get("url") or element.get("href")
        if found := extensions.enclosure(context, element, url, element.get("length")):
            media.append(found)
    if "atom:link" in children.elements:
        media += enclosure_links(context, children.each("atom:link"))
    if "media:content" in children.elements or "media:group" in children.elements:
        media += extensions.media_enclosures(context, children)
    return media


def plain_picture(context: Context, children: Children) -> str | None:
    """Read ``<image><url>``; RSS 1.0 and sloppy feeds put the address on the element itself."""
    for image in children.each("image"):
        inside = [context.url(inner_text(e), e) for e in context.named([image], "url")]
        beside = context.url(image.get("href") or image.text, image)
        if address := next(filter(None, [*inside, beside]), None):
            return address
    return None
