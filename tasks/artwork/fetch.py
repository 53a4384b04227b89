"""Fetch artwork when a page first shows it; later requests get it from the cache."""

import asyncio
import hashlib
import threading

from models import get_settings
from models.database import in_transaction
from tasks.artwork.image_type import image_type
from tasks.artwork.store import CachedImage, cache_artwork, cached_artwork
from tasks.http.client import Client
from tasks.http.fetch import fetch
from tasks.http.settings import fetch_loop
from tasks.http.values import Fetched, FetchFailed, FetchLimits, FetchRequest, status_failure

MAX_BYTES = 5_000_000
DEADLINE_SECONDS = 8.0
# How long a request waits while other artwork is fetched, before it responds without.
_LOCK_WAIT_SECONDS = 4.0
_fetch_lock = threading.Lock()


def artwork_digest(url: str) -> bytes:
    """The key of an image in the cache: a hash of its URL."""
    return hashlib.blake2b(url.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def get_artwork(url: str) -> CachedImage | None:
    """Return the image at a URL, or why there is none; None while others are being fetched.

    Fetches from public IP addresses only, like feeds, and accepts only raster images up to 5 MB.
    """
    digest = artwork_digest(url)
    cached = in_transaction(cached_artwork, digest)
    if cached is not None and cached.fresh:
        return cached
    if not _fetch_lock.acquire(timeout=_LOCK_WAIT_SECONDS):
        return cached
    try:
        cached = in_transaction(cached_artwork, digest)
        if cached is None or not cached.fresh:
            cached = _fetch(url)
            in_transaction(cache_artwork, digest, cached)
    finally:
        _fetch_lock.release()
    return cached


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


def _fetch(url: str) -> CachedImage:
    limits = _limits(min(DEADLINE_SECONDS, get_settings().fetch_deadline_seconds))
    try:
        response = fetch_loop().run(lambda client: fetch(client, _request(url), limits))
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
