"""What can be wrong with the work: nobody does it, nobody sweeps, or the counts have drifted."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from celery import Celery
from kombu.exceptions import OperationalError
from sqlmodel import Session

from models.database import database_time, in_transaction
from models.queries.health import work
from tasks.counts.store.drift_sample import drift_in_sample
from workers.doctor.values import Finding, note, or_well, well, wrong

ASK_SECONDS = 1.5
CLOCK_SECONDS = 2.0
QUIET_SECONDS = 60.0  # the sweeper runs every few
LATE_SECONDS = 900.0
NEEDED = ("poll", "parse", "ops")  # `transcribe` is for those who have a worker for it


def check_work(app: Celery) -> Iterator[Finding]:
    """Look at the rows, and at the workers that answer."""
    now = in_transaction(_work)
    workers = _ask(app)
    idle = not (now["waiting"] or now["running"] or now["feeds_due"])
    yield from _workers(workers, idle=idle)
    yield from _clocks(workers)
    yield _beat(now, idle=idle)
    yield from or_well(
        "leases", "job", f"{now['running']} jobs run, each under its lease", _leases(now)
    )
    yield from or_well("waiting", "job, crawl", "nothing waits for long", _waiting(now))
    if now["dead"]:
        yield note("dead", "job", f"{now['dead']} jobs wait for a person",
                   "overheard jobs --state dead, then overheard jobs retry")  # fmt: skip
    yield _drift(in_transaction(drift_in_sample))


def _work(session: Session) -> dict[str, Any]:
    return asdict(work(session, database_time(session)))


def _ask(app: Celery) -> dict[str, dict[str, Any]]:
    """What the workers answer: their queues, and how far their clocks are from ours (seconds)."""
    began = time.time()
    try:
        answers = app.control.broadcast("overheard_state", reply=True, timeout=ASK_SECONDS)
    except (OperationalError, OSError):
        return {}
    return {
        name: {"queues": said["queues"], "apart": said["time"] - began}
        for answer in answers or ()
        for name, said in answer.items()
        if "time" in said
    }


def _workers(workers: Mapping[str, Mapping[str, Any]], *, idle: bool) -> Iterator[Finding]:
    served = {queue for said in workers.values() for queue in said["queues"]}
    unserved = [queue for queue in NEEDED if queue not in served]
    if not unserved:
        yield well("workers", ", ".join(sorted(workers)), "every queue has a worker that answers")
        return
    says = f"nobody takes from {', '.join(unserved)}" if workers else "no worker answers"
    do = "overheard up; or start the missing worker: overheard worker --queues …"
    yield (note if idle else wrong)("workers", "broker", says, do)


def _clocks(workers: Mapping[str, Mapping[str, Any]]) -> Iterator[Finding]:
    """An answer takes up to the time that we wait; only what no delay explains is a difference."""
    for name, said in workers.items():
        late = said["apart"] - ASK_SECONDS
        apart = min(said["apart"], 0) or max(late, 0)
        if abs(apart) > CLOCK_SECONDS:
            yield wrong("clock", name, f"its clock is {apart:+.0f} s from this machine's",
                        "let a time service (chrony, systemd-timesyncd) run there")  # fmt: skip


def _beat(now: Mapping[str, Any], *, idle: bool) -> Finding:
    """Beat's ticks come out as sweeps, wherever beat and the worker of `ops` run."""
    age = now["sweep_seconds"]
    if age is not None and age < QUIET_SECONDS:
        return well("beat", "measured", f"the last sweep was {age:.0f} s ago")
    says = "no sweep was ever made" if age is None else f"the last sweep was {age:,.0f} s ago"
    do = "start beat and the worker of ops; one beat is enough"
    return (note if idle else wrong)("beat", "measured", says, do)


def _leases(now: Mapping[str, Any]) -> Iterator[Finding]:
    if now["stuck"] and now["stuck_seconds"] > QUIET_SECONDS:
        yield wrong("leases", "job", f"{now['stuck']} jobs run under a lease that ran out "
                    f"{now['stuck_seconds']:.0f} s ago", "nobody sweeps: see beat and the worker "
                    "of ops")  # fmt: skip
    if now["claims"]:
        yield note("leases", "crawl", f"{now['claims']} feeds are claimed by a poller that is gone",
                   "the next sweep lets them go")  # fmt: skip


def _waiting(now: Mapping[str, Any]) -> Iterator[Finding]:
    if now["waiting"] and now["waiting_seconds"] > LATE_SECONDS:
        yield wrong("waiting", "job", f"{now['waiting']} jobs are due, the oldest for "
                    f"{now['waiting_seconds']:,.0f} s", "more workers of parse, or see workers and "
                    "beat above")  # fmt: skip
    if now["feeds_due"] and (now["feed_seconds"] or 0) > LATE_SECONDS:
        yield wrong("waiting", "crawl", f"{now['feeds_due']} feeds are due, the oldest for "
                    f"{now['feed_seconds']:,.0f} s", "more workers of poll, or see workers and "
                    "beat above")  # fmt: skip


def _drift(found: int) -> Finding:
    if found:
        return wrong("drift", "person, speaker", f"{found} of a small sample are counted wrongly",
                     "overheard recount --json (keep it), then overheard recount --fix; it is a "
                     "bug of ours")  # fmt: skip
    return well("drift", "person, speaker", "a sample is counted rightly")
