"""What the page of an account shows of its plan: use by day, and its keys."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlmodel import Session

from models.database import in_transaction
from tasks.auth.store.api_keys import ApiKeyRow, keys_of_account
from tasks.auth.values import SignedIn
from tasks.plans.plan_file import plans_of_service
from tasks.plans.quotas import Quota, month_of
from tasks.plans.store.assignments import account_holder
from tasks.plans.store.heard import heard_ms_in
from tasks.plans.store.usage import DayUse, use_by_day, used_in

SHOWN_DAYS = 60


@dataclass(frozen=True, slots=True)
class AccountUse:
    """The use of an account under its plan, by day, its audio this month, and its valid keys."""

    quota: Quota
    heard_ms: int
    days: list[DayUse]
    keys: list[ApiKeyRow]


def use_of_account(who: SignedIn) -> AccountUse | None:
    """What the account page shows of plans; None where there are none."""
    plans = plans_of_service()
    if plans is None:
        return None
    today = datetime.now(UTC)

    def read(session: Session) -> AccountUse:
        holder = account_holder(session, who.account_id)
        month: date = month_of(today)
        used = used_in(session, holder.holder, month)
        days = use_by_day(session, holder.holder, (today - timedelta(days=SHOWN_DAYS)).date())
        own = keys_of_account(session, who.account_id)
        heard_ms = heard_ms_in(session, holder.holder, month)
        return AccountUse(Quota(plans.of(holder.plan), month, used), heard_ms, days[::-1], own)

    return in_transaction(read)
