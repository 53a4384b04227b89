"""Checks of the work: workers, beat, leases, waiting and dead jobs, drift of counts."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

from celery import Celery

from models import get_settings
from models.database import Session, database_time, in_transaction
from models.queries.health import WorkHealth, work
from models.queries.jobs import dead_reasons
from tasks.counts.store.drift_sample import drift_in_sample
from tasks.jobs.broker import BrokerUnavailable, broker_errors
from workers.doctor.stuck import check_stuck
from workers.doctor.values import Finding, note, ok, or_ok, problem
from workers.words import count

REPLY_SECONDS = 1.5
CLOCK_SECONDS = 2.0
QUIET_SECONDS = 60.0  # the sweeper runs every few seconds
LATE_SECONDS = 900.0
NEEDED_QUEUES = ("poll", "parse", "ops")
SPEECH_QUEUE = "transcribe"  # needed only where audio is transcribed


def check_work(app: Celery) -> Iterator[Finding]:
    """Check the rows of jobs and feeds, and the workers that respond."""
    status = in_transaction(_status)
    workers = _worker_states(app)
    idle = not (status.waiting or status.running or status.feeds_due)
    yield from _workers(workers, idle=idle)
    yield from _clocks(workers)
    yield _beat(status, idle=idle)
    running = f"running: {count(status.running, 'job')}, all with a valid lease"
    yield from or_ok("leases", "job", running, _leases(status))
    yield from or_ok("waiting", "job, crawl", "nothing waits for long", _waiting(status))
    yield from check_stuck()
    if status.dead:
        yield note(
            "dead",
            "job",
            f"{count(status.dead, 'job is', 'jobs are')} dead ({_reasons()}): an operator has to "
            "decide",
            "overheard jobs list --state dead, correct the cause, then overheard jobs retry --all",
        )
    yield _drift(in_transaction(drift_in_sample))


def _reasons() -> str:
    """Why jobs are dead, the most frequent reason first."""
    return ", ".join(f"{one.reason} {one.jobs:,}" for one in in_transaction(dead_reasons))


def _status(session: Session) -> WorkHealth:
    return work(session, database_time(session))


def _worker_states(app: Celery) -> dict[str, dict[str, Any]]:
    """The queues of each worker that responds, and its clock's distance from ours in seconds."""
    sent_at = time.time()
    try:
        with broker_errors():
            replies = app.control.broadcast("overheard_state", reply=True, timeout=REPLY_SECONDS)
    except BrokerUnavailable:
        return {}
    return {
        name: {"queues": state["queues"], "skew": state["time"] - sent_at}
        for reply in replies or ()
        for name, state in reply.items()
        if "time" in state
    }


def _workers(workers: Mapping[str, Mapping[str, Any]], *, idle: bool) -> Iterator[Finding]:
    served = {queue for state in workers.values() for queue in state["queues"]}
    needed = (*NEEDED_QUEUES, SPEECH_QUEUE) if get_settings().speech else NEEDED_QUEUES
    unserved = [queue for queue in needed if queue not in served]
    if not unserved:
        yield ok("workers", ", ".join(sorted(workers)), "every queue has a worker")
        return
    message = f"no worker reads {', '.join(unserved)}" if workers else "no worker responds"
    advice = "overheard up; or start the missing worker: overheard worker --queues …"
    yield (note if idle else problem)("workers", "broker", message, advice)


def _clocks(workers: Mapping[str, Mapping[str, Any]]) -> Iterator[Finding]:
    """Compare clocks, allowing for the time that a reply may take."""
    for name, state in workers.items():
        skew = min(state["skew"], 0) or max(state["skew"] - REPLY_SECONDS, 0)
        if abs(skew) > CLOCK_SECONDS:
            yield problem(
                "clock",
                name,
                f"its clock differs by {skew:+.0f} s from this machine's",
                "run a time service (chrony, systemd-timesyncd) there",
            )


def _beat(status: WorkHealth, *, idle: bool) -> Finding:
    """Check beat by its effect: sweeps, wherever beat and the worker of `ops` run."""
    age = status.sweep_seconds
    if age is not None and age < QUIET_SECONDS:
        return ok("beat", "metrics", f"the last sweep was {age:.0f} s ago")
    message = (
        "there has been no sweep yet" if age is None else f"the last sweep was {age:,.0f} s ago"
    )
    advice = "start beat and the worker of ops; one beat is enough"
    return (note if idle else problem)("beat", "metrics", message, advice)


def _leases(status: WorkHealth) -> Iterator[Finding]:
    if status.stuck and (status.stuck_seconds or 0) > QUIET_SECONDS:
        yield problem(
            "leases",
            "job",
            f"the leases of {status.stuck} running jobs expired {status.stuck_seconds:.0f} s ago",
            "the sweeper does not run: check beat and the worker of ops",
        )
    if status.claims:
        yield note(
            "leases",
            "crawl",
            f"{count(status.claims, 'feed is', 'feeds are')} claimed by workers that are gone",
            "the next sweep releases them",
        )


def _waiting(status: WorkHealth) -> Iterator[Finding]:
    if status.waiting and (status.waiting_seconds or 0) > LATE_SECONDS:
        yield problem(
            "waiting",
            "job",
            f"{count(status.waiting, 'job is', 'jobs are')} due, "
            f"the oldest for {status.waiting_seconds:,.0f} s",
            "add workers for parse, or check workers and beat above",
        )
    if status.feeds_due and (status.feed_seconds or 0) > LATE_SECONDS:
        yield problem(
            "waiting",
            "crawl",
            f"{count(status.feeds_due, 'feed is', 'feeds are')} due, "
            f"the oldest for {status.feed_seconds:,.0f} s",
            "add workers for poll, or check workers and beat above",
        )


def _drift(wrong_counts: int) -> Finding:
    if wrong_counts:
        return problem(
            "drift",
            "person, speaker",
            f"{wrong_counts} counts in a small sample are wrong",
            "save the output of overheard recount --json, run overheard recount --fix, and report "
            "a bug",
        )
    return ok("drift", "person, speaker", "the counts of a sample are right")
