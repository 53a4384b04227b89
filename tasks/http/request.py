"""Send one request and read its response; the body is read in bounded steps."""

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

import httpx

from tasks.http.decoding import BodyRefused, decoder_for
from tasks.http.failures import EXPECTED_ERRORS, as_fetch_failure
from tasks.http.headers import all_values, first_value, response_headers
from tasks.http.urls import UrlRefused, host_of
from tasks.http.values import Fetched, FetchLimits

REDIRECTS = frozenset({301, 302, 303, 307, 308})
PARTIAL = 206  # not a complete body: only a download sends Range

_NO_BODY = httpx.ByteStream(b"")


# Reads the body of a response within the limits, into memory or elsewhere.
ReadBody = Callable[[httpx.Response, str, FetchLimits], Awaitable[Fetched]]


class Received(NamedTuple):
    """A response, the target of its redirect, if any, and its Set-Cookie fields."""

    fetched: Fetched
    location: str | None
    cookies: list[str]


async def send(
    transport: httpx.AsyncBaseTransport,
    url: str,
    headers: dict[str, str],
    limits: FetchLimits,
    form: bytes | None = None,
    read: ReadBody | None = None,
) -> Received:
    """GET ``url``, or POST ``form`` to it; return what was received.

    Calls the transport directly, without `httpx.AsyncClient`: redirects, cookies, decoding and
    retries are handled by us, so the client would only add processor time.

    Raises:
        FetchFailed: no complete response within ``limits``.
    """
    try:
        response = await transport.handle_async_request(_request(url, headers, limits, form))
        async with aclosing(response):
            location = _redirect_target(response, url)
            fetched = await (read or _read)(response, url, limits)
            return Received(fetched, location, all_values(response.headers, b"set-cookie"))
    except EXPECTED_ERRORS as error:
        raise as_fetch_failure(error, host_of(url)) from error


def _request(
    url: str, headers: dict[str, str], limits: FetchLimits, form: bytes | None
) -> httpx.Request:
    origin, target = _split(url)
    return httpx.Request(
        "POST" if form else "GET",
        origin,
        headers=httpx.Headers(headers, encoding="utf-8"),
        # Explicit, or httpx tests for every kind of body.
        stream=httpx.ByteStream(form) if form else _NO_BODY,
        extensions={"timeout": {"connect": limits.connect_seconds}, "target": target},
    )


def _split(url: str) -> tuple[httpx.URL, bytes]:
    """Return the origin, and the rest unchanged: signatures cover dot segments and escapes too."""
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc}"
    return _origin(origin), url.removeprefix(origin).encode()


@lru_cache(maxsize=4096)
def _origin(origin: str) -> httpx.URL:
    """Parse an origin once: to parse a URL takes httpx a tenth of a whole request."""
    return httpx.URL(origin)


async def _read(response: httpx.Response, url: str, limits: FetchLimits) -> Fetched:
    fetched = Fetched(response.status_code, url, response_headers(response.headers, url))
    if not response.is_success or response.status_code == PARTIAL:
        return fetched  # the body of an error page is not needed; closing drops it unread
    body, wire_bytes = await _read_body(response, limits)
    return replace(fetched, body=body, wire_bytes=wire_bytes)


async def _read_body(response: httpx.Response, limits: FetchLimits) -> tuple[bytes, int]:
    coding = first_value(response.headers, b"content-encoding")
    decoder = decoder_for(coding, limits.max_body_bytes)
    _check_wire_bytes(int(first_value(response.headers, b"content-length") or 0), limits)
    async for data in response.aiter_raw():
        _check_wire_bytes(response.num_bytes_downloaded, limits)
        decoder.feed(data)
    return decoder.finish(), response.num_bytes_downloaded


def _check_wire_bytes(size: int, limits: FetchLimits) -> None:
    if size > limits.max_wire_bytes:
        message = f"the body is larger than {limits.max_wire_bytes} bytes on the wire"
        raise BodyRefused("too_large", message)


def _redirect_target(response: httpx.Response, url: str) -> str | None:
    if response.status_code not in REDIRECTS:
        return None
    location = first_value(response.headers, b"location").strip()
    try:
        return urljoin(url, location) if location else None
    except ValueError as error:
        raise UrlRefused("bad_url", "the redirect target is not a valid URL") from error
