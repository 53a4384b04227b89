"""Fetches a picture when a page first shows it; every later reader gets it from the cache."""

import hashlib
import threading

from models import get_settings
from models.database import in_transaction
from tasks.artwork.image_type import image_type
from tasks.artwork.store import CachedImage, cache_artwork, cached_artwork
from tasks.http.fetch import fetch
from tasks.http.settings import fetch_loop
from tasks.http.values import FetchFailed, FetchLimits, FetchRequest, status_failure

MAX_BYTES = 5_000_000
SECONDS = 8.0
# How long a reader waits for the pictures of others before a page goes without.
_PATIENCE_SECONDS = 4.0
_one_at_a_time = threading.Lock()


def cover(url: str) -> CachedImage | None:
    """The picture at an address, or why there is none; None when others are being fetched.

    Asks only public addresses, as for feeds, and takes only raster pictures up to 5 MB.
    """
    digest = hashlib.blake2b(url.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    kept = in_transaction(cached_artwork, digest)
    if kept is not None and kept.fresh:
        return kept
    if not _one_at_a_time.acquire(timeout=_PATIENCE_SECONDS):
        return kept
    try:
        kept = in_transaction(cached_artwork, digest)
        if kept is None or not kept.fresh:
            kept = _fetched(url)
            in_transaction(cache_artwork, digest, kept)
    finally:
        _one_at_a_time.release()
    return kept


def _fetched(url: str) -> CachedImage:
    deadline = min(SECONDS, get_settings().fetch_deadline_seconds)
    limits = FetchLimits(
        deadline_seconds=deadline, connect_seconds=4, max_wire_bytes=MAX_BYTES,
        max_body_bytes=MAX_BYTES,
    )  # fmt: skip
    request = FetchRequest(url, accept="image/avif,image/webp,image/png,image/jpeg,image/gif")
    try:
        answer = fetch_loop().run(lambda client: fetch(client, request, limits))
    except FetchFailed as failure:
        return CachedImage(None, None, failure.reason, fresh=True)
    if failed := status_failure(answer):
        return CachedImage(None, None, failed.reason, fresh=True)
    body = answer.body or b""
    media_type = image_type(body)
    if media_type is None:
        return CachedImage(None, None, reason="not_a_picture", fresh=True)
    return CachedImage(media_type, body, None, fresh=True)
