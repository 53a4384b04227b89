"""URLs: which are fetched, their normal form, the key that two URLs of one feed share. Pure."""

import base64
import ipaddress
import re
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import SplitResult, quote, unquote, urlsplit

import idna

MAX_LENGTH = 4096  # signed URLs reach two thousand characters; nothing real reaches four

DEFAULT_PORTS = {"http": 80, "https": 443}

# Schemes of links that open a podcast app. They become https and not http: private feeds hand out
# their tokens in such links, and a token must not travel in the clear.
APP_SCHEMES = ("feed", "itpc", "pcast", "podcast")
# Schemes of links into Apple's store, for a regular expression.
STORE_SCHEMES = "itms-podcasts?|itmss?|podcasts"
# A host name or a page without a scheme, as people write it.
BARE_HOST = re.compile(
    r"(?:(?:[^\s/:?#@.]+\.)+[^\W\d_][^\s/:?#@]*(?::\d{1,5})?|[\w.-]+:\d{2,5})(?:[/?#]\S*)?"
)

_APP_LINK = re.compile(rf"^(?:{'|'.join(APP_SCHEMES)}):(?:(https?:)//|//)", re.IGNORECASE)
_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,62})\.)*[a-z0-9_][a-z0-9_-]{0,62}\.?")
_NUMBER = re.compile(r"(?:\d+|0x[0-9a-f]*)")
_ESCAPE = re.compile(r"%([0-9a-fA-F]{2})")
_SAFE_CHARACTERS = "%!#$&'()*+,/:;=?@[]~"  # besides letters, digits, hyphen, dot and underscore
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


class UrlRefused(ValueError):
    """The URL is never fetched.

    Attributes:
        reason: ``scheme_refused`` (not http or https) or ``bad_url`` (malformed or ambiguous).
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Credentials:
    """The user name and password of a URL."""

    username: str = field(repr=False)
    password: str = field(repr=False)

    def header(self) -> str:
        """Return the value of the Authorization header, in UTF-8 (RFC 7617)."""
        pair = f"{self.username}:{self.password}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"


class SplitUrl(NamedTuple):
    """A URL without its userinfo, and the credentials from it."""

    url: str
    credentials: Credentials | None


def host_of(url: str) -> str:
    """Return the host of ``url`` in lower case; ``the server`` when it has none. Never raises."""
    try:
        return urlsplit(url).hostname or "the server"
    except ValueError:
        return "the server"


def normal_url(url: str) -> str:
    """Return the normal form of ``url``, in which it is stored and fetched; raises `UrlRefused`.

    App links become https, the host becomes lower case and IDNA (UTS 46), the default port and the
    fragment are removed. Path and query stay as published, because signatures cover them; only
    characters that are not allowed in a URL are escaped (spaces, anything but ASCII).
    """
    parts, host = _checked(url)
    return _unsplit(parts, _authority(parts, host))


def url_key(url: str) -> str:
    """Return the key that two spellings of one feed URL share; raises `UrlRefused`.

    It ignores the scheme, a trailing slash of the path and the spelling of escapes (RFC 3986,
    6.2.2). A user name is part of it, as it may select another feed; a password is not, as it
    changes. Nothing else is ignored: not ``www.``, not the order of the query, not letter case.
    """
    parts, host = _checked(url)
    user = f"{parts.username}@" if parts.username else ""
    path = _plain_escapes(_escaped(parts.path.removesuffix("/"))) or "/"
    query = f"?{_plain_escapes(_escaped(parts.query))}" if parts.query else ""
    return f"{user}{_with_port(parts, host)}{path}{query}"


def split_credentials(url: str) -> SplitUrl:
    """Split the normal form of ``url`` into the bare URL and credentials; raises `UrlRefused`."""
    parts, host = _checked(url)
    bare = _unsplit(parts, _with_port(parts, host))
    if not (parts.username or parts.password):
        return SplitUrl(bare, None)
    username, password = unquote(parts.username or ""), unquote(parts.password or "")
    return SplitUrl(bare, Credentials(username, password))


def origin_of(url: str) -> str:
    """Return scheme, host and port of a URL in normal form (RFC 6454)."""
    scheme, authority, *_ = urlsplit(url)
    return f"{scheme}://{authority.rpartition('@')[2]}"


def may_share_credentials(old: str, new: str) -> bool:
    """Return whether credentials or validators of ``old`` may be sent to ``new``, in normal form.

    Only to the same origin (RFC 9110, 15.4), or from http to https on the same host.
    """
    before, after = urlsplit(old), urlsplit(new)
    if before[:2] == after[:2]:
        return True
    upgrade = (before.scheme, after.scheme) == ("http", "https")
    return upgrade and before.port is after.port is None and before.hostname == after.hostname


def _checked(url: str) -> tuple[SplitResult, str]:
    url = _APP_LINK.sub(lambda link: f"{link[1] or 'https:'}//", url.strip(" \t\r\n"))
    if len(url) > MAX_LENGTH:
        raise UrlRefused("bad_url", f"the URL is longer than {MAX_LENGTH} characters")
    if not url.isprintable():  # urlsplit would silently drop tabs and line ends
        raise UrlRefused("bad_url", "the URL contains a control character")
    parts = _split(url)
    if parts.scheme not in DEFAULT_PORTS:
        scheme = f"the scheme {parts.scheme[:20]!r}" if parts.scheme else "no scheme"
        message = f"only http and https URLs are fetched; this URL has {scheme}"
        raise UrlRefused("scheme_refused", message)
    _check_authority(parts)
    return parts, _checked_host(parts.hostname or "")


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port  # raises when it is not a number, or above 65535
    except ValueError as error:
        raise UrlRefused("bad_url", "the URL is malformed") from error
    if port == 0:
        raise UrlRefused("bad_url", "port 0 does not exist")
    return parts


def _check_authority(parts: SplitResult) -> None:
    # URL parsers disagree about these characters, and so about which host is meant.
    if "\\" in parts.netloc or " " in parts.netloc or parts.netloc.count("@") > 1:
        raise UrlRefused("bad_url", "the part of the URL that names the host is ambiguous")


def _checked_host(host: str) -> str:
    if ":" in host:
        return _ipv6_host(host)
    if not host.isascii():
        host = _idna(host)
    if len(host) > 254 or not _HOST.fullmatch(host):
        raise UrlRefused("bad_url", "the URL has no valid host")
    if _NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]):
        _check_ipv4(host)
    return host


def _ipv6_host(host: str) -> str:
    if "%" in host:
        raise UrlRefused("bad_url", "an IPv6 zone is valid only on its own machine")
    try:
        return f"[{ipaddress.IPv6Address(host)}]"
    except ValueError as error:
        raise UrlRefused("bad_url", "the host is not an IPv6 address") from error


def _check_ipv4(host: str) -> None:
    # 0177.0.0.1, 2130706433 and 127.1 are all 127.0.0.1 to a C library (WHATWG URL, 3.5).
    try:
        ipaddress.IPv4Address(host)
    except ValueError as error:
        raise UrlRefused("bad_url", "the host is a number but not a plain IPv4 address") from error


def _idna(host: str) -> str:
    try:
        return idna.encode(host, uts46=True).decode().lower()
    except (idna.IDNAError, UnicodeError) as error:
        raise UrlRefused("bad_url", "the host is not a valid internationalized name") from error


def _with_port(parts: SplitResult, host: str) -> str:
    default = DEFAULT_PORTS[parts.scheme]
    return host if parts.port in {None, default} else f"{host}:{parts.port}"


def _authority(parts: SplitResult, host: str) -> str:
    userinfo, at, _ = parts.netloc.rpartition("@")
    return f"{userinfo}{at}{_with_port(parts, host)}"


def _unsplit(parts: SplitResult, authority: str) -> str:
    query = f"?{_escaped(parts.query)}" if parts.query else ""
    return f"{parts.scheme}://{authority}{_escaped(parts.path or '/')}{query}"


def _escaped(text: str) -> str:
    return quote(text, safe=_SAFE_CHARACTERS)


def _plain_escapes(text: str) -> str:
    def plain(escape: re.Match[str]) -> str:
        character = chr(int(escape[1], 16))
        return character if character in _UNRESERVED else escape[0].upper()

    return _ESCAPE.sub(plain, text)
