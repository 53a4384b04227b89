"""Who asks, by key or address, and how often they may: a window of a minute, counted in Valkey."""

import asyncio
import time
from dataclasses import dataclass
from functools import lru_cache

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from models import get_settings
from models.database import database_time, in_transaction
from tasks.auth.store.api_keys import AuthenticatedKey, find_key
from web.api.problems import problem

log = structlog.get_logger()

_WINDOW = 60
# Wrong keys in a minute after which an address is not listened to.
_WRONG_KEYS = 10
# How long a lookup of a key is cached: a revoked key works for so long at most.
_BELIEVED_SECONDS = 5.0
_AWAY_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Allowed:
    """What is left of a window."""

    limit: int
    left: int
    reset: int

    @property
    def headers(self) -> dict[str, str]:
        """As draft-ietf-httpapi-ratelimit-headers has them, in its widely read form."""
        return {"ratelimit-limit": str(self.limit), "ratelimit-remaining": str(max(0, self.left)),
                "ratelimit-reset": str(self.reset)}  # fmt: skip


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


class _Broker:
    """Until when a broker that did not answer is left alone, so that nobody waits for it."""

    away_until = 0.0


_broker = _Broker()


async def counted(who: str, limit: int, add: int = 1) -> Allowed:
    """Count a request of a client; without a broker no client is counted or refused."""
    now = time.time()
    reset = _WINDOW - int(now) % _WINDOW
    settings = get_settings()
    if settings.broker_url is None or time.monotonic() < _broker.away_until:
        return Allowed(limit, limit, reset)
    name = f"{settings.broker_prefix}rate:{who}:{int(now) // _WINDOW}"
    try:
        client = _client(settings.broker_url.get_secret_value(), id(asyncio.get_running_loop()))
        async with client.pipeline(transaction=False) as pipe:
            pipe.incrby(name, add)
            pipe.expire(name, 2 * _WINDOW)
            replies = await pipe.execute()
        return Allowed(limit, limit - int(replies[0]), reset)
    except (RedisError, OSError) as error:
        _broker.away_until = time.monotonic() + _AWAY_SECONDS
        log.warning("rate_limit_unavailable", message=str(error))
        return Allowed(limit, limit, reset)


@lru_cache(maxsize=4)
def _client(url: str, _loop: int) -> Redis:
    """One pool for each event loop; Celery's form of a socket's URL becomes redis-py's."""
    plain = url.replace("redis+socket://", "unix://", 1).replace("virtual_host=", "db=")
    return Redis.from_url(
        plain, socket_timeout=2, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0)
    )
