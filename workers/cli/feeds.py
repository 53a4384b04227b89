"""Commands about feeds: list, show."""

from typing import Annotated

import typer

from models.database import database_time, in_transaction
from models.queries import feeds
from workers.cli.options import Json, Limit, PodcastName, podcast_id_of
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
from workers.local.service import service

_COLUMNS = ("id", "title", "last_ok", "status", "errors", "next_poll", "seen_after")
_POLLS = ("last_at", "polls", "outcome", "reason", "status", "new", "changed", "took_ms", "message")
_HUBS = (
    "hub",
    "state",
    "lease_expires_at",
    "pushes",
    "refused",
    "last_push_at",
    "reason",
    "message",
)


def list_feeds(
    failing: Annotated[
        bool, typer.Option("--failing", help="Only feeds whose last poll failed.")
    ] = False,
    reason: Annotated[
        str, typer.Option("--reason", help="Only feeds that fail for this reason code.")
    ] = "",
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """List feeds with last poll, errors, next poll and freshness."""
    with service(broker=False):
        rows = as_records(
            in_transaction(
                lambda session: feeds.feeds(
                    session, database_time(session), failing=failing, reason=reason, limit=limit
                )
            )
        )
    shown = rows if as_json else [_short(row) for row in rows]
    show(shown, _COLUMNS, as_json=as_json, limit=limit)


def show_feed(
    podcast: PodcastName,
    with_history: Annotated[
        bool, typer.Option("--history", help="Include the poll log, latest first.")
    ] = False,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """Show a feed: its health, its WebSub hub, and its poll log."""
    with service(broker=False):
        podcast_id = podcast_id_of(podcast)
        feed = as_record(
            in_transaction(lambda session: feeds.feed(session, database_time(session), podcast_id))
        )
        feed["subscriptions"] = as_records(in_transaction(feeds.subscriptions_of_feed, podcast_id))
        if with_history:
            feed["history"] = as_records(in_transaction(feeds.history, podcast_id, limit=limit))
    if as_json:
        print_json(feed)
    else:
        _print_feed(feed)


def _print_feed(feed: Row) -> None:
    console.print(feed["title"] or feed["feed_url"], style="bold", markup=False, highlight=False)
    history, hubs = feed.pop("history", None), feed.pop("subscriptions")
    facts = [
        {
            "field": name.removesuffix("_seconds").replace("_", " "),
            "value": duration(value) if name.endswith("_seconds") else value,
        }
        for name, value in feed.items()
        if value is not None
    ]
    print_table(facts, ("field", "value"))
    if hubs:
        print_table(hubs, _HUBS, title="WebSub hubs")
    if history is not None:
        print_table(history, _POLLS, title="poll log")


def _short(row: Row) -> Row:
    """A narrow row for people; a feed without a title is shown by its URL."""
    due, reason = row["next_poll_at"], row["next_poll_reason"]
    return row | {
        "title": row["title"] or row["feed_url"],
        "last_ok": row["last_ok_at"],
        "status": row["last_status"],
        "errors": _errors(row),
        "next_poll": f"{due:%m-%d %H:%M} {reason}" if due else f"never, {reason}",
        "seen_after": " to ".join(duration(row[f"seen_{p}_seconds"]) for p in ("p50", "p95"))
        if row["fresh_episodes"]
        else "",
    }


def _errors(row: Row) -> str:
    if not row["errors"]:
        return ""
    return f"{row['errors']} times {row['reason']} since {row['failing_since']:%m-%d %H:%M}"
