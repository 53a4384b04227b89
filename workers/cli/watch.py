"""The live screen of `overheard status --watch`: queues, rates, workers, slow jobs, failures."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rich.console import Group
from rich.live import Live
from rich.table import Table

from models.database import Session, database_time, in_transaction
from models.queries import dashboard, jobs
from tasks.jobs.broker import BrokerUnavailable, queue_length
from workers.celery_app import QUEUES, app
from workers.cli.output import Row, as_record, console, table_of
from workers.local.processes import responding_workers

REFRESH_SECONDS = 2.0

# Log events that are counted, with their label on the screen.
_EVENT_LABELS = {
    "job_done": "jobs done",
    "job_failed": "jobs failed",
    "feed_changed": "feeds changed",
    "feed_unchanged": "feeds unchanged",
    "feed_failed": "feeds failed",
}


@dataclass
class Rates:
    """Events a second since the reading before; workers save their metrics every few seconds."""

    before: dict[str, int] | None = None
    at: float = 0.0
    shown: dict[str, float] = field(default_factory=dict)

    def update(self, counts: dict[str, int], now: float) -> None:
        """Compare with the reading before, unless nothing was saved since."""
        if self.before is None or counts != self.before:
            if self.before is not None:
                self.shown = {
                    event: (counts.get(event, 0) - self.before.get(event, 0)) / (now - self.at)
                    for event in _EVENT_LABELS
                }
            self.before, self.at = counts, now
        elif now - self.at > 5 * REFRESH_SECONDS:
            self.shown, self.at = {}, now


def watch(times: int | None = None) -> None:
    """Refresh the screen until Ctrl-C, or so many times; on a pipe, print one after another."""
    rates = Rates()
    with _display() as display:
        while times is None or times > 0:
            display(_screen(rates))
            times = None if times is None else times - 1
            if times != 0:
                time.sleep(REFRESH_SECONDS)


@contextmanager
def _display() -> Iterator[Callable[[Group], None]]:
    """The function that shows a screen. On a pipe, rich's live display prints only at its end."""
    if not console.is_terminal or console.is_dumb_terminal:
        yield console.print
        return
    with Live(console=console, auto_refresh=False, screen=True) as live:
        yield lambda screen: live.update(screen, refresh=True)


def _screen(rates: Rates) -> Group:
    current = in_transaction(_read)
    rates.update(current["counts"], time.monotonic())
    slowest, failures = current["slowest"], current["failures"]
    unfinished = table_of(current["status"]["jobs"], ("kind", "state", "jobs", "oldest"))
    return Group(
        _side_by_side(_totals(current["status"]), _rates(rates)),
        _side_by_side(table_of(_queues(), ("queue", "messages")), unfinished),
        table_of(slowest, ("id", "episode", "worker", "seconds"), title="slowest running jobs"),
        table_of(failures, ("id", "kind", "state", "reason", "message"), title="last failures"),
    )


def _totals(status: Row) -> Table:
    rows = [
        {"total": name.replace("_", " "), "number": value}
        for name, value in status.items()
        if isinstance(value, int)
    ]
    return table_of(rows, ("total", "number"))


def _rates(rates: Rates) -> Table:
    rows = [
        {"event": label, "per second": f"{rates.shown.get(event, 0.0):.1f}"}
        for event, label in _EVENT_LABELS.items()
    ]
    return table_of(rows, ("event", "per second"))


def _read(session: Session) -> dict[str, Any]:
    now = database_time(session)
    return {
        "status": as_record(jobs.status(session, now)),
        "counts": dashboard.event_counts(session, list(_EVENT_LABELS)),
        "slowest": dashboard.slowest_jobs(session, now),
        "failures": dashboard.last_failures(session),
    }


def _queues() -> list[Row]:
    """Messages by queue, and the workers that answer; or that the broker does not."""
    try:
        rows: list[Row] = [{"queue": name, "messages": queue_length(app, name)} for name in QUEUES]
    except BrokerUnavailable:
        return [{"queue": "the broker does not answer", "messages": None}]
    return [
        *rows,
        *({"queue": f"worker {name}", "messages": None} for name in responding_workers()),
    ]


def _side_by_side(left: Table, right: Table) -> Table:
    grid = Table.grid(padding=(0, 4))
    grid.add_row(left, right)
    return grid
