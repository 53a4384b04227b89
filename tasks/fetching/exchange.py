"""One request and its answer, the body read in steps under its caps."""

from dataclasses import replace
from urllib.parse import urljoin, urlsplit

import aiohttp
import yarl

from tasks.fetching.decoding import BodyRefused, decoder_for
from tasks.fetching.failures import EXPECTED, named_failure
from tasks.fetching.headers import answer_headers
from tasks.fetching.urls import UrlRefused
from tasks.fetching.values import Fetched, FetchLimits

REDIRECTS = frozenset({301, 302, 303, 307, 308})
PARTIAL = 206  # never asked for, and no whole body
CHUNK = 64 * 1024


async def ask(
    session: aiohttp.ClientSession, url: str, headers: dict[str, str], limits: FetchLimits
) -> tuple[Fetched, str | None]:
    """GET ``url`` once; return the answer, and where it redirects to, if it does.

    Raises:
        FetchFailed: for anything but a whole answer within ``limits``.
    """
    try:
        async with session.get(
            yarl.URL(url, encoded=True),  # as it is: signatures are made over the escapes
            headers=headers,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(sock_connect=limits.connect_seconds),
        ) as response:
            return await _read(response, url, limits), _redirect_target(response, url)
    except EXPECTED as error:
        raise named_failure(error, host_of(url)) from error


def host_of(url: str) -> str:
    """Return the host of ``url``, for messages."""
    return urlsplit(url).hostname or "the server"


async def _read(response: aiohttp.ClientResponse, url: str, limits: FetchLimits) -> Fetched:
    fetched = Fetched(response.status, url, answer_headers(response.headers, url))
    if not 200 <= response.status < 300 or response.status == PARTIAL:
        return fetched  # nobody reads the body of an error page; leaving drops it unread
    body, wire_bytes = await _read_body(response, limits)
    return replace(fetched, body=body, wire_bytes=wire_bytes)


async def _read_body(response: aiohttp.ClientResponse, limits: FetchLimits) -> tuple[bytes, int]:
    decoder = decoder_for(response.headers.get("content-encoding", ""), limits.max_body_bytes)
    _check_wire_bytes(response.content_length or 0, limits)
    wire_bytes = 0
    async for data in response.content.iter_chunked(CHUNK):
        wire_bytes += len(data)
        _check_wire_bytes(wire_bytes, limits)
        decoder.feed(data)
    return decoder.finish(), wire_bytes


def _check_wire_bytes(size: int, limits: FetchLimits) -> None:
    if size > limits.max_wire_bytes:
        raise BodyRefused("too_large", f"more than {limits.max_wire_bytes} bytes are sent")


def _redirect_target(response: aiohttp.ClientResponse, url: str) -> str | None:
    location = response.headers.get("location")
    if response.status not in REDIRECTS or not location:
        return None
    try:
        return urljoin(url, location.strip())
    except ValueError as error:
        raise UrlRefused("bad_url", "the redirect leads to no readable URL") from error
