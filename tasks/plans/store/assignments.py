"""Who has which plan: accounts, and keys that belong to none."""

from dataclasses import dataclass

from sqlalchemy import select, update
from sqlmodel import Session, col

from models import Account, ApiKey
from models.database.sql import execute, fetch_one


@dataclass(frozen=True, slots=True)
class PlanHolder:
    """An account or a key, and the key of its plan."""

    holder: str
    name: str
    plan: str | None


def find_holder(session: Session, name: str) -> PlanHolder | None:
    """The account with this name, or the key with this prefix; a key's account if it has one."""
    prefix = name.removeprefix("ohk_").partition("_")[0]
    key = session.scalars(select(ApiKey).where(col(ApiKey.prefix) == prefix)).one_or_none()
    if key is not None and key.account_id is None:
        return PlanHolder(f"key:{key.id}", key.name, key.plan)
    if key is not None and key.account_id is not None:
        return account_holder(session, key.account_id)
    query = select(col(Account.id)).where(col(Account.key) == name.casefold())
    account_id = session.scalars(query).one_or_none()
    return account_holder(session, account_id) if account_id is not None else None


def account_holder(session: Session, account_id: int) -> PlanHolder:
    """The account with this id."""
    query = select(col(Account.name), col(Account.plan)).where(col(Account.id) == account_id)
    found = fetch_one(session, query, _AccountPlan)
    assert found is not None  # noqa: S101  accounts are never deleted
    return PlanHolder(f"account:{account_id}", found.name, found.plan)


def assign_plan(session: Session, holder: str, plan: str) -> bool:
    """Give an account or key a plan; False if it had it."""
    kind, _, number = holder.partition(":")
    table = Account if kind == "account" else ApiKey
    is_other = col(table.id) == int(number), col(table.plan).is_distinct_from(plan)
    return execute(session, update(table).where(*is_other).values(plan=plan)) > 0


@dataclass(frozen=True, slots=True)
class _AccountPlan:
    name: str
    plan: str | None
