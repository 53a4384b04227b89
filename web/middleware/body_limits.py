"""Bounds of request bodies, by route, before anything parses them."""

import asyncio
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.middleware.refusals import refusal

# How long a body may take, however it trickles.
BODY_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class BodyRule:
    """What a route takes: bytes at most, whether a file is among them, who reads them."""

    max_bytes: int
    files: bool = False
    # Read here as a whole, before the request takes one of the few places in its lane.
    first: bool = True


# Names, a password, or some ids of jobs; even a password of only four-byte characters fits.
_FORM = BodyRule(32_000)
# Of no use, and ignored where it is small.
_NO_BODY = BodyRule(1_000)
_LIST = BodyRule(2_000_000, files=True, first=False)


def rule_of(scope: Scope) -> BodyRule | None:
    """The rule of a request; None for deliveries of hubs, whose route has rules of its own."""
    path = scope["path"]
    if path.startswith("/websub/"):
        return None
    if scope["method"] != "POST" or path.startswith("/api/"):
        return _NO_BODY
    return _LIST if path == "/add" else _FORM


class BodyLimits:
    """ASGI middleware that refuses bodies that are too large, too slow, or of no use."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with a body within its bounds."""
        rule = rule_of(scope) if scope["type"] == "http" else None
        if rule is None:
            await self._app(scope, receive, send)
            return
        try:
            _check_head(Headers(scope=scope), rule)
            body: Receive = _BoundedBody(receive, rule.max_bytes)
            if rule.first:
                body = _replaying(await _whole(body), receive)
        except HTTPException as refused:
            answer = refusal(scope, refused.status_code, refused.detail, close=True)
            await answer(scope, receive, send)
            return
        except _Disconnected:
            return
        await self._app(scope, body, send)


class _Disconnected(Exception):
    """The client went away before its body was complete."""


class _BoundedBody:
    """The body of a request; raises 413 beyond its size and 408 after its time."""

    def __init__(self, receive: Receive, max_bytes: int) -> None:
        self._receive = receive
        self._left = max_bytes
        self._deadline = asyncio.get_running_loop().time() + BODY_SECONDS
        self._complete = False

    async def __call__(self) -> Message:
        """The next message, in time and within the size."""
        if self._complete:  # what comes now is that the client went away
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            detail = f"the body took more than {BODY_SECONDS:g} s"
            raise HTTPException(408, detail, {"connection": "close"}) from None
        self._left -= len(message.get("body", b""))
        self._complete = not message.get("more_body", False)
        if self._left < 0:
            raise HTTPException(413, _TOO_LARGE, {"connection": "close"})
        return message


_TOO_LARGE = "the body is larger than this URL accepts"


def _check_head(headers: Headers, rule: BodyRule) -> None:
    """Refuse what the head of a request says about its body."""
    length = headers.get("content-length", "0")
    if len(length) > 18 or int(length) > rule.max_bytes:
        raise HTTPException(413, _TOO_LARGE)
    if not rule.files and headers.get("content-type", "").lower().startswith("multipart/"):
        raise HTTPException(415, "no file is expected here")


async def _whole(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Disconnected
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return bytes(body)


def _replaying(body: bytes, receive: Receive) -> Receive:
    """A body that was read, once more; what follows is the client's."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replay() -> Message:
        return waiting.pop() if waiting else await receive()

    return replay
