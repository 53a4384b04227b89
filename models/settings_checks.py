"""Checks of settings beyond their types, whose messages never repeat a secret. Pure."""

import ipaddress
import math
import ssl
from collections.abc import Collection
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

POSTGRESQL = ("postgresql", "postgres", "postgresql+psycopg")
REDIS = ("redis", "rediss", "valkey", "valkeys")
REDIS_SOCKET = ("redis+socket", "unix")
AMQP = ("amqp", "amqps", "pyamqp")
WEB = ("http", "https")

# More of a unit than this is a mistake, and dates would end before it.
_MOST = {"_seconds": 1e9, "_days": 36_500, "_bytes": 1e15}
_MOST_OF_OTHERS = 1e9

_ENCODE = "percent-encode / ? # @ and : in a user name or password"


def check_url(url: str, schemes: Collection[str]) -> None:
    """Check a URL of a server.

    Raises:
        ValueError: what is wrong with it.
    """
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in schemes:
        raise ValueError(f"must begin with {' or '.join(f'{each}://' for each in schemes)}")
    if not rest.isprintable() or " " in rest:
        raise ValueError("has a space or a character that cannot be printed")
    parts = _split(url)
    if parts.fragment or "#" in rest:
        raise ValueError(f"has a # in it: {_ENCODE}")
    if parts.netloc.count("@") > 1:
        raise ValueError(f"has a second @: {_ENCODE}")
    if not parts.hostname and scheme in {*REDIS, *AMQP, *WEB}:
        raise ValueError("names no host")
    if scheme in REDIS and not (parts.path.strip("/") or "0").isdecimal():
        raise ValueError("must end with the number of a database, such as /0")


def check_dsn(dsn: str) -> None:
    """Check the DSN of a project in Sentry.

    Raises:
        ValueError: what is wrong with it.
    """
    check_url(dsn, WEB)
    parts = urlsplit(dsn)
    if not parts.username or not parts.path.rpartition("/")[2].isdecimal():
        raise ValueError("is no DSN, such as https://key@sentry.example/1")


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  raises
    except ValueError:
        raise ValueError(f"its host or port cannot be read: {_ENCODE}") from None
    return parts


def check_number(name: str, number: float) -> None:
    """Check that a number is finite, and not so large that it must be a mistake.

    Raises:
        ValueError: what is wrong with it.
    """
    most = next((most for unit, most in _MOST.items() if name.endswith(unit)), _MOST_OF_OTHERS)
    if not math.isfinite(number) or number > most:
        raise ValueError(f"must be at most {most:,.0f}")


def check_folder(path: Path) -> None:
    """Check that a path is a folder, or may become one.

    Raises:
        ValueError: it is a file, or inside of one.
    """
    for each in (path, *path.parents):
        if each.is_dir():
            return
        if each.exists():
            raise ValueError("is a file, or inside of one, and must be a folder")


def check_certificates(path: Path) -> None:
    """Check that a file has certificates.

    Raises:
        ValueError: it cannot be read, or has none.
    """
    try:
        ssl.create_default_context(cafile=path)
    except OSError as error:
        if error.errno is not None and not isinstance(error, ssl.SSLError):
            raise ValueError(f"cannot be read: {error.strerror}") from None
        raise ValueError("is no file of certificates in PEM") from None


def check_networks(text: str) -> None:
    """Check comma-separated IP addresses and networks; ``*`` is all.

    Raises:
        ValueError: one of them is neither.
    """
    for part in filter(None, (part.strip() for part in text.split(","))):
        if part != "*":
            _check_network(part)


def _check_network(part: str) -> None:
    try:
        ipaddress.ip_network(part, strict=False)
    except ValueError:
        message = f"{part[:40]!r} is no IP address or network, such as 10.0.0.0/8"
        raise ValueError(message) from None
