"""The command that shows totals and unfinished work."""

from typing import Annotated

import typer

from models.database import Session, database_time, in_transaction
from models.database.migrate import NEWEST_REVISION
from models.queries import feeds, jobs
from tasks.jobs.broker import queue_length
from workers.celery_app import QUEUES, app
from workers.cli.options import Json
from workers.cli.output import Row, as_record, as_records, duration, print_json, print_table
from workers.cli.watch import watch
from workers.local.processes import responding_workers
from workers.local.service import service
from workers.words import count


def status(
    as_json: Json = False,
    watching: Annotated[bool, typer.Option("--watch", help="Refresh until Ctrl-C.")] = False,
) -> None:
    """Show totals and unfinished work."""
    with service():
        if watching:
            watch()
            return
        current = in_transaction(_read_status)
        current |= {"workers": len(responding_workers()), "schema": NEWEST_REVISION}
        current |= {f"queue_{name}": queue_length(app, name) for name in QUEUES}
    if as_json:
        print_json(current)
    else:
        _print_status(current)


def _read_status(session: Session) -> Row:
    now = database_time(session)
    return as_record(jobs.status(session, now)) | {
        "freshness": as_record(feeds.freshness(session, now)),
        "subscriptions": as_records(feeds.subscriptions(session, now)),
    }


def _print_status(current: Row) -> None:
    unfinished, paused = current.pop("jobs"), current.pop("paused_queues")
    requests, fresh = current.pop("requests"), current.pop("freshness")
    hubs = current.pop("subscriptions")
    totals = [{"total": k.replace("_", " "), "number": v} for k, v in current.items()]
    print_table(totals, ("total", "number"))
    if unfinished:
        print_table(unfinished, ("kind", "state", "jobs", "oldest"), title="unfinished jobs")
    if requests:
        columns = ("id", "stage", "state", "jobs", "jobs_left", "created_at")
        print_table(requests, columns, title="re-ingest requests")
    if paused:
        print_table(paused, ("name", "state", "since", "requested_by"), title="paused queues")
    if hubs:
        print_table(hubs, ("state", "subscriptions", "confirmed", "failing"), title="WebSub hubs")
    _print_freshness(fresh)


def _print_freshness(fresh: Row) -> None:
    if not fresh["fresh_episodes"]:
        return
    rows = [
        {
            "from publication to": name,
            "p50": duration(fresh[f"{name}_p50_seconds"]),
            "p95": duration(fresh[f"{name}_p95_seconds"]),
        }
        for name in ("seen", "counted")
    ]
    title = f"freshness of {count(fresh['fresh_episodes'], 'episode')}"
    print_table(rows, ("from publication to", "p50", "p95"), title=title)
