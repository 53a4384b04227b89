"""Commands about the blog: publish, list, show, posts."""

from typing import Annotated

import typer

from models.database import in_transaction
from models.settings import get_settings
from tasks.blog.periods import DigestPeriod, period_of_name
from tasks.blog.post_folder import posts as read_posts
from tasks.blog.publish import publish_due
from tasks.blog.store.issues import issue, issues, publish_issue
from workers.cli.options import Json, Limit, fail
from workers.cli.output import as_records, show
from workers.local.service import service

IssueName = Annotated[str, typer.Argument(metavar="ISSUE", help="2026-w48, 2026-11 or 2026.")]


def publish(
    name: Annotated[
        str | None, typer.Argument(metavar="ISSUE", help="2026-w48, 2026-11 or 2026.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every week, month and year since the first episode.")
    ] = False,
) -> None:
    """Publish the digests of periods that are over; what was published stays as it is."""
    with service(broker=False):
        if name is None:
            names = publish_due(everything=everything)
        else:
            names = [name] if in_transaction(publish_issue, _period(name)) else []
    for each in names:
        typer.echo(f"published  {each}")
    if not names:
        typer.echo("nothing to publish")


def _period(name: str) -> DigestPeriod:
    period = period_of_name(name)
    if period is None:
        raise typer.BadParameter(
            f"{name} is not a week, month or year; write 2026-w48, 2026-11 or 2026"
        )
    return period


def list_issues(limit: Limit = 50, as_json: Json = False) -> None:
    """List published issues, newest first."""
    with service(broker=False):
        rows = as_records(in_transaction(issues, limit or None))
    show(rows, ("name", "period", "begins_on", "ends_on", "published_at"), as_json=as_json)


def show_issue(name: IssueName) -> None:
    """Print the frozen document of an issue, the same bytes each time."""
    with service(broker=False):
        found = in_transaction(issue, name)
    if found is None:
        fail(f"no such issue: {name}")
    typer.echo(found.document)


def posts(as_json: Json = False) -> None:
    """List your own posts, and files that are not valid posts, with what to correct."""
    found, problems = read_posts(get_settings().blog_posts)
    rows = [
        {"name": f"{each.slug}.md", "title": each.title, "day": each.day, "problem": None}
        for each in found
    ]
    rows += [
        {"name": each.name, "title": None, "day": None, "problem": each.message}
        for each in problems
    ]
    show(rows, ("name", "title", "day", "problem"), as_json=as_json)
    if problems:
        raise typer.Exit(1)
