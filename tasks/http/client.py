"""The one HTTP client: an SSRF-guarded transport and its User-Agent."""

import contextlib
import functools
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import certifi

from tasks.http.ssrf_guard import Guard, GuardedResolver, Lookup, system_lookup
from tasks.http.tolerant_transport import MAX_HEAD_BYTES, TolerantTransport
from tasks.http.transport import AiohttpTransport

# Long enough to fetch the next archive page or transcript of the same host; short enough that the
# poller, which connects to a thousand hosts in this time, does not run out of file descriptors.
KEEP_ALIVE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Client:
    """An SSRF-guarded transport, a tolerant one for a second try, and the User-Agent."""

    transport: AiohttpTransport
    tolerant: TolerantTransport
    user_agent: str


@contextlib.asynccontextmanager
async def open_client(
    guard: Guard, user_agent: str, lookup: Lookup = system_lookup
) -> AsyncIterator[Client]:
    """Open the client on the running event loop; it ignores proxy settings of the environment.

    Takes well under a millisecond. ``lookup`` lets tests choose the results of name resolution.
    """
    connector = aiohttp.TCPConnector(
        limit=0,  # no limit of its own: Batch limits concurrency, for each host too
        ssl=_tls(),
        keepalive_timeout=KEEP_ALIVE_SECONDS,
        resolver=(resolver := GuardedResolver(guard, lookup)),
        socket_factory=guard.socket_for,
    )
    session = aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        max_line_size=MAX_HEAD_BYTES,
        max_field_size=MAX_HEAD_BYTES,
    )
    transport = AiohttpTransport(session)
    try:
        yield Client(transport, TolerantTransport(guard, resolver, _tls()), user_agent)
    finally:
        await transport.aclose()
        await resolver.close()


@functools.cache
def _tls() -> ssl.SSLContext:
    """Return the process-wide TLS context; reading the certificates takes some 30 ms."""
    return ssl.create_default_context(cafile=certifi.where())
