"""One request and its answer, the body read in steps under its caps."""

from contextlib import aclosing
from dataclasses import replace
from functools import lru_cache
from urllib.parse import urljoin, urlsplit

import httpx

from tasks.http.decoding import BodyRefused, decoder_for
from tasks.http.failures import EXPECTED, named_failure
from tasks.http.headers import answer_headers, first_value
from tasks.http.urls import UrlRefused
from tasks.http.values import Fetched, FetchLimits

REDIRECTS = frozenset({301, 302, 303, 307, 308})
PARTIAL = 206  # never asked for, and no whole body

_NO_BODY = httpx.ByteStream(b"")


async def ask(
    transport: httpx.AsyncBaseTransport,
    url: str,
    headers: dict[str, str],
    limits: FetchLimits,
    form: bytes | None = None,
) -> tuple[Fetched, str | None]:
    """GET ``url`` once, or POST ``form`` to it; the answer, and where it redirects to, if it does.

    Through the transport and not an `httpx.AsyncClient` around it: redirects, cookies, decoding and
    retries are ours or nobody's, so that all it adds is time.

    Raises:
        FetchFailed: for anything but a whole answer within ``limits``.
    """
    try:
        response = await transport.handle_async_request(_request(url, headers, limits, form))
        async with aclosing(response):
            return await _read(response, url, limits), _redirect_target(response, url)
    except EXPECTED as error:
        raise named_failure(error, host_of(url)) from error


def host_of(url: str) -> str:
    """Return the host of ``url``, for messages."""
    return urlsplit(url).hostname or "the server"


def _request(
    url: str, headers: dict[str, str], limits: FetchLimits, form: bytes | None
) -> httpx.Request:
    origin, target = _split(url)
    return httpx.Request(
        "POST" if form else "GET",
        origin,
        headers=httpx.Headers(headers, encoding="utf-8"),
        # Given, or httpx tries every kind of body that there could be.
        stream=httpx.ByteStream(form) if form else _NO_BODY,
        extensions={"timeout": {"connect": limits.connect_seconds}, "target": target},
    )


def _split(url: str) -> tuple[httpx.URL, bytes]:
    """Return the origin, and the rest as it is: signatures are made over dots and escapes too."""
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc}"
    return _origin(origin), url.removeprefix(origin).encode()


@lru_cache(maxsize=4096)
def _origin(origin: str) -> httpx.URL:
    """Read an origin once; httpx takes a tenth of a whole request to read a URL."""
    return httpx.URL(origin)


async def _read(response: httpx.Response, url: str, limits: FetchLimits) -> Fetched:
    fetched = Fetched(response.status_code, url, answer_headers(response.headers, url))
    if not response.is_success or response.status_code == PARTIAL:
        return fetched  # nobody reads the body of an error page; leaving drops it unread
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
        raise BodyRefused("too_large", f"more than {limits.max_wire_bytes} bytes are sent")


def _redirect_target(response: httpx.Response, url: str) -> str | None:
    if response.status_code not in REDIRECTS:
        return None
    location = first_value(response.headers, b"location").strip()
    try:
        return urljoin(url, location) if location else None
    except ValueError as error:
        raise UrlRefused("bad_url", "the redirect leads to no readable URL") from error
