"""Fetch one URL within limits; redirects are followed here, so that each hop is checked."""

import asyncio
import time
from dataclasses import replace

from tasks.http.client import Client
from tasks.http.cookies import ChainCookies
from tasks.http.decoding import ACCEPT_ENCODING
from tasks.http.failures import as_fetch_failure
from tasks.http.request import ReadBody, Received, send
from tasks.http.urls import (
    Credentials,
    UrlRefused,
    host_of,
    may_share_credentials,
    split_credentials,
)
from tasks.http.values import Fetched, FetchFailed, FetchLimits, FetchRequest, Hop

_FORM = "application/x-www-form-urlencoded"
_SAME_METHOD = frozenset({307, 308})


async def fetch(
    client: Client, request: FetchRequest, limits: FetchLimits, read: ReadBody | None = None
) -> Fetched:
    """GET one URL and follow its redirects; every response is a value, whatever its status.

    ``read`` reads the bodies, where they shall not be in memory.

    A POST follows only 307 and 308, which must not change the method; any other redirect is
    returned as the response (RFC 9110, 15.4).

    Raises:
        FetchFailed: no complete response within ``limits``, or the URL, a redirect or an IP address
            is refused.
    """
    started = time.monotonic()
    try:
        async with asyncio.timeout(limits.deadline_seconds):
            fetched = await _follow(client, request, limits, read)
    except TimeoutError as error:
        message = f"no complete response within {limits.deadline_seconds:g} s"
        raise FetchFailed("timeout", message, retriable=True) from error
    return replace(fetched, took_ms=round((time.monotonic() - started) * 1000))


async def _follow(
    client: Client, request: FetchRequest, limits: FetchLimits, read: ReadBody | None
) -> Fetched:
    url, credentials = _target(request.url)
    validators_origin = request.validators_origin or url
    hops: list[Hop] = []
    cookies = ChainCookies()
    requested: set[tuple[str, str | None]] = set()
    while True:
        cookie = cookies.header(url)
        requested.add((url, cookie))
        conditional = may_share_credentials(validators_origin, url)
        headers = _request_headers(client, request, credentials, cookie, conditional=conditional)
        fetched, location, set_cookies = await _exchange(
            client, url, headers, limits, request.form, read
        )
        if location is None or (request.form and fetched.status not in _SAME_METHOD):
            return replace(fetched, hops=tuple(hops))
        cookies.store(url, set_cookies)
        next_url, new_credentials = _target(location, before=url)
        hops.append(Hop(url, fetched.status, next_url))
        _check_hops(hops, limits.max_redirects, (next_url, cookies.header(next_url)) in requested)
        if not may_share_credentials(url, next_url):
            credentials, request = None, replace(request, headers=())
        credentials = new_credentials or credentials
        url = next_url


async def _exchange(
    client: Client,
    url: str,
    headers: dict[str, str],
    limits: FetchLimits,
    form: bytes | None,
    read: ReadBody | None,
) -> Received:
    """Send one request; try a second time, tolerantly, where the response violates HTTP.

    A POST is never sent twice.
    """
    try:
        return await send(client.transport, url, headers, limits, form, read)
    except FetchFailed as failure:
        if form or failure.reason != "protocol_error":
            raise
        try:
            return await send(client.tolerant, url, headers, limits, read=read)
        except FetchFailed as second:
            worse = second.reason in {"protocol_error", "dropped"}
            raise (failure if worse else second) from second


def _target(url: str, before: str | None = None) -> tuple[str, Credentials | None]:
    try:
        return split_credentials(url)
    except UrlRefused as error:
        host = f"the redirect of {host_of(before)}" if before else "this URL"
        raise as_fetch_failure(error, host) from error


def _check_hops(hops: list[Hop], max_redirects: int, is_repeated: bool) -> None:
    if is_repeated:
        host = host_of(hops[-1].url)
        raise FetchFailed("redirect_loop", f"{host} redirects in a circle")
    if len(hops) > max_redirects:
        raise FetchFailed("too_many_redirects", f"more than {max_redirects} redirects")


def _request_headers(
    client: Client,
    request: FetchRequest,
    credentials: Credentials | None,
    cookie: str | None,
    *,
    conditional: bool,
) -> dict[str, str]:
    headers = {
        "User-Agent": client.user_agent,
        "Accept": request.accept,
        "Accept-Encoding": ACCEPT_ENCODING if request.range is None else "identity",
        # An entity tag may identify us, so it goes to the origin that sent it and to no other.
        "Range": request.range or None if conditional else None,
        "If-Range": request.if_range if conditional else None,
        "Content-Type": _FORM if request.form else None,
        "If-None-Match": request.etag if conditional else None,
        "If-Modified-Since": request.last_modified if conditional else None,
        "Cookie": cookie,
        "Authorization": credentials.header() if credentials else None,
    }
    own = {name: value for name, value in headers.items() if value is not None}
    return own | dict(request.headers)
