"""Pricing: the plans of this service, and what a change would do for the reader who signed in."""

from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse

from models.database import in_transaction
from tasks.plans.plan_file import Plan, plans_of_service
from tasks.plans.quotas import effect_of_change, month_of
from tasks.plans.store.assignments import account_holder
from tasks.plans.store.usage import used_in
from web.auth.session import MaybeSignedIn
from web.rendering import page, shows_pricing

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class ShownPlan:
    """A plan, whether the reader has it, and what a change to it would do now."""

    plan: Plan
    is_own: bool
    effect: list[str]


@router.get("/pricing")
def pricing(request: Request, who: MaybeSignedIn) -> HTMLResponse:
    """The plans; nothing where there are none, or where they are hidden."""
    plans = plans_of_service()
    if plans is None or not shows_pricing():
        raise HTTPException(404)
    has_hours = any(plan.hours_heard is not None for plan in plans.all)
    shown = [ShownPlan(plan, is_own=False, effect=[]) for plan in plans.all]
    if who is not None:
        holder = in_transaction(account_holder, who.account_id)
        own, month = plans.of(holder.plan), month_of(datetime.now(UTC))
        used = in_transaction(used_in, holder.holder, month)
        shown = [
            ShownPlan(plan, plan.key == own.key, effect_of_change(own, plan, used, month))
            for plan in plans.all
        ]
    return page(request, "pricing.html", here="Pricing", plans=shown, has_hours=has_hours)
