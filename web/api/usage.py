"""The API's usage: what a key's plan allows, and what was used of it."""

from datetime import UTC, date, datetime

from fastapi import APIRouter, Request
from pydantic import BaseModel

from models.database import in_transaction
from tasks.auth.store.api_keys import AuthenticatedKey
from tasks.plans.plan_file import plans_of_service
from tasks.plans.quotas import HOUR_MS, Quota, month_of, next_month
from tasks.plans.store.heard import heard_ms_in
from tasks.plans.store.usage import use_by_day, used_in
from web.api.problems import ApiError

router = APIRouter(tags=["usage"], include_in_schema=False)


class UsageDay(BaseModel):
    """Requests of one day (UTC)."""

    day: date
    requests: int


class Usage(BaseModel):
    """The usage of this month; null means that there is no limit."""

    plan: str
    month: date
    used: int
    limit: int | None
    remaining: int | None
    resets_at: datetime
    requests_a_minute: int | None
    results: int | None
    hours_heard: float
    hours_heard_limit: int | None
    export: bool
    warning: int | None
    by_day: list[UsageDay]


@router.get("/usage")
def usage(request: Request) -> Usage:
    """What the plan of this key allows, and what was used; this request is not counted."""
    plans = plans_of_service()
    key: AuthenticatedKey | None = getattr(request.state, "api_key", None)
    if plans is None:
        raise ApiError(404, "this service has no plans: nothing is limited or counted")
    if key is None:
        raise ApiError(401, "an API key is required", headers={"www-authenticate": "Bearer"})
    month = month_of(datetime.now(UTC))
    used = in_transaction(used_in, key.holder, month)
    quota = Quota(plans.of(key.plan), month, used)
    heard_ms = in_transaction(heard_ms_in, key.holder, month)
    days = in_transaction(use_by_day, key.holder, month)
    return Usage(
        plan=quota.plan.key,
        month=month,
        used=used,
        limit=quota.plan.requests_a_month,
        remaining=quota.left,
        resets_at=next_month(month),
        requests_a_minute=quota.plan.requests_a_minute,
        results=quota.plan.results,
        hours_heard=round(heard_ms / HOUR_MS, 2),
        hours_heard_limit=quota.plan.hours_heard,
        export=quota.plan.export,
        warning=quota.warning,
        by_day=[UsageDay(day=each.day, requests=each.requests) for each in days],
    )
