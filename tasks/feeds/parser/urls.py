"""Addresses in feeds: made absolute, and kept only when they are http or https."""

import re
from urllib.parse import urljoin, urlsplit, urlunsplit

_HTTP = re.compile(r"https?://[^/?#]+", re.IGNORECASE)
_BREAKS = re.compile(r"[\x00-\x1f\x7f]+")
# Feeds hold data: URLs of megabytes in places; no address that works is that long.
_LONGEST = 8_000
# Tells the usual address, all of it printable ASCII, which needs neither a base nor any repair.
is_plain_address = re.compile(
    rf"(?=.{{1,{_LONGEST}}}\Z)https?://[\w.:-]++(?:[/?#][!-~]*+)?", re.ASCII | re.DOTALL
).fullmatch


def absolute_url(raw: str | None, base: str) -> str | None:
    """Return the http or https address that ``raw`` means within ``base``, else None."""
    if not raw or len(raw) > _LONGEST:
        return None
    if is_plain_address(raw):
        return raw
    url = _BREAKS.sub("", raw).strip().replace(" ", "%20")
    if not url:
        return None
    try:
        joined = urljoin(base, url)
        valid = _HTTP.match(joined) and urlsplit(joined).hostname
    except ValueError:  # such as "http://[half an IPv6 address"
        return None
    return joined if valid else None


def without_userinfo(url: str) -> str:
    """Return a feed's address without user and password, as a base for its links."""
    if "@" not in url:
        return url
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
