"""Finds the feeds of links now, with a client of its own, as pages and commands need it."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from models.settings import Settings
from tasks.artwork.fetch import fetch_artwork
from tasks.http.client import Client, open_client
from tasks.http.settings import guard, user_agent
from tasks.http.values import FetchLimits
from tasks.links.directories import Directories
from tasks.links.resolve import LinkResolver
from tasks.links.values import FoundPodcasts, Link, LinkRefusal, Resolution

WITHIN_SECONDS = 20.0
REQUEST_SECONDS = 10.0
ARTWORK_SECONDS = 4.0


def find_feeds(
    links: Sequence[Link | LinkRefusal], settings: Settings, *, with_artwork: bool = False
) -> list[Resolution]:
    """What each link leads to, in the same order; takes at most some 25 seconds.

    ``with_artwork`` also fetches the artwork of candidates into the cache.
    """
    if all(isinstance(link, LinkRefusal) for link in links):
        return [link for link in links if isinstance(link, LinkRefusal)]
    return asyncio.run(_find(links, settings, with_artwork=with_artwork))


async def _find(
    links: Sequence[Link | LinkRefusal], settings: Settings, *, with_artwork: bool
) -> list[Resolution]:
    async with open_client(guard(settings), user_agent(settings)) as client:
        limits = _limits(settings)
        resolver = LinkResolver(client, directories(settings), limits, datetime.now(UTC))
        found = await resolver.resolve_all(links, WITHIN_SECONDS)
        if with_artwork:
            await _fetch_artwork(client, found)
    return found


async def _fetch_artwork(client: Client, found: Sequence[Resolution]) -> None:
    shown = [each for one in found if isinstance(one, FoundPodcasts) for each in one.podcasts]
    urls = dict.fromkeys(each.artwork_url for each in shown if each.artwork_url)
    fetch = partial(fetch_artwork, client, within_seconds=ARTWORK_SECONDS)
    await asyncio.gather(*map(fetch, urls))


def directories(settings: Settings) -> Directories:
    """The directories that the settings name."""
    key, secret = settings.podcast_index_key, settings.podcast_index_secret
    return Directories(
        search=settings.directory,
        apple_url=settings.apple_url.rstrip("/"),
        podcast_index_url=settings.podcast_index_url.rstrip("/"),
        podcast_index_key=key.get_secret_value() if key else "",
        podcast_index_secret=secret.get_secret_value() if secret else "",
    )


def _limits(settings: Settings) -> FetchLimits:
    """A document may be a feed, so as large as one; a reader waits for it, so not as slow."""
    return FetchLimits(
        deadline_seconds=min(REQUEST_SECONDS, settings.fetch_deadline_seconds),
        connect_seconds=5,
        max_wire_bytes=settings.feed_max_bytes,
        max_body_bytes=settings.feed_max_bytes,
    )
