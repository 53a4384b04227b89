"""Gives every way in which a fetch can fail its one word and its sentence."""

import socket
from collections.abc import Iterator

import httpx

from tasks.http.decoding import BodyRefused
from tasks.http.redaction import scrub
from tasks.http.ssrf_guard import DialRefused
from tasks.http.transport import BodyCutShort, NameNotResolved, TlsFailed
from tasks.http.urls import UrlRefused
from tasks.http.values import FetchFailed

# What may be raised for one request. ValueError: httpx for what it cannot put into a request.
EXPECTED = (
    UrlRefused,
    BodyRefused,
    httpx.HTTPError,
    httpx.InvalidURL,
    ValueError,
)

# (exception, reason, sentence, retriable); the first that fits, so the narrower stand first.
_NETWORK_FAILURES: tuple[tuple[type[httpx.TransportError], str, str, bool], ...] = (
    (TlsFailed, "tls_failed", "no safe connection to {host}: {said}", False),
    (httpx.ConnectError, "connect_failed", "cannot connect to {host}: {said}", True),
    (httpx.TimeoutException, "timeout", "no connection to {host} in time", True),
    (BodyCutShort, "truncated", "{host} ended the body early", True),
    (httpx.NetworkError, "dropped", "{host} dropped the connection", True),
)


def named_failure(error: BaseException, host: str) -> FetchFailed:
    """Return the failure that ``error`` means, said about ``host``.

    What we raised ourselves decides, wherever in the chain of causes it stands: a refused address
    is reported as a connection that failed, or a name that could not be resolved.
    """
    for cause in _chain(error):
        if isinstance(cause, UrlRefused | BodyRefused | DialRefused):
            retriable = cause.reason == "truncated"
            return FetchFailed(cause.reason, f"{host}: {cause}", retriable=retriable)
    said = _said(error)
    if isinstance(error, NameNotResolved):
        return FetchFailed("dns_failed", f"{host}: {said}", retriable=_may_pass(error))
    for kind, reason, sentence, retriable in _NETWORK_FAILURES:
        if isinstance(error, kind):
            return FetchFailed(reason, sentence.format(host=host, said=said), retriable=retriable)
    return FetchFailed("protocol_error", f"{host} does not speak HTTP as we do: {said}")


def _chain(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__


def _may_pass(error: NameNotResolved) -> bool:
    """Whether the name server was the trouble and not the name."""
    cause = error.__cause__
    return isinstance(cause, OSError) and cause.errno == socket.EAI_AGAIN


def _said(error: BaseException) -> str:
    return " ".join(scrub(str(error) or type(error).__name__).split())[:200]
