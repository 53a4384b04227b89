"""Atom 1.0, and 0.3 as far as it has the same elements, to values."""

from base64 import b64decode
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from html import escape

from lxml import etree

from tasks.feeds import extensions
from tasks.feeds.dates import parse_date
from tasks.feeds.durations import parse_duration
from tasks.feeds.elements import Children, Context, Vocabulary, inner_markup, inner_text
from tasks.feeds.linked import enclosure_links, linked
from tasks.feeds.rhythm import rhythm
from tasks.feeds.text import one_line, paragraphs, plain_line, plain_paragraphs
from tasks.feeds.values import Enclosure, Feed, Item

_ENTRY = Vocabulary(
    texts=extensions.ITEM.texts | {"id"},
    elements=extensions.ITEM.elements
    | {
        *("title", "summary", "content", "link", "category", "author"),
        *("published", "issued", "created", "updated", "modified"),
    },
)
_FEED = Vocabulary(
    texts=extensions.FEED.texts | {"logo", "icon"},
    elements=extensions.FEED.elements
    | {"title", "subtitle", "tagline", "info", "link", "category", "author", "entry"},
)
# An edit must not make an episode new: the first publication counts, then the other dates.
_DATES = (
    *("published", "issued", "dcterms:issued", "created", "dcterms:created", "dc:date"),
    *("updated", "modified", "dcterms:modified"),
)
_XML_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


def read_atom(root: etree._Element, context: Context) -> Feed:
    """Return the feed of a ``<feed>`` element."""
    feed = context.read(root, _FEED)
    links = linked(context, feed.each("link"))
    return Feed(
        format="atom",
        title=_line(feed, "title"),
        link=links.alternate,
        description=_text(feed, "subtitle", "tagline", "info")
        or paragraphs(feed.first_markup("itunes:summary", "itunes:subtitle")),
        language=_language(root, feed),
        author=_authors(context, feed),
        image=extensions.image(context, feed) or _picture(context, root, feed),
        explicit=extensions.explicit(feed),
        type=extensions.one_of(feed.first("itunes:type"), "episodic", "serial"),
        podcast_guid=one_line(feed.first("podcast:guid")) or None,
        new_feed_url=context.url(feed.first("itunes:new-feed-url"), root),
        self_url=links.self_url,
        hubs=links.hubs,
        next_page_url=links.next_page,
        prev_archive_url=links.prev_archive,
        categories=extensions.categories(context, feed, _terms(feed)),
        keywords=extensions.keywords(feed),
        persons=extensions.persons(context, feed),
        rhythm=rhythm(context, feed),
        items=tuple(_entry(element, context) for element in feed.each("entry")),
    )


def _entry(element: etree._Element, context: Context) -> Item:
    entry = context.read(element, _ENTRY)
    first = entry.first
    return Item(
        title=_line(entry, "title") or one_line(first("itunes:title", "media:title")),
        guid=one_line(first("id")) or None,
        link=linked(context, entry.each("link")).alternate,
        # What is read here is text already; as HTML it says the same.
        description_markup=escape(_description(context, entry), quote=False),
        author=_authors(context, entry),
        image=extensions.image(context, entry),
        published_at=_first_date(entry),
        duration_ms=parse_duration(first("itunes:duration")),
        season=extensions.whole_number(first("itunes:season", "podcast:season")),
        number=extensions.whole_number(first("itunes:episode", "podcast:episode")),
        type=extensions.one_of(first("itunes:episodetype"), "full", "trailer", "bonus"),
        explicit=extensions.explicit(entry),
        categories=extensions.categories(context, entry, _terms(entry)),
        keywords=extensions.keywords(entry),
        enclosures=extensions.distinct_enclosures(_enclosures(context, entry)),
        transcripts=extensions.transcripts(context, entry),
        chapters_url=extensions.chapters_url(context, entry),
        persons=extensions.persons(context, entry),
    )


def _language(root: etree._Element, feed: Children) -> str | None:
    language = root.get(_XML_LANGUAGE) or one_line(feed.first("dc:language"))
    return language.replace("_", "-") or None


def _is_base64(element: etree._Element) -> bool:
    """Atom 0.3 says so by its mode, Atom 1.0 by a binary type (RFC 4287, section 4.1.3.3)."""
    return element.get("mode") == "base64" or element.get("type") == "application/octet-stream"


def _is_markup(element: etree._Element) -> bool:
    """Tell escaped HTML from text (RFC 4287, section 3.1; Atom 0.3 has media types and modes)."""
    kind = (element.get("type") or "text").lower()
    escaped = "html" in kind and "xhtml" not in kind
    return escaped or element.get("mode") == "escaped" or _is_base64(element)


def _written(element: etree._Element) -> str:
    text = inner_text(element)
    if _is_base64(element):
        with suppress(ValueError):
            return b64decode(text).decode("utf-8", "replace")
    return text


def _line(children: Children, name: str) -> str:
    for element in children.each(name):
        raw = _written(element)
        if text := one_line(raw) if _is_markup(element) else plain_line(raw):
            return text
    return ""


def _paragraphs(element: etree._Element) -> str:
    if _is_markup(element):
        return paragraphs(_written(element))
    return paragraphs(inner_markup(element)) if len(element) else plain_paragraphs(element.text)


def _text(children: Children, *names: str) -> str:
    for element in children.all(*names):
        if text := _paragraphs(element):
            return text
    return ""


def _description(context: Context, entry: Children) -> str:
    if text := _text(entry, "summary", "content"):
        return text
    if said := entry.first_markup("content:encoded", "itunes:summary", "media:description"):
        return paragraphs(said)
    # YouTube: the description stands in the media group alone.
    grouped = context.named(entry.each("media:group"), "media:description")
    return next((paragraphs(inner_text(element)) for element in grouped), "")


def _authors(context: Context, children: Children) -> str:
    names = context.named(children.each("author"), "name")
    written = extensions.distinct(plain_line(inner_text(name)) for name in names)
    return ", ".join(written) or one_line(children.first("itunes:author", "dc:creator"))


def _terms(children: Children) -> Iterator[str]:
    for element in children.each("category"):
        yield element.get("label") or element.get("term") or inner_text(element)


def _first_date(entry: Children) -> datetime | None:
    dates = (parse_date(element.text) for element in entry.all(*_DATES))
    return next((moment for moment in dates if moment), None)


def _enclosures(context: Context, entry: Children) -> Iterator[Enclosure]:
    yield from enclosure_links(context, entry.each("link"))
    yield from extensions.media_enclosures(context, entry)


def _picture(context: Context, root: etree._Element, feed: Children) -> str | None:
    return context.url(feed.first("logo"), root) or context.url(feed.first("icon"), root)
