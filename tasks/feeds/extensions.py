"""What RSS and Atom feeds share: the podcast:, itunes:, media: and syndication elements."""

import re
from collections.abc import Iterable, Iterator

from lxml import etree

from tasks.feeds.elements import Children, Context, Vocabulary, inner_text
from tasks.feeds.text import one_line
from tasks.feeds.values import Enclosure, PersonTag, TranscriptLink

_WHOLE_NUMBER = re.compile(r"\s*(\d{1,9})(?:\.0+)?\s*\Z", re.ASCII)
_LARGEST_DIGITS = 15  # of a size in bytes
_EXPLICIT = {
    **dict.fromkeys(("yes", "true", "explicit"), True),
    **dict.fromkeys(("no", "false", "clean"), False),
}

# What matters in an item and in a feed, in the spelling of tasks.feeds.namespaces.Names. Long
# texts that often stand in for each other count as elements: only the one that is used is read.
ITEM = Vocabulary(
    texts=frozenset(
        {
            *("itunes:title", "itunes:author", "itunes:explicit", "itunes:duration"),
            *("itunes:season", "itunes:episode", "itunes:episodetype", "itunes:keywords"),
            *("podcast:season", "podcast:episode", "media:title", "media:keywords"),
            *("dc:title", "dc:creator", "dc:author"),
            *("googleplay:author", "googleplay:explicit"),
        }
    ),
    elements=frozenset(
        {
            *("itunes:summary", "itunes:subtitle", "content:encoded", "media:description"),
            *("googleplay:description", "dc:description", "dc:subject", "itunes:category"),
            *("dc:date", "dcterms:issued", "dcterms:created", "dcterms:modified"),
            *("itunes:image", "googleplay:image"),
            *("media:content", "media:group", "media:thumbnail", "media:category"),
            *("podcast:person", "podcast:transcript", "podcast:chapters"),
        }
    ),
)
FEED = Vocabulary(
    texts=frozenset(
        {
            *("itunes:author", "itunes:explicit", "itunes:type", "itunes:keywords"),
            *("itunes:new-feed-url", "itunes:complete", "media:keywords"),
            *("dc:title", "dc:creator", "dc:author", "dc:language"),
            *("googleplay:author", "googleplay:explicit"),
            *("podcast:guid", "sy:updateperiod", "sy:updatefrequency"),
        }
    ),
    elements=frozenset(
        {
            *("itunes:summary", "itunes:subtitle", "googleplay:description", "dc:description"),
            *("itunes:image", "itunes:category", "itunes:owner", "googleplay:image", "dc:subject"),
            *("podcast:person", "podcast:updatefrequency", "podcast:podping"),
        }
    ),
)
_MEDIA = frozenset({"media:group", "media:content", "media:thumbnail"})
_PICTURES = _MEDIA | {"itunes:image", "googleplay:image"}


def explicit(children: Children) -> bool | None:
    """Return what the feed says, None when it says nothing that is understood."""
    text = children.first("itunes:explicit", "googleplay:explicit")
    return _EXPLICIT.get(text.strip().lower()) if text else None


def one_of(text: str, *allowed: str) -> str:
    """Return the word in lower case when it is one of those allowed, else ``""``."""
    if not text:
        return ""
    word = text.strip().lower()
    return word if word in allowed else ""


def whole_number(text: str) -> int | None:
    """Return a number of episode or season; None for anything but digits."""
    found = _WHOLE_NUMBER.match(text) if text else None
    return int(found[1]) if found else None


def keywords(children: Children) -> tuple[str, ...]:
    """Return the keywords of iTunes and Media RSS, each once."""
    text = children.first("itunes:keywords", "media:keywords")
    return distinct([word.strip() for word in one_line(text).split(",")]) if text else ()


def categories(context: Context, children: Children, plain: Iterable[str]) -> tuple[str, ...]:
    """Return the plain categories, then iTunes' with those inside them, then Dublin Core's."""
    found = [*plain]
    if "itunes:category" in children.elements:
        found += _nested_categories(context, children)
    if "dc:subject" in children.elements:
        found += map(inner_text, children.each("dc:subject"))
    return distinct(map(one_line, found)) if found else ()


def _nested_categories(context: Context, children: Children) -> Iterator[str]:
    for category in children.each("itunes:category"):
        for element in category.iter():
            if context.names[element.tag] == "itunes:category":
                yield element.get("text") or element.text or ""


def image(context: Context, children: Children) -> str | None:
    """Return the first usable picture of iTunes, Google Play or Media RSS."""
    if _PICTURES.isdisjoint(children.elements):
        return None
    for element in children.all("itunes:image", "googleplay:image"):
        raw = element.get("href") or element.get("url") or element.text
        if address := context.url(raw, element):
            return address
    if _MEDIA.isdisjoint(children.elements):
        return None
    inside = context.named(children.all("media:group", "media:content"), "media:thumbnail")
    for element in (*children.each("media:thumbnail"), *inside):
        if address := context.url(element.get("url"), element):
            return address
    return None


def media_enclosures(context: Context, children: Children) -> Iterator[Enclosure]:
    """Yield the audio and video of Media RSS (section "media:content")."""
    grouped = context.named(children.each("media:group"), "media:content")
    for element in (*children.each("media:content"), *grouped):
        kind = (element.get("type") or element.get("medium") or "").lower()
        if kind.startswith(("audio", "video")) and (
            found := enclosure(context, element, element.get("url"), element.get("fileSize"))
        ):
            yield found


def enclosure(
    context: Context, element: etree._Element, url: str | None, length: str | None
) -> Enclosure | None:
    """Return the media file, or None when it has no address that can be fetched."""
    address = context.url(url, element)
    if address is None:
        return None
    kind = (element.get("type") or "").strip().lower()
    return Enclosure(address, kind, _size(length) if length else None)


def _size(length: str) -> int | None:
    digits = length.strip()
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= _LARGEST_DIGITS
    return int(digits) if is_number else None


def distinct_enclosures(found: Iterable[Enclosure]) -> tuple[Enclosure, ...]:
    """Return each address once: Media RSS usually repeats the enclosure."""
    media_files = tuple(found)
    if len(media_files) < 2:
        return media_files
    by_url: dict[str, Enclosure] = {}
    for media in media_files:
        by_url.setdefault(media.url, media)
    return tuple(by_url.values())


def persons(context: Context, children: Children) -> tuple[PersonTag, ...]:
    """Return the ``podcast:person`` tags as published; role is host and group cast by default."""
    if "podcast:person" not in children.elements:
        return ()
    return tuple(
        PersonTag(
            name=name,
            role=one_line(element.get("role")).lower() or "host",
            group=one_line(element.get("group")).lower() or "cast",
            href=context.url(element.get("href"), element),
            img=context.url(element.get("img"), element),
        )
        for element in children.each("podcast:person")
        if (name := one_line(inner_text(element)))
    )


def transcripts(context: Context, children: Children) -> tuple[TranscriptLink, ...]:
    """Return every ``podcast:transcript`` with an address that can be fetched."""
    if "podcast:transcript" not in children.elements:
        return ()
    return tuple(
        TranscriptLink(
            url=address,
            type=(element.get("type") or "").strip().lower(),
            language=(element.get("language") or "").strip() or None,
            rel=(element.get("rel") or "").strip().lower() or None,
        )
        for element in children.each("podcast:transcript")
        if (address := context.url(element.get("url"), element))
    )


def chapters_url(context: Context, children: Children) -> str | None:
    """Return the address of the JSON chapters, if offered."""
    for element in children.each("podcast:chapters"):
        if address := context.url(element.get("url"), element):
            return address
    return None


def distinct(found: Iterable[str]) -> tuple[str, ...]:
    """Return the words that are not empty, each once, in order."""
    return tuple(dict.fromkeys(filter(None, found)))
