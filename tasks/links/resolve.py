"""Finds the feeds that links lead to; every request goes through `tasks.http`."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from rapidfuzz import fuzz, utils

from models.reasons import next_step, reason_text
from tasks.budgets.values import BudgetInterrupted
from tasks.feeds.read import read_feed, read_opml
from tasks.feeds.values import FeedRefused
from tasks.http.client import Client
from tasks.http.fetch import fetch
from tasks.http.values import Fetched, FetchFailed, FetchLimits, FetchRequest, status_failure
from tasks.links import directories as api
from tasks.links.page_links import (
    overcast_apple_id,
    page_apple_id,
    page_feeds,
    well_known_urls,
)
from tasks.links.values import (
    FoundFeed,
    FoundList,
    FoundPodcast,
    FoundPodcasts,
    Link,
    LinkKind,
    LinkRefusal,
    Resolution,
)

# Of more lines only the links of apps are resolved: the poll of a feed URL says what it is.
FETCHED_AT_ONCE = 20
# Each takes as much memory as a feed may have.
CONCURRENCY = 4
SIMILAR_TITLE = 85

# These are final, and shown at once. What else fails may be over soon, so the feed is polled.
_FINAL = frozenset(
    {
        "address_refused",
        "port_refused",
        "scheme_refused",
        "bad_url",
        "redirect_loop",
        "too_many_redirects",
        "too_large",
        "bad_encoding",
        "http_401",
        "http_403",
        "http_404",
        "http_410",
    }
)
_NO_SERVER = frozenset({"connect_failed", "tls_failed", "dropped", "protocol_error", "timeout"})
_NEXT_SEARCH = "Search by the podcast's name instead, or paste its feed URL."


class LinkResolver:
    """Resolves links with one client; ``now`` signs requests to the Podcast Index."""

    def __init__(
        self, client: Client, directories: api.Directories, limits: FetchLimits, now: datetime
    ) -> None:
        self._client = client
        self._directories = directories
        self._limits = limits
        self._now = now

    async def resolve_all(
        self, links: Sequence[Link | LinkRefusal], within_seconds: float
    ) -> list[Resolution]:
        """The resolution of each; a URL that was not fetched in time is taken as a feed URL."""
        slots = asyncio.Semaphore(CONCURRENCY)
        deadline = asyncio.get_running_loop().time() + within_seconds
        fetch_pages = len(links) <= FETCHED_AT_ONCE

        async def resolve(link: Link | LinkRefusal) -> Resolution:
            if isinstance(link, LinkRefusal):
                return link
            if link.kind is LinkKind.web and (link.listed or not fetch_pages):
                return FoundFeed(link.value)
            try:
                async with asyncio.timeout_at(deadline), slots:
                    return await self.resolve(link)
            except TimeoutError:
                return _late(link)

        async def read(found: Resolution) -> Resolution:
            if not fetch_pages or not isinstance(found, FoundFeed) or not _is_unread(found):
                return found
            try:
                async with asyncio.timeout_at(deadline), slots:
                    return await self._try_feed(found.url) or found
            except TimeoutError:
                return found

        # Lookups come first: what a feed lists is worth less than what a link leads to.
        found = await asyncio.gather(*map(resolve, links))
        return await asyncio.gather(*map(read, found))

    async def resolve(self, link: Link) -> Resolution:
        """What a link leads to."""
        ways: dict[LinkKind, Callable[[Link], Awaitable[Resolution]]] = {
            LinkKind.web: self._web,
            LinkKind.apple: self._apple,
            LinkKind.podcast_index: self._podcast_index,
            LinkKind.overcast: self._overcast,
            LinkKind.spotify: self._spotify,
            LinkKind.words: self._words,
        }
        try:
            return await ways[link.kind](link)
        except FetchFailed as failure:
            return _directory_failed(link, failure)

    async def _web(self, link: Link) -> Resolution:
        url = link.value
        try:
            fetched = await self._get(url)
        except FetchFailed as failure:
            if failure.reason in _NO_SERVER and not link.has_scheme:
                plain = url.replace("https:", "http:", 1)
                return await self._web(Link(LinkKind.web, plain))
            is_typo = failure.reason == "dns_failed" and not link.has_scheme
            return _refused(failure) if is_typo or failure.reason in _FINAL else FoundFeed(url)
        return await self._document(url, fetched)

    async def _document(self, url: str, fetched: Fetched) -> Resolution:
        """What a response is: a feed, a list of feeds, or a page that links to one."""
        body = fetched.body or b""
        try:
            if b"<opml" in body[:2000].lower():
                return FoundList(tuple(await asyncio.to_thread(read_opml, body)))
            return await asyncio.to_thread(_feed, url, fetched)
        except BudgetInterrupted:  # whatever it is, its first poll tells
            return FoundFeed(url)
        except FeedRefused as refused:
            if refused.reason != "html":
                step = next_step(refused.reason)
                return LinkRefusal(refused.reason, reason_text(refused.reason), step)
        return await self._page(fetched.url, body)

    async def _page(self, url: str, body: bytes) -> Resolution:
        """The feed of a page: named by it, known to Apple, or where sites usually have it."""
        if named := page_feeds(body, url):
            found = [feed for each in named if (feed := await self._try_feed(each))]
            if len(found) > 1:
                return FoundPodcasts(
                    tuple(FoundPodcast(each.title, "", each.url) for each in found)
                )
            if found:
                return found[0]
        if apple_id := page_apple_id(body, url):
            return await self._apple(Link(LinkKind.apple, apple_id))
        for known in well_known_urls(url):
            if feed := await self._try_feed(known):
                return feed
        message = "This page links to no feed, and there is none at the usual addresses."
        return LinkRefusal("no_feed_found", message, _NEXT_SEARCH)

    async def _try_feed(self, url: str) -> FoundFeed | None:
        """The feed at a URL; None if there is none with episodes."""
        try:
            feed = await asyncio.to_thread(_feed, url, await self._get(url))
        except (FetchFailed, FeedRefused, BudgetInterrupted):
            return None
        return feed if feed.episodes else None

    async def _apple(self, link: Link) -> Resolution:
        if self._directories.search == "none":
            return _no_directory()
        request = api.apple_lookup(self._directories, link.value, link.country)
        return _of_lookup(api.read_apple(await self._body(request)), "Apple Podcasts")

    async def _podcast_index(self, link: Link) -> Resolution:
        keys = self._directories.podcast_index_key, self._directories.podcast_index_secret
        if self._directories.search == "none" or not all(keys):
            message = "Looking up ids of the Podcast Index needs a key, and none is set."
            step = "Operators: set OVERHEARD_PODCAST_INDEX_KEY and _SECRET. " + _NEXT_SEARCH
            return LinkRefusal("no_directory", message, step)
        request = api.podcast_index_lookup(self._directories, link.value, self._now)
        return _of_lookup(api.read_podcast_index(await self._body(request)), "the Podcast Index")

    async def _overcast(self, link: Link) -> Resolution:
        page = await self._body(api.overcast_page(self._directories, link.value))
        if apple_id := overcast_apple_id(page):
            return await self._apple(Link(LinkKind.apple, apple_id))
        message = "This page of Overcast names no podcast that has a public feed."
        return LinkRefusal("no_feed_found", message, _NEXT_SEARCH)

    async def _spotify(self, link: Link) -> Resolution:
        if self._directories.search == "none":
            return _no_directory()
        title = api.read_title(await self._body(api.spotify_title(self._directories, link.value)))
        if title and (found := _similar(await self._search(title), title)):
            return FoundPodcasts(found)
        message = f"“{title}” is" if title else "This show is"
        return LinkRefusal(
            "only_on_spotify",
            f"{message} in no directory. It seems to be on Spotify only, so it cannot be added.",
            "If its publisher has a feed elsewhere, paste that feed's URL.",
        )

    async def _words(self, link: Link) -> Resolution:
        if self._directories.search == "none":
            return _no_directory()
        found = await self._search(link.value)
        if link.form:
            found = _similar(found, link.value)
        if found:
            return FoundPodcasts(found)
        message = f"The directory has no podcast for “{link.value[:80]}”."
        return LinkRefusal("nothing_found", message, "Try fewer words, or paste its feed URL.")

    async def _search(self, words: str) -> tuple[FoundPodcast, ...]:
        if self._directories.search == "podcast_index":
            request = api.podcast_index_search(self._directories, words, self._now)
            found = api.read_podcast_index(await self._body(request))
        else:
            found = api.read_apple(await self._body(api.apple_search(self._directories, words)))
        return tuple(each for each in found if each.feed_url)

    async def _body(self, request: FetchRequest) -> bytes:
        return (await self._get(request)).body or b""

    async def _get(self, request: FetchRequest | str) -> Fetched:
        """A response with a body.

        Raises:
            FetchFailed: there is none.
        """
        request = FetchRequest(request) if isinstance(request, str) else request
        fetched = await fetch(self._client, request, self._limits)
        if failure := status_failure(fetched):
            raise failure
        return fetched


def _feed(url: str, fetched: Fetched) -> FoundFeed:
    """The feed of a response; raises `FeedRefused`."""
    content_type = fetched.headers.content_type
    feed = read_feed(fetched.body or b"", url=fetched.url, content_type=content_type)
    transcripts = sum(bool(item.transcripts) for item in feed.items)
    return FoundFeed(url, feed.title, len(feed.items), transcripts)


def _is_unread(feed: FoundFeed) -> bool:
    """Whether a directory named this feed, and nothing of it was read."""
    return bool(feed.title) and feed.episodes is None


def _of_lookup(found: Sequence[FoundPodcast], directory: str) -> Resolution:
    if not found:
        message = f"{directory[:1].upper()}{directory[1:]} has no podcast with this id."
        return LinkRefusal("not_in_directory", message, _NEXT_SEARCH)
    if not found[0].feed_url:
        message = f"“{found[0].title}” has no public feed: {directory} lists none."
        step = "If its publisher has a feed elsewhere, paste that feed's URL."
        return LinkRefusal("no_feed_url", message, step)
    return FoundFeed(found[0].feed_url, found[0].title)


def _similar(found: Sequence[FoundPodcast], title: str) -> tuple[FoundPodcast, ...]:
    """The candidates that have this title, or nearly."""
    return tuple(
        each
        for each in found
        if fuzz.ratio(each.title, title, processor=utils.default_process) >= SIMILAR_TITLE
    )


def _refused(failure: FetchFailed) -> LinkRefusal:
    step = next_step(failure.reason)
    return LinkRefusal(failure.reason, reason_text(failure.reason), step)


def _no_directory() -> LinkRefusal:
    message = "No podcast directory is configured here, so this link cannot be resolved."
    step = "Paste the podcast's feed URL. Operators: set OVERHEARD_DIRECTORY."
    return LinkRefusal("no_directory", message, step)


def _directory_failed(link: Link, failure: FetchFailed) -> LinkRefusal:
    if link.kind is LinkKind.spotify and failure.reason == "http_404":
        return LinkRefusal("not_in_directory", "Spotify has no such show.", _NEXT_SEARCH)
    clause = reason_text(failure.reason)
    if link.kind is LinkKind.words and not link.form:
        message = f"“{link.value[:80]}” was taken for a name, and the directory of podcasts, in "
        message += f"which names are searched, does not answer: {clause}"
    else:
        message = f"The directory that knows this link does not answer: {clause}"
    return LinkRefusal("directory_failed", message, "Try again later, or paste its feed URL.")


def _late(link: Link) -> Resolution:
    if link.kind is LinkKind.web:
        return FoundFeed(link.value)
    return _directory_failed(link, FetchFailed("timeout", "the directory is slow"))
