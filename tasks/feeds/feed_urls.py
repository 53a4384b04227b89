"""Feed URLs: the key that is equal for all spellings of a URL, and the host. Pure."""

import hashlib
from urllib.parse import urlsplit

from tasks.feeds.item_keys import bounded
from tasks.http.redaction import is_private
from tasks.http.urls import url_key


def feed_url_key(url: str) -> str:
    """Return the key of a feed URL, equal for all its spellings; of a long URL, a hash.

    Raises:
        UrlRefused: the URL is invalid.
    """
    # The secret token of a private URL identifies the feed, and must not be readable.
    return private_url_key(url) if is_private(url) else bounded(url_key(url))


def private_url_key(url: str) -> str:
    """Return the key of the feed URL of a private podcast: a hash. Raises `UrlRefused`."""
    digest = hashlib.blake2b(url_key(url).encode(), digest_size=16).hexdigest()
    return f"private:{digest}"


def feed_url_keys(url: str) -> list[str]:
    """Return the keys that a podcast with this feed URL may have; raises `UrlRefused`.

    An operator may call a podcast private whose URL has no secret that the rules know, and the
    rules get better.
    """
    return [private_url_key(url), bounded(url_key(url))]


def host_name(url: str) -> str:
    """Return the host and port of a feed URL: two servers may share a host name."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return f"{host}:{parts.port}" if parts.port else host
