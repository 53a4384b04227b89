"""The live page of `overheard status --watch`: queues, rates, workers, the slowest, failures."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from kombu.exceptions import OperationalError
from rich.console import Group
from rich.live import Live
from rich.table import Table
from sqlmodel import Session

from models.database import database_time, in_transaction
from models.queries import dashboard as live
from models.queries import jobs as about_work
from tasks.jobs.publisher import queue_length
from workers.celery_app import QUEUES, app
from workers.cli.output import Row, as_record, console, table_of
from workers.local.service import responding_workers

LOOK_SECONDS = 2.0

# What is counted, under the name that the page gives it.
_EVENTS = {
    "job_done": "jobs done",
    "job_failed": "jobs failed",
    "feed_changed": "feeds changed",
    "feed_unchanged": "feeds unchanged",
    "feed_failed": "feeds failed",
}


@dataclass
class Rates:
    """How much was done since the look before; workers write it down every few seconds."""

    before: dict[str, int] | None = None
    at: float = 0.0
    shown: dict[str, float] = field(default_factory=dict)

    def note(self, counts: dict[str, int], now: float) -> None:
        """Compare with the look before, unless nothing was written down since."""
        if self.before is None or counts != self.before:
            if self.before is not None:
                self.shown = {
                    event: (counts.get(event, 0) - self.before.get(event, 0)) / (now - self.at)
                    for event in _EVENTS
                }
            self.before, self.at = counts, now
        elif now - self.at > 5 * LOOK_SECONDS:
            self.shown, self.at = {}, now


def watch(times: int | None = None) -> None:
    """Show the page until Ctrl-C, or so many times; one below the other where none can stay."""
    rates = Rates()
    with _shown() as show:
        while times is None or times > 0:
            show(_page(rates))
            times = None if times is None else times - 1
            if times != 0:
                time.sleep(LOOK_SECONDS)


@contextmanager
def _shown() -> Iterator[Callable[[Group], None]]:
    """What shows a page. A live one says nothing before its end to a pipe or a dumb terminal."""
    if not console.is_terminal or console.is_dumb_terminal:
        yield console.print
        return
    with Live(console=console, auto_refresh=False, screen=True) as live_page:
        yield lambda page: live_page.update(page, refresh=True)


def _page(rates: Rates) -> Group:
    found = in_transaction(_look)
    rates.note(found["counts"], time.monotonic())
    figures = [{"figure": k.replace("_", " "), "number": v} for k, v in found["status"].items()
               if isinstance(v, int)]  # fmt: skip
    speeds = [{"what": says, "a second": f"{rates.shown.get(event, 0.0):.1f}"}
              for event, says in _EVENTS.items()]  # fmt: skip
    return Group(
        _two(table_of(figures, ("figure", "number")), table_of(speeds, ("what", "a second"))),
        _two(table_of(_queues(), ("queue", "messages")),
             table_of(found["status"]["jobs"], ("kind", "state", "jobs", "oldest"))),
        table_of(found["slowest"], ("id", "episode", "worker", "seconds"), title="slowest now"),
        table_of(found["failures"], ("id", "kind", "state", "reason", "message"),
                 title="last failures"),
    )  # fmt: skip


def _look(session: Session) -> dict[str, Any]:
    now = database_time(session)
    return {
        "status": as_record(about_work.status(session, now)),
        "counts": live.event_counts(session, list(_EVENTS)),
        "slowest": live.slowest_jobs(session, now),
        "failures": live.last_failures(session),
    }


def _queues() -> list[Row]:
    """Messages by queue, and the workers that answer; a broker that is away is said."""
    try:
        rows: list[Row] = [{"queue": name, "messages": queue_length(app, name)} for name in QUEUES]
    except (OperationalError, OSError):
        return [{"queue": "the broker does not answer", "messages": None}]
    return [
        *rows,
        *({"queue": f"worker {name}", "messages": None} for name in responding_workers()),
    ]


def _two(left: Table, right: Table) -> Table:
    beside = Table.grid(padding=(0, 4))
    beside.add_row(left, right)
    return beside
