"""A private feed without URLs and secrets in its texts; the URLs in its fields stay. Pure."""

import html
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from tasks.feeds.values import Feed, Item, PersonTag
from tasks.http.private_text import feed_secrets, most_common, secrets_of, without_secrets
from tasks.http.redaction import HIDDEN


def without_private_texts(feed: Feed, feed_url: str) -> Feed:
    """Return the document of a private podcast as it is stored.

    Its fields that are URLs are needed to fetch and to match; the queries hide them. What is a
    secret in one of them is a secret in texts too.
    """
    of_items = [secrets_of(*_urls(item)) for item in feed.items]
    secrets = feed_secrets(feed_url) | secrets_of(*_urls_of_channel(feed)) | most_common(of_items)
    return replace(
        feed,
        title=without_secrets(feed.title, secrets),
        description=without_secrets(feed.description, secrets),
        author=without_secrets(feed.author, secrets),
        categories=_texts(feed.categories, secrets),
        keywords=_texts(feed.keywords, secrets),
        persons=_persons(feed.persons, secrets),
        items=tuple(
            _item(item, secrets | own) for item, own in zip(feed.items, of_items, strict=True)
        ),
    )


def without_private_urls(feed: Feed) -> Feed:
    """Return the document without the URLs in its fields, for output; transcripts keep types."""
    items = tuple(_without_urls(item) for item in feed.items)
    return replace(feed, link=None, image=None, podcast_guid=None, new_feed_url=None, items=items)


def _without_urls(item: Item) -> Item:
    return item._replace(
        guid=None,
        link=None,
        image=None,
        chapters_url=None,
        enclosures=tuple(each._replace(url=HIDDEN) for each in item.enclosures),
        transcripts=tuple(replace(each, url=HIDDEN) for each in item.transcripts),
    )


def _urls_of_channel(feed: Feed) -> Iterator[str | None]:
    yield from (feed.link, feed.image, feed.new_feed_url, feed.self_url, *feed.hubs)
    yield from (feed.next_page_url, feed.prev_archive_url)
    yield from _urls_of_persons(feed.persons)


def _urls(item: Item) -> Iterator[str | None]:
    yield from (item.guid, item.link, item.image, item.chapters_url)
    yield from (enclosure.url for enclosure in item.enclosures)
    yield from (transcript.url for transcript in item.transcripts)
    yield from _urls_of_persons(item.persons)


def _urls_of_persons(persons: Iterable[PersonTag]) -> Iterator[str | None]:
    for person in persons:
        yield from (person.href, person.img)


def _item(item: Item, secrets: Collection[str]) -> Item:
    return item._replace(
        title=without_secrets(item.title, secrets),
        description_markup=_as_markup(without_secrets(item.description, secrets)),
        author=without_secrets(item.author, secrets),
        categories=_texts(item.categories, secrets),
        keywords=_texts(item.keywords, secrets),
        persons=_persons(item.persons, secrets),
    )


def _as_markup(text: str) -> str:
    """Markup of a text, which is read as the same text again."""
    return html.escape(text, quote=False)


def _texts(texts: Iterable[str], secrets: Collection[str]) -> tuple[str, ...]:
    """The texts that have nothing to hide: a keyword with a secret is none."""
    return tuple(text for text in texts if without_secrets(text, secrets) == text)


def _persons(persons: Iterable[PersonTag], secrets: Collection[str]) -> tuple[PersonTag, ...]:
    return tuple(
        replace(person, href=None, img=None)
        for person in persons
        if without_secrets(person.name, secrets) == person.name
    )
