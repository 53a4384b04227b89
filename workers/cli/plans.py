"""Commands about plans: list, assign, export, verify."""

import csv
import sys
from dataclasses import asdict, fields
from datetime import UTC, date, datetime
from typing import Annotated

import typer

from models.database import in_transaction
from tasks.plans.plan_file import PlanFileInvalid, Plans, plans_of_service
from tasks.plans.quotas import effect_of_change, month_of
from tasks.plans.store.assignments import assign_plan, find_holder
from tasks.plans.store.usage import BillingRow, billing, usage_differences, used_in
from workers.cli.options import Json, fail
from workers.cli.output import as_records, print_json, show
from workers.local.service import service

_COLUMNS = (
    "key",
    "name",
    "price",
    "requests_a_month",
    "requests_a_minute",
    "results",
    "hours_heard",
    "export",
)


def _plans() -> Plans:
    try:
        plans = plans_of_service()
    except PlanFileInvalid as invalid:
        fail(str(invalid))
    if plans is None:
        fail("there are no plans: set OVERHEARD_PLANS to a TOML file that defines some")
    return plans


def list_plans(as_json: Json = False) -> None:
    """List the plans of the file that OVERHEARD_PLANS names."""
    show([asdict(plan) for plan in _plans().all], _COLUMNS, as_json=as_json)


def assign(
    holder: Annotated[str, typer.Argument(metavar="HOLDER", help="An account, or a key's prefix.")],
    plan: Annotated[str, typer.Argument(metavar="PLAN", help="The plan, by its key in the file.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would change.")
    ] = False,
) -> None:
    """Change the plan of an account or key, and show what that does."""
    plans = _plans()
    after = plans.known(plan)
    if after is None:
        fail(f"no such plan: {plan}; there are {', '.join(each.key for each in plans.all)}")
    with service(broker=False):
        found = in_transaction(find_holder, holder)
        if found is None:
            fail(f"no such account or key: {holder}")
        month = month_of(datetime.now(UTC))
        used = in_transaction(used_in, found.holder, month)
        for sentence in effect_of_change(plans.of(found.plan), after, used, month):
            typer.echo(sentence)
        if not dry_run:
            changed = in_transaction(assign_plan, found.holder, after.key)
            typer.echo(f"{'changed' if changed else 'unchanged'}  {found.name}  {after.key}")


def export(
    month: Annotated[str | None, typer.Option(help="Such as 2026-11. Default: this month.")] = None,
    as_json: Json = False,
) -> None:
    """Print a month's usage for billing, summed from its records, as CSV or JSON."""
    with service(broker=False):
        rows = in_transaction(billing, _month(month))
    if as_json:
        print_json(as_records(rows))
        return
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([field.name for field in fields(BillingRow)])
    writer.writerows([_cell(value) for value in asdict(row).values()] for row in rows)


def verify(as_json: Json = False) -> None:
    """Compare every counter of use with its log, and report differences."""
    with service(broker=False):
        rows = as_records(in_transaction(usage_differences))
    show(rows, ("holder", "month", "counted", "logged"), as_json=as_json)
    if rows:
        raise typer.Exit(1)


def _month(text: str | None) -> date:
    if text is None:
        return month_of(datetime.now(UTC))
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise typer.BadParameter(f"{text}: write a month as 2026-11") from error


def _cell(value: object) -> object:
    """A value that no spreadsheet takes for a formula."""
    text = value.isoformat() if isinstance(value, date) else value
    is_formula = isinstance(text, str) and text.startswith(("=", "+", "-", "@", "\t", "\r"))
    return f"'{text}" if is_formula else text
