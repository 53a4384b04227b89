"""The one HTTP client: a guarded connection to anywhere, and the name under which we ask."""

import contextlib
import functools
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import certifi

from tasks.http.ssrf_guard import Guard, GuardedResolver, Lookup, system_lookup
from tasks.http.transport import AiohttpTransport

# Long enough for the next page or transcript of the same host, short enough that the poller, which
# meets a thousand hosts in this time, does not run out of file handles.
KEEP_ALIVE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Client:
    """A guarded transport and the name under which we ask."""

    transport: AiohttpTransport
    user_agent: str


@contextlib.asynccontextmanager
async def open_client(
    guard: Guard, user_agent: str, lookup: Lookup = system_lookup
) -> AsyncIterator[Client]:
    """Open the client for the running event loop; no proxy or other setting of the environment.

    Costs well under a millisecond. ``lookup`` is there for tests of what name servers may answer.
    """
    connector = aiohttp.TCPConnector(
        limit=0,  # how much runs at once is decided where it is known for which hosts
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
    )
    transport = AiohttpTransport(session)
    try:
        yield Client(transport, user_agent)
    finally:
        await transport.aclose()
        await resolver.close()


@functools.cache
def _tls() -> ssl.SSLContext:
    """Return the one TLS context of the process: reading the certificates takes some 30 ms."""
    return ssl.create_default_context(cafile=certifi.where())
