"""Fetch artwork when a page first shows it; later requests get it from the cache.

Fetches for pages have threads of their own, so that slow publishers delay no page.
"""

import asyncio
import atexit
import hashlib
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache

import structlog

from models import get_settings
from models.database import in_transaction
from tasks.artwork.image_type import image_type
from tasks.artwork.store import CachedImage, cache_artwork, cached_artwork
from tasks.http.client import Client, open_client
from tasks.http.event_loop import FetchLoop
from tasks.http.fetch import fetch
from tasks.http.settings import guard, user_agent
from tasks.http.values import Fetched, FetchFailed, FetchLimits, FetchRequest, status_failure

MAX_BYTES = 5_000_000
DEADLINE_SECONDS = 8.0
THREADS = 4
# Images that wait for a thread; a page with more shows a letter at once.
MAX_WAITING = 100

log = structlog.get_logger()


def artwork_digest(url: str) -> bytes:
    """The key of an image in the cache: a hash of its URL."""
    return hashlib.blake2b(url.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def find_artwork(url: str) -> CachedImage | None:
    """Return the cached image, or the cached reason why there is none; it may be out of date."""
    return in_transaction(cached_artwork, artwork_digest(url))


def begin_artwork_fetch(url: str) -> "Future[CachedImage] | None":
    """Begin to fetch an image into the cache, once for all who wait; None when too many wait.

    Fetches from public IP addresses only, like feeds, and accepts only raster images up to 5 MB.
    """
    return _fetches().begin(artwork_digest(url), url)


async def fetch_artwork(client: Client, url: str, *, within_seconds: float) -> None:
    """Fetch an image into the cache, if it is not there; one that fails is left for later."""
    digest = artwork_digest(url)
    cached = await asyncio.to_thread(in_transaction, cached_artwork, digest)
    if cached is not None and cached.fresh:
        return
    try:
        response = await fetch(client, _request(url), _limits(within_seconds))
    except FetchFailed:
        return
    await asyncio.to_thread(in_transaction, cache_artwork, digest, _image(response))


class _ArtworkFetches:
    """The fetches that wait or run, by the hash of their URL."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[bytes, Future[CachedImage]] = {}
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="artwork")
        self._of_thread = threading.local()

    def begin(self, digest: bytes, url: str) -> "Future[CachedImage] | None":
        with self._lock:
            running = self._running.get(digest)
            if running is None and len(self._running) < MAX_WAITING:
                running = self._running[digest] = self._threads.submit(self._fetch, digest, url)
            return running

    def _fetch(self, digest: bytes, url: str) -> CachedImage:
        try:
            image = _fetched(self._loop(), url)
            in_transaction(cache_artwork, digest, image)
        except Exception as error:
            log.warning("artwork_failed", message=f"{type(error).__name__}: {error}")
            raise
        else:
            return image
        finally:
            with self._lock:
                del self._running[digest]

    def _loop(self) -> FetchLoop:
        """The event loop and client of this thread, as configured now."""
        settings, loop = get_settings(), getattr(self._of_thread, "loop", None)
        if loop is None or self._of_thread.settings is not settings:
            if loop is not None:
                loop.close()
            loop = FetchLoop(lambda: open_client(guard(settings), user_agent(settings)))
            self._of_thread.loop, self._of_thread.settings = loop, settings
            atexit.register(loop.close)
        return loop

    def end(self) -> None:
        """Give up what waits; what runs ends within its deadline."""
        self._threads.shutdown(wait=False, cancel_futures=True)


@cache
def _fetches() -> _ArtworkFetches:
    return _ArtworkFetches()


def end_artwork_fetches() -> None:
    """Give up the fetches that wait for a thread; later ones get new threads."""
    _fetches().end()
    _fetches.cache_clear()


def _fetched(loop: FetchLoop, url: str) -> CachedImage:
    limits = _limits(min(DEADLINE_SECONDS, get_settings().fetch_deadline_seconds))
    try:
        response = loop.run(lambda client: fetch(client, _request(url), limits))
    except FetchFailed as failure:
        return CachedImage(None, None, failure.reason, fresh=True)
    return _image(response)


def _request(url: str) -> FetchRequest:
    return FetchRequest(url, accept="image/avif,image/webp,image/png,image/jpeg,image/gif")


def _limits(within_seconds: float) -> FetchLimits:
    return FetchLimits(
        deadline_seconds=within_seconds,
        connect_seconds=4,
        max_wire_bytes=MAX_BYTES,
        max_body_bytes=MAX_BYTES,
    )


def _image(response: Fetched) -> CachedImage:
    if failed := status_failure(response):
        return CachedImage(None, None, failed.reason, fresh=True)
    body = response.body or b""
    media_type = image_type(body)
    if media_type is None:
        return CachedImage(None, None, reason="not_a_picture", fresh=True)
    return CachedImage(media_type, body, None, fresh=True)
