"""ETag and conditional GET (RFC 9110, 13): what its asker has already is not sent again."""

import hashlib

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Validators:
    """ASGI middleware that names each JSON answer by its bytes, and says 304 where it is known.

    Streams pass through as they come.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and judge its answer."""
        if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"}:
            await self._app(scope, receive, send)
            return
        started: list[Message] = []

        async def judging(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_whole(message):
                started.append(message)
                return
            if not started:
                await send(message)
                return
            start = started.pop()
            await _answer(scope, start, message, send)

        await self._app(scope, receive, judging)


def _is_whole(start: Message) -> bool:
    """Whether the answer comes in one piece: those with a length do."""
    headers = Headers(raw=start["headers"])
    return start["status"] == 200 and "content-length" in headers


async def _answer(scope: Scope, start: Message, body: Message, send: Send) -> None:
    tag = f'"{hashlib.blake2b(body["body"], digest_size=12).hexdigest()}"'
    headers = MutableHeaders(raw=start["headers"])
    headers["etag"] = tag
    headers.setdefault("cache-control", "private, no-cache")
    if _knows(Headers(scope=scope).get("if-none-match", ""), tag):
        start["status"] = 304
        del headers["content-length"]
        del headers["content-type"]
        body = {**body, "body": b""}
    start["headers"] = headers.raw
    await send(start)
    await send(body)


def _knows(if_none_match: str, tag: str) -> bool:
    """Weak comparison (RFC 9110, 13.1.2)."""
    tags = {one.strip().removeprefix("W/") for one in if_none_match.split(",")}
    return "*" in tags or tag in tags
