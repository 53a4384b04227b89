"""Meters requests with a key under a plan: refuses what it does not allow, records the rest.

A request is recorded after its last byte was handed to the server, unless its client had hung up:
what is killed, or abandoned, before was not billed. The next response to the same holder waits for
that, so that a process that is killed has answered at most what it was answering at that moment
without recording it. Without plans none of this runs.
"""

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from models.database import in_transaction
from tasks.auth.store.api_keys import AuthenticatedKey
from tasks.plans.plan_file import Plan, plans_of_service
from tasks.plans.quotas import Quota, crossed, month_of
from tasks.plans.store.usage import MeteredRequest, used_in
from web.api.payment import payment_fields, quota_headers
from web.api.problems import problem
from web.api.use_records import UseRecords

log = structlog.get_logger()

USAGE_PATH = "/usage"
# What this process knows of a holder's use is current enough while plenty is left.
_PLENTY = 100
_KNOWN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class _KnownUse:
    month: date
    used: int
    at: float


class Metering:
    """ASGI middleware behind `Limits`, which has found the key."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._known: dict[str, _KnownUse] = {}
        self._records = UseRecords()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and record it, or say what its plan does not allow."""
        key: AuthenticatedKey | None = scope.get("state", {}).get("api_key")
        plans = plans_of_service() if key is not None else None
        if key is None or plans is None:
            await self._app(scope, receive, send)
            return
        if _path(scope) == USAGE_PATH:
            await self._records.recorded(key.holder)
            await self._app(scope, receive, send)
            return
        now = datetime.now(UTC)
        plan, month = plans.of(key.plan), month_of(now)
        quota = Quota(plan, month, await self._used(key.holder, plan, month))
        refusal = _refusal(quota, scope, now)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        scope["state"]["quota"] = quota
        sending = self._after_records(key.holder, send)
        answered = _Answered(receive, sending, quota_headers(quota, now))
        await self._app(scope, receive, answered)
        if answered.is_billable:
            operation = _path(scope)[:200].replace("\0", "")
            await self._record(MeteredRequest(key.holder, key.prefix, operation, now), plan)

    def _after_records(self, holder: str, send: Send) -> Send:
        """The same ``send``, which begins once the holder's earlier requests are recorded."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                await self._records.recorded(holder)
            await send(message)

        return sending

    async def _used(self, holder: str, plan: Plan, month: date) -> int:
        known = self._known.get(holder)
        if known and known.month == month and _is_current(known, plan):
            return known.used
        await self._records.recorded(holder)
        used = await run_in_threadpool(in_transaction, used_in, holder, month)
        self._remember(holder, month, used)
        return used

    async def _record(self, request: MeteredRequest, plan: Plan) -> None:
        used = await self._records.record(request)
        if used is None:
            return
        self._remember(request.holder, request.month, used)
        if percent := crossed(plan, used):
            log.warning("usage_warning", holder=request.holder, plan=plan.key, percent=percent)

    def _remember(self, holder: str, month: date, used: int) -> None:
        if len(self._known) > 10_000:
            self._known.clear()
        self._known[holder] = _KnownUse(month, used, time.monotonic())


class _Answered:
    """Sends on; knows whether a response was sent to its end, and with which status.

    The server drops in silence what it should send to a client that has hung up.
    """

    def __init__(self, receive: Receive, send: Send, headers: dict[str, str]) -> None:
        self._receive = receive
        self._send = send
        self._headers = headers
        self._status = 0
        self._ended = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            MutableHeaders(scope=message).update(self._headers)
        is_last = message["type"] == "http.response.body" and not message.get("more_body")
        is_received = is_last and not await _has_hung_up(self._receive)
        await self._send(message)
        self._ended = self._ended or is_received

    @property
    def is_billable(self) -> bool:
        """Whether the client received what it requested."""
        return self._ended and self._status < 400


async def _has_hung_up(receive: Receive) -> bool:
    """Whether the server knows that the client has disconnected, until the last byte is sent."""
    request = Request({"type": "http"}, receive)
    # The first message may be a body that nobody read.
    return await request.is_disconnected() or await request.is_disconnected()


def _is_current(known: _KnownUse, plan: Plan) -> bool:
    limit = plan.requests_a_month
    if limit is None:
        return True
    is_recent = time.monotonic() - known.at < _KNOWN_SECONDS
    return is_recent and limit - known.used > _PLENTY


def _refusal(quota: Quota, scope: Scope, now: datetime) -> ASGIApp | None:
    """The answer to what the plan does not allow; None when it does."""
    plan = quota.plan
    if quota.left == 0:
        detail = (
            f"the {plan.requests_a_month:,} requests a month of the plan {plan.name} are used up"
        )
        return _payment_needed(quota, detail, now)
    if not plan.export and _path(scope).startswith(("/export", "/changes")):
        return _payment_needed(quota, f"the plan {plan.name} does not include exports", now)
    return None


def _payment_needed(quota: Quota, detail: str, now: datetime) -> ASGIApp:
    """402 (RFC 9110, 15.5.3): what is used up, when it begins again, and what to do."""
    until = "" if quota.left else " until the next month"
    return problem(402, f"{detail}{until}", quota_headers(quota, now), **payment_fields(quota, now))


def _path(scope: Scope) -> str:
    """The path within the API."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))
