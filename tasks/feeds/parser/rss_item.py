"""Reads the items of an RSS channel."""

import re

from lxml import etree

from tasks.feeds.parser import extensions
from tasks.feeds.parser.elements import Context, Elements, first_markup, inner_text
from tasks.feeds.parser.extensions import categories_by
from tasks.feeds.parser.field_map import Field, Fields, Text
from tasks.feeds.parser.item_iterator import Items
from tasks.feeds.parser.link_relations import linked
from tasks.feeds.parser.media import enclosures
from tasks.feeds.parser.text import one_line
from tasks.feeds.parser.value_parsers import date
from tasks.feeds.values import Item

_DATES = (
    *("pubdate", "dc:date", "dcterms:issued", "dcterms:created"),
    *("atom:published", "atom:updated", "dcterms:modified"),
)
_DESCRIPTIONS = (
    *("description", "itunes:summary", "content:encoded", "googleplay:description"),
    *("atom:summary", "media:description", "dc:description", "xhtml:body", "body", "fullitem"),
    "itunes:subtitle",
)
_AUTHORS = ("itunes:author", "author", "googleplay:author", "dc:creator", "dc:author")
_CATEGORIES = ("category", "media:category", "itunes:category", "dc:subject")
_RDF_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
# "sam@example.org (Sam Doe)", the form of RSS 2.0, and "Sam Doe <sam@example.org>".
_MAIL_AND_NAME = re.compile(r"[^\s@()]+@[^\s@()]+\s*\(([^()]+)\)")
_NAME_AND_MAIL = re.compile(r"([^<>()@]*[^<>()@\s])\s*[<(](?:mailto:)?[^\s@<>()]+@[^\s@<>()]+[>)]")


def rss_items(context: Context) -> Items:
    """Return a reader of the items of one feed."""
    fields = Fields(context, _FIELDS, _TEXTS)

    def read(element: etree._Element) -> Item:
        values = fields.read(element)
        if "guid" not in values:
            values["guid"] = element.get(_RDF_ABOUT)  # how RSS 1.0 identifies its items
        return Item(**values)

    return Items(context, read)


def author_name(raw: str) -> str:
    """Return the name in "mail (name)" or "name <mail>", else the whole text."""
    text = one_line(raw.replace("<", "&lt;")) if "@" in raw else one_line(raw)
    match = "@" in text and (_MAIL_AND_NAME.fullmatch(text) or _NAME_AND_MAIL.fullmatch(text))
    return match[1].strip() if match else text


def plain_link(context: Context, elements: Elements) -> str | None:
    """Return the first ``<link>`` with a URL, as its text or, in invalid feeds, as ``href``."""
    for element in elements:
        if url := context.url(inner_text(element) or element.get("href"), element):
            return url
    return None


def plain_picture(context: Context, elements: Elements) -> str | None:
    """Return the URL in ``<image><url>``, or on ``<image>`` itself (RSS 1.0, invalid feeds)."""
    for image in elements:
        inside = [context.url(inner_text(e), e) for e in context.named([image], "url")]
        own = context.url(image.get("href") or image.text, image)
        if url := next(filter(None, [*inside, own]), None):
            return url
    return None


def plain_category(element: etree._Element) -> str:
    """Return the text of a category, or its ``text`` attribute, as iTunes writes it."""
    return inner_text(element) or element.get("text") or ""


def _markup(_: Context, elements: Elements) -> str:
    return first_markup(elements)


def _alternate(context: Context, elements: Elements) -> str | None:
    return linked(context, elements).alternate


def _guid(_: Context, elements: Elements) -> str | None:
    for element in elements:
        if guid := one_line(inner_text(element)):
            return guid
    return None


def _permalink(context: Context, elements: Elements) -> str | None:
    """Return the guid as a link, unless it declares that it is none."""
    for element in elements:
        if guid := one_line(inner_text(element)):
            no_link = (element.get("isPermaLink") or "").strip().lower() == "false"
            if no_link or (guid[:4].lower() != "http" and not context.has_bases):
                return None
            return context.url(guid, element)
    return None


_FIELDS = (
    Field("guid", _guid, ("guid",)),
    Field("link", plain_link, ("link",)),
    Field("link", _alternate, ("atom:link",)),
    Field("link", _permalink, ("guid",)),
    Field("description_markup", _markup, _DESCRIPTIONS),
    *extensions.ITEM_FIELDS,
    Field("image", plain_picture, ("image",)),
    Field("published_at", date, _DATES),
    Field("categories", categories_by(plain_category), _CATEGORIES),
    Field("enclosures", enclosures, ("enclosure", "atom:link", "media:content", "media:group")),
)
_TEXTS = (
    Text("title", one_line, ("title", "itunes:title", "media:title", "dc:title")),
    Text("author", author_name, _AUTHORS),
    *extensions.ITEM_TEXTS,
)
