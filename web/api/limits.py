"""Who sends a request, by key or network, and whether they have sent too many in a minute."""

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from models import get_settings
from tasks.auth.networks import client_network
from tasks.auth.store.api_keys import AuthenticatedKey
from tasks.plans.plan_file import plans_of_service
from web.api.known_keys import KnownKeys
from web.api.problems import problem
from web.api.request_counts import Allowed, counted

# Wrong keys of a network in a minute of which each costs a query.
_WRONG_KEYS = 10


class Limits:
    """ASGI middleware that finds the key, and counts requests by key or network."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._keys = KnownKeys()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, unless there were too many, or its key is wrong."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        network = client_network((scope.get("client") or ("", 0))[0])
        token = request_key(Headers(scope=scope))
        key: AuthenticatedKey | None = None
        if token:
            key = await self._key(token, network)
            if key is None:
                await (await _wrong_key(network))(scope, receive, send)
                return
        scope.setdefault("state", {})["api_key"] = key
        who = _counted_by(key) if key else f"address:{network}"
        allowed = await counted(who, _limit_of(key))
        if allowed.left < 0:
            await _too_many(key, allowed)(scope, receive, send)
            return
        await self._app(scope, receive, _with_headers(send, allowed))

    async def _key(self, token: str, network: str) -> AuthenticatedKey | None:
        """The key, if it is one. After many wrong ones, only what begins like one costs a query."""
        if known := self._keys.recent(token):
            return known
        wrong = await counted(f"wrong:{network}", _WRONG_KEYS, add=0)
        if wrong.left <= 0 and not await run_in_threadpool(self._keys.begins_like_one, token):
            return None
        return await run_in_threadpool(self._keys.find, token)


async def _wrong_key(network: str) -> ASGIApp:
    """Count a wrong key. Others behind the same address may have the right one."""
    wrong = await counted(f"wrong:{network}", _WRONG_KEYS)
    if wrong.left < 0:
        return _refuse("too many wrong keys: wait a minute", wrong)
    detail = "this key is wrong, or was revoked"
    return problem(401, detail, {"www-authenticate": "Bearer"})


def _counted_by(key: AuthenticatedKey) -> str:
    """The holder of a plan, who may have many keys; without plans, the key."""
    return f"key:{key.id}" if plans_of_service() is None else key.holder


def _limit_of(key: AuthenticatedKey | None) -> int:
    """Requests a minute: of the key's plan, or of the setting."""
    plans = plans_of_service() if key is not None else None
    of_plan = plans.of(key.plan).requests_a_minute if plans and key else None
    return of_plan or get_settings().api_rate_per_minute


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


def _too_many(key: AuthenticatedKey | None, allowed: Allowed) -> ASGIApp:
    """429 (RFC 6585, 4): how many a minute are allowed, when to go on, and what else to do."""
    plans = plans_of_service()
    step = f"wait {max(1, allowed.reset)} seconds"
    if plans is not None:
        step += ", or change to a larger plan: see /pricing" if key else ", or send a key"
    detail = f"more than {allowed.limit:,} requests in a minute"
    return _refuse(detail, allowed, limit=allowed.limit, what_to_do=step)


def _refuse(detail: str, allowed: Allowed, **more: int | str) -> ASGIApp:
    wait = {"retry-after": str(max(1, allowed.reset))}
    return problem(429, detail, allowed.headers | wait, **more)
