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
    key = url_key(url)
    if is_private(url):  # its secret token identifies the feed, and must not be readable
        key = f"private:{hashlib.blake2b(key.encode(), digest_size=16).hexdigest()}"
    return bounded(key)


def host_name(url: str) -> str:
    """Return the host and port of a feed URL: two servers may share a host name."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return f"{host}:{parts.port}" if parts.port else host
