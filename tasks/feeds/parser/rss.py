"""Reads the channel of RSS 2.0, and of 0.9x and 1.0 (RDF) where their elements are the same."""

from lxml import etree

from tasks.feeds.parser import extensions
from tasks.feeds.parser.elements import Children, Context, Elements, first_markup, inner_text
from tasks.feeds.parser.extensions import categories_by
from tasks.feeds.parser.field_map import Field, Text, read_fields
from tasks.feeds.parser.item_iterator import Items
from tasks.feeds.parser.link_relations import linked
from tasks.feeds.parser.rss_item import (
    author_name,
    plain_category,
    plain_link,
    plain_picture,
)
from tasks.feeds.parser.schedule_tags import schedule_tags
from tasks.feeds.parser.text import one_line, paragraphs
from tasks.feeds.values import Feed, FeedRefused

_DESCRIPTIONS = (
    "description",
    "itunes:summary",
    "googleplay:description",
    "dc:description",
    "itunes:subtitle",
)
_AUTHORS = (
    *("itunes:author", "author", "googleplay:author"),
    *("managingeditor", "dc:creator", "dc:author"),
)
_XML_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


def read_rss(root: etree._Element, items: Items) -> Feed:
    """Return the feed below an ``<rss>`` or ``<rdf:RDF>`` element.

    Raises:
        FeedRefused: ``not_a_feed`` when there is neither a channel nor an item.
    """
    context = items.context
    element = next(iter(context.named([root], "channel")), root)
    channel = context.children(element)
    # RSS 1.0 has its items beside the channel, and so have some feeds of version 2.0.
    beside = [] if element is root else list(context.named([root], "item"))
    elements = [*channel.all("item"), *beside]
    redirect = _redirect(root, context)
    if element is root and not elements and redirect is None:
        raise FeedRefused("not_a_feed", "This is RSS without a channel and without items.")
    links = linked(context, channel.all("atom:link"))
    fields = read_fields(context, channel, _FIELDS, _TEXTS)
    return Feed(
        format="rss",
        link=fields.pop("link", links.alternate),
        language=_language(root, element, channel),
        author=_author(context, channel),
        new_feed_url=context.url(channel.first("itunes:new-feed-url"), element) or redirect,
        self_url=links.self_url,
        hubs=links.hubs,
        next_page_url=links.next_page,
        prev_archive_url=links.prev_archive,
        schedule_tags=schedule_tags(context, channel),
        items=tuple(map(items.of, elements)),
        **fields,
    )


def _description(_: Context, elements: Elements) -> str:
    return paragraphs(first_markup(elements))


def _redirect(root: etree._Element, context: Context) -> str | None:
    """Read the URL in ``<redirect><newLocation>``, which replaces a channel."""
    redirects = context.named([root], "redirect")
    urls = (context.url(inner_text(e), e) for e in context.named(redirects, "newlocation"))
    return next((url for url in urls if url), None)


def _language(root: etree._Element, element: etree._Element, channel: Children) -> str | None:
    declared = one_line(channel.first("language", "dc:language"))
    language = declared or element.get(_XML_LANGUAGE) or root.get(_XML_LANGUAGE) or ""
    return language.replace("_", "-") or None


def _author(context: Context, channel: Children) -> str:
    if author := channel.first(*_AUTHORS):
        return author_name(author)
    names = context.named(channel.all("itunes:owner"), "itunes:name")
    return next((name for name in map(one_line, map(inner_text, names)) if name), "")


_FIELDS = (
    Field("link", plain_link, ("link",)),
    Field("description", _description, _DESCRIPTIONS),
    *extensions.FEED_FIELDS,
    Field("image", plain_picture, ("image",)),
    Field(
        "categories", categories_by(plain_category), ("category", "itunes:category", "dc:subject")
    ),
)
_TEXTS = (Text("title", one_line, ("title", "dc:title")), *extensions.FEED_TEXTS)
