"""The elements that RSS and Atom share: podcast:, itunes:, googleplay: and media:."""

from collections.abc import Callable, Iterator
from functools import lru_cache

from lxml import etree

from tasks.feeds.parser import media
from tasks.feeds.parser.durations import parse_duration
from tasks.feeds.parser.elements import Context, Elements, inner_text
from tasks.feeds.parser.field_map import Field, Reader, Text
from tasks.feeds.parser.text import one_line
from tasks.feeds.parser.value_parsers import distinct, name, whole_number, word_of
from tasks.feeds.values import PersonTag, TranscriptLink

_EXPLICIT = {
    **dict.fromkeys(("yes", "true", "explicit"), True),
    **dict.fromkeys(("no", "false", "clean"), False),
}


def explicit(text: str) -> bool | None:
    """Return whether it is explicit; None when the text is not recognized."""
    return _EXPLICIT.get(text.strip().lower())


@lru_cache(maxsize=1024)
def keywords(text: str) -> tuple[str, ...]:
    """Return the distinct keywords of iTunes and Media RSS; cached, as items often share them."""
    return distinct(map(str.strip, one_line(text).split(",")))


def categories_by(plain: Callable[[etree._Element], str]) -> Reader:
    """Return a reader of categories: of iTunes (also nested), of Dublin Core and of the format.

    Args:
        plain: reads a category of the format itself.
    """

    def categories(context: Context, elements: Elements) -> tuple[str, ...]:
        texts: list[str] = []
        for element in elements:
            match context.names[element.tag]:
                case "itunes:category":
                    texts += _nested_categories(context, element)
                case "dc:subject":
                    texts.append(inner_text(element))
                case _:
                    texts.append(plain(element))
        return distinct(map(one_line, texts))

    return categories


def _nested_categories(context: Context, category: etree._Element) -> Iterator[str]:
    for element in category.iter():
        if context.names[element.tag] == "itunes:category":
            yield element.get("text") or element.text or ""


def persons(context: Context, elements: Elements) -> tuple[PersonTag, ...] | None:
    """Return the ``podcast:person`` tags; by default, the role is host and the group cast.

    The proposal of 2020 had the name in an attribute.
    """
    tags = tuple(
        PersonTag(
            name=person_name,
            role=one_line(element.get("role")).lower() or "host",
            group=one_line(element.get("group")).lower() or "cast",
            href=context.url(element.get("href"), element),
            img=context.url(element.get("img"), element),
        )
        for element in elements
        if (person_name := one_line(inner_text(element)) or one_line(element.get("name")))
    )
    return tags or None


def contributors(context: Context, elements: Elements) -> tuple[PersonTag, ...] | None:
    """Return the contributors of Atom (RFC 4287, section 4.2.3), as Podlove lists who speaks.

    Their role is not published, and their page identifies them as that of a person tag does.
    """
    tags: dict[str, PersonTag] = {}
    for element in elements:
        if person_name := _contributor_name(context, element):
            page = _page(context, element)
            tags.setdefault(person_name, PersonTag(person_name, role="contributor", href=page))
    return tuple(tags.values()) or None


def _contributor_name(context: Context, element: etree._Element) -> str:
    names = context.named([element], "atom:name", "name")
    first = next((inner_text(each) for each in names), None)
    return one_line(element.text if first is None and not len(element) else first)


def _page(context: Context, element: etree._Element) -> str | None:
    uris = context.named([element], "atom:uri", "uri")
    return next((context.url(inner_text(each), each) for each in uris), None)


def transcripts(context: Context, elements: Elements) -> tuple[TranscriptLink, ...]:
    """Return the ``podcast:transcript`` tags that have a valid URL, also as ``href`` or text."""
    return tuple(
        TranscriptLink(
            url=url,
            type=(element.get("type") or "").strip().lower(),
            language=(element.get("language") or "").strip() or None,
            rel=(element.get("rel") or "").strip().lower() or None,
        )
        for element in elements
        if (url := context.url(_published_url(element), element))
    )


def _published_url(element: etree._Element) -> str | None:
    words = (element.text or "").split()
    return element.get("url") or element.get("href") or (words[0] if len(words) == 1 else None)


def chapters_url(context: Context, elements: Elements) -> str | None:
    """Return the URL of the JSON chapters, if there is one."""
    urls = (context.url(element.get("url"), element) for element in elements)
    return next(filter(None, urls), None)


_CONTRIBUTORS = ("atom:contributor", "contributor", "dc:contributor")
ITEM_FIELDS = (
    Field("image", media.image, ("itunes:image", "googleplay:image")),
    Field("image", media.thumbnail, ("media:thumbnail", "media:group", "media:content")),
    Field("transcripts", transcripts, ("podcast:transcript",)),
    Field("chapters_url", chapters_url, ("podcast:chapters",)),
    Field("persons", persons, ("podcast:person",)),
    Field("persons", contributors, _CONTRIBUTORS),
)
ITEM_TEXTS = (
    Text("duration_ms", parse_duration, ("itunes:duration",)),
    Text("season", whole_number, ("itunes:season", "podcast:season")),
    Text("number", whole_number, ("itunes:episode", "podcast:episode")),
    Text("type", word_of("full", "trailer", "bonus"), ("itunes:episodetype",)),
    Text("explicit", explicit, ("itunes:explicit", "googleplay:explicit")),
    Text("keywords", keywords, ("itunes:keywords", "media:keywords")),
)
FEED_FIELDS = (
    Field("image", media.image, ("itunes:image", "googleplay:image")),
    Field("persons", persons, ("podcast:person",)),
    Field("persons", contributors, _CONTRIBUTORS),
)
FEED_TEXTS = (
    Text("explicit", explicit, ("itunes:explicit", "googleplay:explicit")),
    Text("type", word_of("episodic", "serial"), ("itunes:type",)),
    Text("podcast_guid", name, ("podcast:guid",)),
    Text("keywords", keywords, ("itunes:keywords", "media:keywords")),
)
