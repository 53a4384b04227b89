"""What RSS and Atom feeds share: the podcast:, itunes:, googleplay: and media: elements."""

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
    """Return what the feed says, None when it says nothing that is understood."""
    return _EXPLICIT.get(text.strip().lower())


@lru_cache(maxsize=1024)
def keywords(text: str) -> tuple[str, ...]:
    """Return the keywords of iTunes and Media RSS, each once; often all items have the same."""
    return distinct(map(str.strip, one_line(text).split(",")))


def categories_by(plain: Callable[[etree._Element], str]) -> Reader:
    """Return a reader of the categories of iTunes, with those inside, of Dublin Core, and others.

    Args:
        plain: what one of the others says.
    """

    def categories(context: Context, elements: Elements) -> tuple[str, ...]:
        found: list[str] = []
        for element in elements:
            match context.names[element.tag]:
                case "itunes:category":
                    found += _nested_categories(context, element)
                case "dc:subject":
                    found.append(inner_text(element))
                case _:
                    found.append(plain(element))
        return distinct(map(one_line, found))

    return categories


def _nested_categories(context: Context, category: etree._Element) -> Iterator[str]:
    for element in category.iter():
        if context.names[element.tag] == "itunes:category":
            yield element.get("text") or element.text or ""


def persons(context: Context, elements: Elements) -> tuple[PersonTag, ...]:
    """Return the ``podcast:person`` tags as published; role is host and group cast by default."""
    return tuple(
        PersonTag(
            name=said,
            role=one_line(element.get("role")).lower() or "host",
            group=one_line(element.get("group")).lower() or "cast",
            href=context.url(element.get("href"), element),
            img=context.url(element.get("img"), element),
        )
        for element in elements
        if (said := one_line(inner_text(element)))
    )


def transcripts(context: Context, elements: Elements) -> tuple[TranscriptLink, ...]:
    """Return every ``podcast:transcript`` with an address that can be fetched."""
    return tuple(
        TranscriptLink(
            url=address,
            type=(element.get("type") or "").strip().lower(),
            language=(element.get("language") or "").strip() or None,
            rel=(element.get("rel") or "").strip().lower() or None,
        )
        for element in elements
        if (address := context.url(element.get("url"), element))
    )


def chapters_url(context: Context, elements: Elements) -> str | None:
    """Return the address of the JSON chapters, if offered."""
    addresses = (context.url(element.get("url"), element) for element in elements)
    return next(filter(None, addresses), None)


ITEM_FIELDS = (
    Field("image", media.image, ("itunes:image", "googleplay:image")),
    Field("image", media.thumbnail, ("media:thumbnail", "media:group", "media:content")),
    Field("transcripts", transcripts, ("podcast:transcript",)),
    Field("chapters_url", chapters_url, ("podcast:chapters",)),
    Field("persons", persons, ("podcast:person",)),
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
)
FEED_TEXTS = (
    Text("explicit", explicit, ("itunes:explicit", "googleplay:explicit")),
    Text("type", word_of("episodic", "serial"), ("itunes:type",)),
    Text("podcast_guid", name, ("podcast:guid",)),
    Text("keywords", keywords, ("itunes:keywords", "media:keywords")),
)
