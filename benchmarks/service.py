"""The poller's processes on a database of their own, and rows of feeds for them to poll."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from benchmarks.database import data_folder
from models.database import engine, in_transaction
from models.migrate import migrate
from workers.app import app, reset_connections
from workers.embedded.servers import embedded_servers

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
    INSERT INTO crawl (podcast_id, host_id, url, unconditional, next_poll_why, error_count)
    SELECT p.id, h.id, p.feed_url, false, 'new', 0
    FROM podcast p JOIN host h ON h.name = split_part(p.feed_url, '/', 3)
    ON CONFLICT (podcast_id) DO NOTHING
""")
_ALL_DUE = (
    text("UPDATE crawl SET next_poll_at = clock_timestamp()"),
    text("UPDATE host SET next_due_at = clock_timestamp()"),
)
_POLLED = text("""
    SELECT count(*) FROM crawl WHERE polled_at >= :since AND claim IS NULL
""")
_CLOCK = text("SELECT clock_timestamp()")


@contextmanager
def polling_service(port: int, pollers: int = 2) -> Iterator[int]:
    """Beat, a worker for the ticks and one with ``pollers`` processes; the pollers' process id.

    The database is behind models.database. Feeds may be fetched from loopback at ``port``.
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
    """Follow these addresses; they are due when ``poll_all`` says so."""
    in_transaction(_add, urls)
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def _add(session: Session, urls: Sequence[str]) -> None:
    session.connection().execute(_PODCASTS, {"urls": list(urls)})
    session.connection().execute(_HOSTS)
    session.connection().execute(_CRAWLS)


def poll_all(feeds: int, within_seconds: float = 600) -> float:
    """Make all feeds due at once; the seconds until the last was looked at.

    Raises:
        TimeoutError: they were not.
    """
    since, last = in_transaction(_make_due), 0
    app.send_task("overheard.poll_due_feeds", queue="ops")  # beat's next tick may be seconds away
    ends = time.monotonic() + within_seconds
    while time.monotonic() < ends:
        polled = in_transaction(_polled, since)
        if polled == feeds:
            return float(in_transaction(_spent, since))
        last = polled
        time.sleep(0.2)
    raise TimeoutError(f"{last} of {feeds} feeds were looked at")


def _make_due(session: Session) -> Any:
    since = session.connection().execute(_CLOCK).scalar_one()
    for statement in _ALL_DUE:
        session.connection().execute(statement)
    return since


def _polled(session: Session, since: Any) -> int:
    return int(session.connection().execute(_POLLED, {"since": since}).scalar_one())


def _spent(session: Session, since: Any) -> float:
    query = text("SELECT extract(epoch FROM max(polled_at) - :since) FROM crawl")
    return float(session.connection().execute(query, {"since": since}).scalar_one())
