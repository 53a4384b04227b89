"""Map every exception of a fetch to a `FetchFailed` with a reason code and a message."""

import os
import socket
from collections.abc import Iterator

import httpx

from tasks.http.decoding import BodyRefused
from tasks.http.redaction import scrub
from tasks.http.ssrf_guard import DialRefused
from tasks.http.transport import BodyCutShort, NameNotResolved, TlsFailed
from tasks.http.urls import UrlRefused
from tasks.http.values import FetchFailed

# What one request may raise. httpx raises ValueError for what it cannot put into a request.
EXPECTED_ERRORS = (
    UrlRefused,
    BodyRefused,
    httpx.HTTPError,
    httpx.InvalidURL,
    ValueError,
)

# (exception, reason, message, retriable). The first match decides, so subclasses come first.
_NETWORK_FAILURES: tuple[tuple[type[httpx.TransportError], str, str, bool], ...] = (
    (TlsFailed, "tls_failed", "no TLS connection to {host}: {message}", False),
    (httpx.ConnectError, "connect_failed", "cannot connect to {host}: {message}", True),
    (httpx.TimeoutException, "timeout", "no connection to {host} in time", True),
    (BodyCutShort, "truncated", "{host} ended the body early", True),
    (httpx.NetworkError, "dropped", "{host} dropped the connection", True),
)


def as_fetch_failure(error: BaseException, host: str) -> FetchFailed:
    """Return the `FetchFailed` for ``error``, with ``host`` in its message.

    Our own exceptions decide, wherever they are in the chain of causes: aiohttp reports a refused
    address as a failed connection, or as a name that does not resolve.
    """
    for cause in _chain(error):
        if isinstance(cause, UrlRefused | BodyRefused | DialRefused):
            retriable = cause.reason == "truncated"
            return FetchFailed(cause.reason, f"{host}: {cause}", retriable=retriable)
    message = _message(error)
    if isinstance(error, NameNotResolved):
        return FetchFailed("dns_failed", f"{host}: {message}", retriable=_is_transient(error))
    for kind, reason, template, retriable in _NETWORK_FAILURES:
        if isinstance(error, kind):
            text = template.format(host=host, message=message)
            return FetchFailed(reason, text, retriable=retriable)
    return FetchFailed("protocol_error", f"{host} violates the HTTP protocol: {message}")


def _chain(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__


def _is_transient(error: NameNotResolved) -> bool:
    """Whether the name server failed, and not the name."""
    cause = error.__cause__
    return isinstance(cause, OSError) and cause.errno == socket.EAI_AGAIN


def _message(error: BaseException) -> str:
    """What an error says; of a system call that failed, what the system says."""
    numbers = (each.errno or 0 for each in _chain(error) if isinstance(each, OSError))
    by_system = next((os.strerror(number) for number in numbers if number > 0), "")
    return " ".join(scrub(by_system or str(error) or type(error).__name__).split())[:200]
