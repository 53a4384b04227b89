"""httpx's transport over aiohttp: httpx requests and responses, aiohttp's speed, raw bytes.

It replaces the package httpx-aiohttp, which changes URLs (``%2F`` in a query becomes ``/``, which
breaks signatures), and reports an unknown name, a refused address and an untrusted certificate as
the same error.
"""

from collections.abc import AsyncIterator

import aiohttp
import httpx
import yarl

CHUNK = 64 * 1024  # bytes of a body at most in one step


class NameNotResolved(httpx.ConnectError):
    """The name of the host has no address, or could not be resolved."""


class TlsFailed(httpx.ConnectError):
    """The host was reached, but the TLS handshake failed."""


class BodyCutShort(httpx.RemoteProtocolError):
    """The connection ended before the body did."""


_Kinds = type[BaseException] | tuple[type[BaseException], ...]

# What aiohttp raises; ValueError is for what it cannot put on the wire.
_EXPECTED_ERRORS = (aiohttp.ClientError, OSError, ValueError)

# The first match decides, so subclasses come first. Anything else is a protocol error.
_BY_CAUSE: tuple[tuple[_Kinds, type[httpx.TransportError]], ...] = (
    (aiohttp.ClientConnectorDNSError, NameNotResolved),
    (aiohttp.ClientSSLError, TlsFailed),
    (aiohttp.ClientConnectorError, httpx.ConnectError),
    (aiohttp.ConnectionTimeoutError, httpx.ConnectTimeout),
    (TimeoutError, httpx.ReadTimeout),
    (aiohttp.ClientPayloadError, BodyCutShort),
    ((aiohttp.ServerDisconnectedError, ConnectionError, aiohttp.ClientOSError), httpx.ReadError),
    (ValueError, httpx.LocalProtocolError),
)


class AiohttpTransport(httpx.AsyncBaseTransport):
    """Sends httpx requests through ``session``, which it owns; no redirects, no decoding.

    It reads two request extensions: ``timeout`` (``connect`` and ``read``, in seconds) and
    ``target``, the path and query to send unchanged (httpx removes dot segments from its own).
    Raises `httpx.TransportError`, always with aiohttp's exception as its cause.
    """

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.session = session

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send ``request``; return the response as soon as its head has arrived."""
        try:
            response = await self.session.request(
                request.method,
                _url(request),
                headers=[(name.decode(), value.decode()) for name, value in request.headers.raw],
                data=await request.aread() or None,
                allow_redirects=False,
                timeout=_timeout(request),
            )
        except _EXPECTED_ERRORS as error:
            raise _as_httpx(error) from error
        return httpx.Response(response.status, headers=response.raw_headers, stream=_Body(response))

    async def aclose(self) -> None:
        """Close all connections."""
        await self.session.close()


class _Body(httpx.AsyncByteStream):
    """The raw body. Not a generator: an unfinished one would wait for the garbage collector."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            data = await self._response.content.read(CHUNK)
        except _EXPECTED_ERRORS as error:
            raise _as_httpx(error) from error
        if not data:
            raise StopAsyncIteration
        return data

    async def aclose(self) -> None:
        """Release the connection to the pool, or close it when the body is unfinished."""
        self._response.release()
        await self._response.wait_for_close()


def _url(request: httpx.Request) -> yarl.URL:
    """Return the URL with its escapes unchanged, because signatures cover them."""
    url = request.url
    target: bytes = request.extensions.get("target", url.raw_path)
    return yarl.URL(f"{url.scheme}://{url.netloc.decode()}{target.decode()}", encoded=True)


def _timeout(request: httpx.Request) -> aiohttp.ClientTimeout:
    timeout = request.extensions.get("timeout", {})
    return aiohttp.ClientTimeout(sock_connect=timeout.get("connect"), sock_read=timeout.get("read"))


def _as_httpx(error: BaseException) -> httpx.TransportError:
    named = (name for kinds, name in _BY_CAUSE if isinstance(error, kinds))
    return next(named, httpx.RemoteProtocolError)(_message(error))


def _message(error: BaseException) -> str:
    message = error.strerror if isinstance(error, OSError) else None
    if isinstance(error, aiohttp.ClientResponseError):
        message = error.message  # its str() repeats the URL
    return message or str(error) or type(error).__name__
