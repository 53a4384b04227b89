"""Polling processes with a temporary database, and feeds for them to poll."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from benchmarks.database import data_folder
from models.database import engine, in_transaction
from models.database.migrate import migrate
from workers.celery_app import app, reset_connections
from workers.local.embedded.servers import embedded_servers

_PODCASTS = text("""
    INSERT INTO podcast (url_key, feed_url, title, description, author, type, state, added_at)
    SELECT url, url, '', '', '', '', 'pending', now()
    FROM unnest(CAST(:urls AS text[])) WITH ORDINALITY AS u (url, place) ORDER BY place
""")
_HOSTS = text("""
    INSERT INTO host (name) SELECT DISTINCT split_part(feed_url, '/', 3) FROM podcast
    ON CONFLICT (name) DO NOTHING
""")
_CRAWLS = text("""
    INSERT INTO crawl (podcast_id, host_id, url, skip_validators, next_poll_reason, error_count)
    SELECT p.id, h.id, p.feed_url, false, 'new', 0
    FROM podcast p JOIN host h ON h.name = split_part(p.feed_url, '/', 3)
    ON CONFLICT (podcast_id) DO NOTHING
""")
_DUE = """
    UPDATE crawl SET next_poll_at = CASE WHEN {where} THEN clock_timestamp() ELSE '2100-01-01' END
"""
_HOSTS_DUE = text("UPDATE host SET next_due_at = clock_timestamp()")
_POLLED = text("""
    SELECT count(*) FROM crawl WHERE polled_at >= :since AND claim_token IS NULL
""")
_WAITED = """
    SELECT percentile_cont(ARRAY[0.5, 0.95, 1])
        WITHIN GROUP (ORDER BY extract(epoch FROM polled_at - :since))
    FROM crawl WHERE polled_at >= :since AND {where}
"""
_CLOCK = text("SELECT clock_timestamp()")


@contextmanager
def polling_service(port: int, pollers: int = 2) -> Iterator[int]:
    """Run beat, a worker for ticks and one with ``pollers`` processes; yields the latter's pid.

    models.database uses their database. Feeds may be fetched from loopback at ``port``.
    """
    with ExitStack() as stack:
        folder = stack.enter_context(data_folder())
        urls = stack.enter_context(embedded_servers(folder / "data"))
        environment = {
            "OVERHEARD_DATABASE_URL": urls.database_url,
            "OVERHEARD_BROKER_URL": urls.broker_url,
            "OVERHEARD_ALLOWED_NETWORKS": f"127.0.0.0/8:{port}",
            "OVERHEARD_BEAT_FILE": str(folder / "beat"),
        }
        stack.enter_context(_settings(environment))
        migrate(engine())
        poller = _worker(stack, folder, "poll", pollers)
        _worker(stack, folder, "ops", 1)
        _process(stack, folder, "beat")
        yield poller


@contextmanager
def _settings(environment: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)
    reset_connections()
    try:
        yield
    finally:
        app.close()
        engine().dispose()
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})
        reset_connections()


def _worker(stack: ExitStack, folder: Path, queue: str, processes: int) -> int:
    words = ("worker", "--queues", queue, "--name", queue, "--concurrency", str(processes))
    return _process(stack, folder, *words)


def _process(stack: ExitStack, folder: Path, *words: str) -> int:
    log = stack.enter_context((folder / f"{words[-1]}.log").open("wb"))
    command = [sys.executable, "-m", "workers.cli", *words]
    process = stack.enter_context(subprocess.Popen(command, stdout=log, stderr=log))
    stack.callback(process.terminate)
    return process.pid


def add_feeds(urls: Sequence[str]) -> None:
    """Add these feed URLs; ``poll_all`` makes them due."""
    in_transaction(_add, urls)
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def _add(session: Session, urls: Sequence[str]) -> None:
    session.connection().execute(_PODCASTS, {"urls": list(urls)})
    session.connection().execute(_HOSTS)
    session.connection().execute(_CRAWLS)


def poll_all(feeds: int, where: str = "true") -> Any:
    """Make feeds due at once, by default all, and wait for the last; the time they became due.

    Raises:
        TimeoutError: they were not polled within ten minutes.
    """
    since, polled = in_transaction(_make_due, where), 0
    app.send_task(
        "overheard.polling.poll_due_feeds", queue="ops"
    )  # beat's next tick may be seconds away
    ends = time.monotonic() + 600
    while time.monotonic() < ends:
        polled = in_transaction(_polled, since)
        if polled == feeds:
            return since
        time.sleep(0.2)
    raise TimeoutError(f"{polled} of {feeds} feeds were looked at")


def spent(since: Any) -> float:
    """The seconds until the last feed was polled."""
    return waited(since)[2]


def waited(since: Any, where: str = "true") -> tuple[float, float, float]:
    """Median, p95 and maximum of the seconds until feeds were polled."""
    query = text(_WAITED.format(where=where))

    def ask(session: Session) -> list[float]:
        return list(session.connection().execute(query, {"since": since}).scalar_one())

    middle, late, last = in_transaction(ask)
    return float(middle), float(late), float(last)


def memory_of(worker: int) -> float:
    """Megabytes of a worker's largest process; 0 where there is no /proc."""
    sizes = [0.0]
    for status in Path("/proc").glob("[0-9]*/status"):
        with suppress(OSError):
            fields = dict(line.split(":\t", 1) for line in status.read_text().splitlines() if line)
            if int(fields["PPid"]) == worker:
                sizes.append(int(fields.get("VmRSS", "0").split()[0]) / 1024)
    return max(sizes)


def _make_due(session: Session, where: str) -> Any:
    since = session.connection().execute(_CLOCK).scalar_one()
    session.connection().execute(text(_DUE.format(where=where)))
    session.connection().execute(_HOSTS_DUE)
    return since


def _polled(session: Session, since: Any) -> int:
    return int(session.connection().execute(_POLLED, {"since": since}).scalar_one())
