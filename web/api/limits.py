"""Who sends a request, by key or address, and whether they have sent too many in a minute."""

import time

from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from models import get_settings
from models.database import database_time, in_transaction
from tasks.auth.store.api_keys import AuthenticatedKey, find_key
from web.api.problems import problem
from web.api.request_counts import Allowed, counted

# Wrong keys in a minute after which an address is not listened to.
_WRONG_KEYS = 10
# How long a lookup of a key is cached: a revoked key works for so long at most.
_BELIEVED_SECONDS = 5.0


class Limits:
    """ASGI middleware that finds the key, and counts requests by key or address."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._believed: dict[str, tuple[float, AuthenticatedKey | None]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, unless there were too many, or its key is wrong."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        address = (scope.get("client") or ("", 0))[0]
        token = request_key(Headers(scope=scope))
        key: AuthenticatedKey | None = None
        if token:
            wrong = await counted(f"wrong:{address}", _WRONG_KEYS, add=0)
            if wrong.left <= 0:
                await _refuse(429, "too many wrong keys: wait a minute", wrong)(
                    scope, receive, send
                )
                return
            key = await self._key(token)
            if key is None:
                await counted(f"wrong:{address}", _WRONG_KEYS)
                refusal = problem(401, "this key is wrong, or was revoked",
                                  {"www-authenticate": "Bearer"})  # fmt: skip
                await refusal(scope, receive, send)
                return
        scope.setdefault("state", {})["api_key"] = key
        who = f"key:{key.id}" if key else f"address:{address}"
        allowed = await counted(who, get_settings().api_rate_per_minute)
        if allowed.left < 0:
            await _refuse(429, "too many requests: wait", allowed)(scope, receive, send)
            return
        await self._app(scope, receive, _with_headers(send, allowed))

    async def _key(self, token: str) -> AuthenticatedKey | None:
        now = time.monotonic()
        known = self._believed.get(token)
        if known and now - known[0] < _BELIEVED_SECONDS:
            return known[1]
        key = await run_in_threadpool(in_transaction, _find, token)
        if len(self._believed) > 1000:
            self._believed.clear()
        if key is not None:
            self._believed[token] = (now, key)
        return key


def _find(session: Session, token: str) -> AuthenticatedKey | None:
    return find_key(session, token, database_time(session))


def request_key(headers: Headers) -> str:
    """The key that a request brings: a bearer token (RFC 6750) or X-Api-Key; '' without one."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "").strip()


def _with_headers(send: Send, allowed: Allowed) -> Send:
    async def adding(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(allowed.headers)
        await send(message)

    return adding


def _refuse(status: int, detail: str, allowed: Allowed) -> ASGIApp:
    return problem(status, detail, allowed.headers | {"retry-after": str(max(1, allowed.reset))})
