"""Commands that show how feeds fare: feeds, feed."""

from typing import Annotated

import typer

from models.database import database_time, in_transaction
from models.queries import feeds as about_feeds
from workers.cli.output import (
    Row,
    as_record,
    as_records,
    console,
    duration,
    print_json,
    print_table,
    show,
)
from workers.cli.show import Json, Limit, chosen_podcast
from workers.local.service import service

_COLUMNS = ("id", "title", "last_ok", "status", "trouble", "next_look", "seen_after")
_RUNS = ("last_at", "polls", "outcome", "reason", "status", "new", "changed", "took_ms", "message")
_PUSHES = (
    "hub",
    "state",
    "lease_expires_at",
    "pushes",
    "refused",
    "last_push_at",
    "reason",
    "message",
)


def feeds(
    failing: Annotated[
        bool, typer.Option("--failing", help="Only whose last look failed.")
    ] = False,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """How feeds fare: last looks, errors and since when, the next look and why, freshness."""
    with service():
        rows = as_records(
            in_transaction(
                lambda session: about_feeds.feeds(
                    session, database_time(session), failing=failing, limit=limit
                )
            )
        )
    show(rows if as_json else [_short(row) for row in rows], _COLUMNS, as_json=as_json)


def feed(
    url: Annotated[str, typer.Argument(help="The feed: its address or id.")],
    with_history: Annotated[
        bool, typer.Option("--history", help="Also the looks at it, the latest first.")
    ] = False,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """One feed: how it fares, its hub, and with --history what every look came to."""
    with service():
        podcast_id = chosen_podcast(url)
        found = as_record(
            in_transaction(
                lambda session: about_feeds.feed(session, database_time(session), podcast_id or 0)
            )
        )
        found["subscriptions"] = as_records(
            in_transaction(about_feeds.subscriptions_of_feed, podcast_id or 0)
        )
        if with_history:
            found["history"] = as_records(
                in_transaction(about_feeds.history, podcast_id or 0, limit=limit)
            )
    if as_json:
        print_json(found)
        return
    _print_feed(found)


def _print_feed(found: Row) -> None:
    console.print(found["title"] or found["feed_url"], style="bold", markup=False, highlight=False)
    history, subscriptions = found.pop("history", None), found.pop("subscriptions")
    shown = {name: duration(value) if name.endswith("_seconds") else value
             for name, value in found.items() if value is not None}  # fmt: skip
    print_table(
        [{"what": name.removesuffix("_seconds").replace("_", " "), "is": value}
         for name, value in shown.items()],
        ("what", "is"),
    )  # fmt: skip
    if subscriptions:
        print_table(subscriptions, _PUSHES, title="hubs")
    if history is not None:
        print_table(history, _RUNS, title="looks")


def _short(row: Row) -> Row:
    """A row for people, narrow; what was never a podcast is known by its address."""
    due, why = row["next_poll_at"], row["next_poll_reason"]
    return row | {
        "title": row["title"] or row["feed_url"],
        "last_ok": row["last_ok_at"],
        "status": row["last_status"],
        "trouble": _trouble(row),
        "next_look": f"{due:%m-%d %H:%M} {why}" if due else f"never, {why}",
        "seen_after": " to ".join(duration(row[f"seen_{p}_seconds"]) for p in ("p50", "p95"))
        if row["fresh_episodes"]
        else "",
    }


def _trouble(row: Row) -> str:
    if not row["errors"]:
        return ""
    return f"{row['errors']} times {row['reason']} since {row['failing_since']:%m-%d %H:%M}"
