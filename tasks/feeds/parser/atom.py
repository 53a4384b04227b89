"""Reads feeds of Atom 1.0, and of 0.3 where its elements are the same."""

from base64 import b64decode
from collections.abc import Callable
from contextlib import suppress
from html import escape

from lxml import etree

from tasks.feeds.parser import extensions
from tasks.feeds.parser.elements import (
    Children,
    Context,
    Elements,
    first_markup,
    inner_markup,
    inner_text,
)
from tasks.feeds.parser.extensions import categories_by
from tasks.feeds.parser.field_map import Field, Fields, Reader, Text, read_fields
from tasks.feeds.parser.item_iterator import Items
from tasks.feeds.parser.link_relations import linked
from tasks.feeds.parser.media import enclosures
from tasks.feeds.parser.schedule_tags import schedule_tags
from tasks.feeds.parser.text import one_line, paragraphs, plain_line, plain_paragraphs
from tasks.feeds.parser.value_parsers import date, distinct, name
from tasks.feeds.values import Feed, Item

# An edit must not change the date of an episode: the publication goes first, then other dates.
_DATES = (
    *("published", "issued", "dcterms:issued", "created", "dcterms:created", "dc:date"),
    *("updated", "modified", "dcterms:modified"),
)
_XML_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


def atom_items(context: Context) -> Items:
    """Return a reader of the entries of one feed."""
    fields = Fields(context, _ENTRY_FIELDS, _ENTRY_TEXTS)
    return Items(context, lambda element: Item(**fields.read(element)))


def read_atom(root: etree._Element, items: Items) -> Feed:
    """Return the feed of a ``<feed>`` element."""
    context = items.context
    feed = context.children(root)
    links = linked(context, feed.all("link"))
    fields = read_fields(context, feed, _FEED_FIELDS, _FEED_TEXTS)
    return Feed(
        format="atom",
        link=links.alternate,
        language=_language(root, feed),
        new_feed_url=context.url(feed.first("itunes:new-feed-url"), root),
        self_url=links.self_url,
        hubs=links.hubs,
        next_page_url=links.next_page,
        prev_archive_url=links.prev_archive,
        image=fields.pop("image", None) or _picture(context, root, feed),
        schedule_tags=schedule_tags(context, feed),
        items=tuple(map(items.of, feed.all("entry"))),
        **fields,
    )


def _language(root: etree._Element, feed: Children) -> str | None:
    language = root.get(_XML_LANGUAGE) or one_line(feed.first("dc:language"))
    return language.replace("_", "-") or None


def _is_base64(element: etree._Element) -> bool:
    """Atom 0.3 has a mode for base64, Atom 1.0 a binary type (RFC 4287, section 4.1.3.3)."""
    return element.get("mode") == "base64" or element.get("type") == "application/octet-stream"


def _is_markup(element: etree._Element) -> bool:
    """Whether it is escaped HTML (RFC 4287, section 3.1; Atom 0.3 has media types and modes)."""
    kind = (element.get("type") or "text").lower()
    escaped = "html" in kind and "xhtml" not in kind
    return escaped or element.get("mode") == "escaped" or _is_base64(element)


def _source_text(element: etree._Element) -> str:
    text = inner_text(element)
    if _is_base64(element):
        with suppress(ValueError):
            return b64decode(text).decode("utf-8", "replace")
    return text


def _line(_: Context, elements: Elements) -> str | None:
    for element in elements:
        raw = _source_text(element)
        if text := one_line(raw) if _is_markup(element) else plain_line(raw):
            return text
    return None


def _paragraphs(element: etree._Element) -> str:
    if _is_markup(element):
        return paragraphs(_source_text(element))
    return paragraphs(inner_markup(element)) if len(element) else plain_paragraphs(element.text)


def _text(_: Context, elements: Elements) -> str | None:
    return next(filter(None, map(_paragraphs, elements)), None)


def _extended_text(_: Context, elements: Elements) -> str | None:
    markup = first_markup(elements)
    return paragraphs(markup) if markup else None


def _grouped_text(context: Context, elements: Elements) -> str | None:
    """The description within a media group, where YouTube has it."""
    grouped = context.named(elements, "media:description")
    return next((paragraphs(inner_text(element)) for element in grouped), None)


def _as_markup(read: Callable[[Context, Elements], str | None]) -> Reader:
    """Return a reader of the same text, escaped as HTML."""

    def markup(context: Context, elements: Elements) -> str | None:
        text = read(context, elements)
        return None if text is None else escape(text, quote=False)

    return markup


def _authors(context: Context, elements: Elements) -> str | None:
    names = context.named(elements, "name")
    return ", ".join(distinct(plain_line(inner_text(name)) for name in names)) or None


def _term(category: etree._Element) -> str:
    return category.get("label") or category.get("term") or inner_text(category)


def _alternate(context: Context, elements: Elements) -> str | None:
    return linked(context, elements).alternate


def _picture(context: Context, root: etree._Element, feed: Children) -> str | None:
    return context.url(feed.first("logo"), root) or context.url(feed.first("icon"), root)


_AUTHORS = Field("author", _authors, ("author",))
_OTHER_AUTHORS = Text("author", one_line, ("itunes:author", "dc:creator"))
_CATEGORIES = Field(
    "categories", categories_by(_term), ("category", "itunes:category", "dc:subject")
)
_FEED_FIELDS = (
    Field("title", _line, ("title",)),
    Field("description", _text, ("subtitle", "tagline", "info")),
    Field("description", _extended_text, ("itunes:summary", "itunes:subtitle")),
    _AUTHORS,
    _CATEGORIES,
    *extensions.FEED_FIELDS,
)
_FEED_TEXTS = (_OTHER_AUTHORS, *extensions.FEED_TEXTS)
_EXTENDED = ("content:encoded", "itunes:summary", "media:description")
_ENTRY_FIELDS = (
    Field("title", _line, ("title",)),
    Field("link", _alternate, ("link",)),
    Field("description_markup", _as_markup(_text), ("summary", "content")),
    Field("description_markup", _as_markup(_extended_text), _EXTENDED),
    Field("description_markup", _as_markup(_grouped_text), ("media:group",)),
    _AUTHORS,
    Field("published_at", date, _DATES),
    _CATEGORIES,
    Field("enclosures", enclosures, ("link", "media:content", "media:group")),
    *extensions.ITEM_FIELDS,
)
_ENTRY_TEXTS = (
    Text("title", one_line, ("itunes:title", "media:title")),
    Text("guid", name, ("id",)),
    _OTHER_AUTHORS,
    *extensions.ITEM_TEXTS,
)
