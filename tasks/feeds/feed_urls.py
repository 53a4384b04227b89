"""Addresses of feeds: the key under which one is followed once, and the host that is asked."""

import hashlib
from urllib.parse import urlsplit

from tasks.feeds.item_keys import bounded
from tasks.http.redaction import is_private
from tasks.http.urls import url_key


def feed_url_key(url: str) -> str:
    """The key of an address, the same for all of its forms; a long one by its hash.

    Raises:
        UrlRefused: it is no address.
    """
    key = url_key(url)
    if is_private(url):  # its token tells it from others, and is nobody's to read here
        key = f"private:{hashlib.blake2b(key.encode(), digest_size=16).hexdigest()}"
    return bounded(key)


def host_name(url: str) -> str:
    """Who is asked: host and port, for two servers may share a name."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return f"{host}:{parts.port}" if parts.port else host
