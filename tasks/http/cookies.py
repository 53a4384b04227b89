"""Cookies within one chain of redirects (RFC 6265): servers set one and want it back.

They are forgotten with the fetch, so nobody can be tracked by them. Paths are not compared. Like
credentials they stay at scheme and port, or follow from http to https.
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

_MAX_COOKIES = 50
_MAX_BYTES = 4096  # of one cookie (RFC 6265, section 6.1)
_DELETED = ("max-age=0", "max-age=-1")


class ChainCookies:
    """The cookies that the responses of one chain have set, by domain and name."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, str], str] = {}
        self._source: dict[tuple[str, str], str] = {}
        self._secure: set[tuple[str, str]] = set()

    def store(self, url: str, fields: Iterable[str]) -> None:
        """Store the Set-Cookie fields of a response."""
        for field in fields:
            pair, *attributes = (part.strip() for part in field[:_MAX_BYTES].split(";"))
            name, equals, value = (part.strip() for part in pair.partition("="))
            key = (_domain(url, attributes), name)
            lowered = [attribute.lower() for attribute in attributes]
            if any(attribute.replace(" ", "") in _DELETED for attribute in lowered):
                self._values.pop(key, None)
            elif name and equals and f"{name}{value}".isprintable():
                self._add(key, value, url, secure="secure" in lowered)

    def _add(self, key: tuple[str, str], value: str, url: str, *, secure: bool) -> None:
        if key in self._values or len(self._values) < _MAX_COOKIES:
            self._values[key] = value
            self._source[key] = url
            (self._secure.add if secure else self._secure.discard)(key)

    def header(self, url: str) -> str | None:
        """Return the Cookie field for a request; None without one."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        pairs = [
            f"{name}={value}"
            for (domain, name), value in self._values.items()
            if _matches(host, domain)
            and _may_follow(self._source[domain, name], url)
            and (parts.scheme == "https" or (domain, name) not in self._secure)
        ]
        return "; ".join(pairs) or None


def _domain(url: str, attributes: Iterable[str]) -> str:
    """The domain of a cookie: as declared with a leading dot if it is of the host, else the host.

    A declared domain needs a dot inside, so that no cookie is for all of a top-level domain.
    """
    host = urlsplit(url).hostname or ""
    for attribute in attributes:
        name, _, value = attribute.partition("=")
        domain = value.strip().lower().removeprefix(".")
        if name.strip().lower() == "domain" and "." in domain and _matches(host, f".{domain}"):
            return f".{domain}"
    return host


def _may_follow(source: str, url: str) -> bool:
    """Whether a cookie may go on from one URL to another, of whatever hosts."""
    before, after = urlsplit(source), urlsplit(url)
    upgrade = (before.scheme, after.scheme) == ("http", "https") and after.port is None
    return (before.scheme, before.port) == (after.scheme, after.port) or (
        upgrade and before.port is None
    )


def _matches(host: str, domain: str) -> bool:
    return host == domain.removeprefix(".") or (domain.startswith(".") and host.endswith(domain))
