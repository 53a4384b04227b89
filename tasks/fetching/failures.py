"""Gives every way in which a fetch can fail its one word and its sentence."""

import socket
from collections.abc import Iterator

import aiohttp

from tasks.fetching.decoding import BodyRefused
from tasks.fetching.guard import DialRefused
from tasks.fetching.redaction import scrub
from tasks.fetching.urls import UrlRefused
from tasks.fetching.values import FetchFailed

_Kinds = type[BaseException] | tuple[type[BaseException], ...]

# What may be raised for one request. ValueError: yarl and aiohttp for what they cannot put on the
# wire.
EXPECTED = (
    UrlRefused,
    BodyRefused,
    aiohttp.ClientError,
    OSError,
    ValueError,
)


# (exception, reason, sentence, retriable); the first that fits, so the narrower stand first.
_NETWORK_FAILURES: tuple[tuple[_Kinds, str, str, bool], ...] = (
    (aiohttp.ClientSSLError, "tls_failed", "no safe connection to {host}: {said}", False),
    (aiohttp.ClientConnectorError, "connect_failed", "cannot connect to {host}: {said}", True),
    (TimeoutError, "timeout", "no connection to {host} in time", True),
    (aiohttp.ClientPayloadError, "truncated", "{host} ended the body early", True),
    (
        (aiohttp.ServerDisconnectedError, ConnectionError, aiohttp.ClientOSError),
        "dropped",
        "{host} dropped the connection",
        True,
    ),
)


def named_failure(error: BaseException, host: str) -> FetchFailed:
    """Return the failure that ``error`` means, said about ``host``.

    What we raised ourselves decides, wherever in the chain of causes it stands: aiohttp reports a
    refused address as a connection that failed, or a name that could not be resolved.
    """
    causes = list(_chain(error))
    for cause in causes:
        if isinstance(cause, UrlRefused | BodyRefused | DialRefused):
            retriable = cause.reason == "truncated"
            return FetchFailed(cause.reason, f"{host}: {cause}", retriable=retriable)
    for cause in causes:
        if failure := _network_failure(cause, host):
            return failure
    return FetchFailed("protocol_error", f"{host} does not speak HTTP as we do: {_said(error)}")


def _chain(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__


def _network_failure(cause: BaseException, host: str) -> FetchFailed | None:
    if isinstance(cause, aiohttp.ClientConnectorDNSError):
        passing = cause.os_error.errno == socket.EAI_AGAIN
        said = cause.os_error.strerror or "the name could not be resolved"
        return FetchFailed("dns_failed", f"{host}: {said}", retriable=passing)
    for kinds, reason, sentence, retriable in _NETWORK_FAILURES:
        if isinstance(cause, kinds):
            message = sentence.format(host=host, said=_said(cause))
            return FetchFailed(reason, message, retriable=retriable)
    return None


def _said(error: BaseException) -> str:
    said = error.strerror if isinstance(error, OSError) else None
    if isinstance(error, aiohttp.ClientResponseError):
        said = error.message  # its str() repeats the URL
    return " ".join(scrub(said or str(error) or type(error).__name__).split())[:200]
