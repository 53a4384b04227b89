"""URLs in feeds: resolves them, and drops all that are not http or https."""

import re
from urllib.parse import urljoin, urlsplit, urlunsplit

_HTTP = re.compile(r"https?://[^/?#]+", re.IGNORECASE)
_BREAKS = re.compile(r"[\x00-\x1f\x7f]+")
# Some feeds contain data: URLs of megabytes; no URL that works is longer than this.
_MAX_LENGTH = 8_000
# Matches an ordinary URL of printable ASCII, which needs neither a base nor any repair.
is_plain_url = re.compile(
    rf"(?=.{{1,{_MAX_LENGTH}}}\Z)https?://[\w.:-]++(?:[/?#][!-~]*+)?", re.ASCII | re.DOTALL
).fullmatch


def absolute_url(raw: str | None, base: str) -> str | None:
    """Return ``raw`` as an absolute http or https URL, resolved against ``base``, else None."""
    if not raw or len(raw) > _MAX_LENGTH:
        return None
    if is_plain_url(raw):
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
    """Return a feed URL without user and password, as the base of the feed's links."""
    if "@" not in url:
        return url
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
