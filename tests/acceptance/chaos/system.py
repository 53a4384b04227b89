"""The system of a chaos case: an installation that follows a world, and is reset each time."""

import shutil
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
import redis
from sqlalchemy import create_engine, make_url
from sqlmodel import Session

from models import Stage as JobStage
from models.database import database_time
from tasks.counts.store.recount import recount
from tasks.jobs.store import request_jobs, retry_jobs
from tasks.speakers.store.attribution import check_attributions
from tests.acceptance.conftest import allowed, installation
from tests.acceptance.contents import Contents, contents, differences
from tests.acceptance.installation import Installation
from tests.acceptance.killing import COMMANDS, Processes
from tests.acceptance.worlds import World, opml
from workers.local.embedded.process import ServerProcess
from workers.local.embedded.servers import EmbeddedServers

# The losses after which a job is dead.
MAX_LOSSES = 6
# Short, so that lost work is found, and failed work retried, within seconds.
SETTINGS = {
    "OVERHEARD_JOB_MAX_WORKER_LOSSES": str(MAX_LOSSES),
    "OVERHEARD_JOB_LEASE_SECONDS": "4",
    "OVERHEARD_SWEEP_TICK_SECONDS": "1",
    "OVERHEARD_POLL_TICK_SECONDS": "1",
    "OVERHEARD_REPUBLISH_AFTER_SECONDS": "15",
    "OVERHEARD_JOB_RETRY_SECONDS": "1",
    "OVERHEARD_JOB_RETRY_MAX_SECONDS": "2",
    "OVERHEARD_RESOLVE_TICK_SECONDS": "5",
}
RECOVERY_SECONDS = 240
_REMAINING = """
    SELECT (SELECT count(*) FROM crawl WHERE last_ok_at IS NULL) AS feeds,
           (SELECT count(*) FROM job WHERE state IN ('waiting', 'running')) AS jobs
"""
# Podcasts whose speakers were not resolved and checked since their last job: only that uses the
# evidence of other episodes. A tick lags 150 s on purpose, so two of them are enough.
_UNRESOLVED = """
    SELECT count(*) AS podcasts FROM (
        SELECT e.podcast_id, max(j.finished_at) AS last
        FROM job j JOIN episode e ON e.id = j.subject
        WHERE j.kind = 'parse' AND j.state = 'done' AND j.outcome IN ('ran', 'degraded')
        GROUP BY 1
    ) done LEFT JOIN podcast_speaker_state v USING (podcast_id)
    WHERE coalesce(v.quarantine_checked_at, '-infinity') < done.last - interval '140 s'
"""
_UNDONE = """
    SELECT to_jsonb(j) AS row FROM job j WHERE state <> 'done'
    UNION ALL SELECT to_jsonb(c) FROM crawl c WHERE last_ok_at IS NULL LIMIT 5
"""
_ONE_LOSS_REMAINING = """
    SELECT count(*) AS jobs FROM job
    WHERE state = 'running' AND worker_losses >= %(worker_losses)s - 1
"""
_JOB_TOTALS = """
    SELECT count(*) AS jobs, sum(worker_losses)::int AS worker_losses,
           sum(attempts)::int AS attempts, sum(republished)::int AS republished,
           count(*) FILTER (WHERE state = 'dead') AS dead
    FROM job
"""


@dataclass(frozen=True)
class CaseResult:
    """The result of a case: jobs, missing and extra rows, drift, and seconds to recover."""

    case: str
    faults: Mapping[str, int]
    job_totals: Mapping[str, int]
    lost: int
    doubled: int
    drift: int
    recovery_seconds: float
    different: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def is_clean(self) -> bool:
        """Whether nothing is lost, doubled or counted wrongly."""
        return not (self.lost or self.doubled or self.drift)


class System:
    """An installation that follows a world, and can be reset to the time before its first poll."""

    def __init__(self, installation: Installation, servers: EmbeddedServers, world: World) -> None:
        self.installation = installation
        self.world = world
        self.servers = servers
        self._engine = create_engine(installation.urls.database_url, pool_pre_ping=True)

    @property
    def postgres(self) -> ServerProcess:
        """The process of the database server."""
        return self.servers._postgres.process

    @property
    def valkey(self) -> ServerProcess:
        """The process of the broker."""
        return self.servers._valkey.process

    def follow_world(self) -> None:
        """Follow all feeds of the world, and save a copy of the database."""
        (self.installation.data / "world.opml").write_text(opml(self.world))
        self.installation.overheard(
            "ingest", str(self.installation.data / "world.opml"), "--no-wait"
        )
        self._copy_database("overheard", "followed")

    def reset(self) -> None:
        """Restore the database from before the first poll, and empty the broker."""
        self._copy_database("followed", "overheard")
        redis.Redis.from_url(self.installation.urls.broker_client_url).flushall()

    @contextmanager
    def service(
        self,
        commands: Mapping[str, tuple[str, ...]] = COMMANDS,
        altered: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> Iterator[Processes]:
        """Run workers and beat for the block."""
        with Processes(self.installation, commands, altered, migrated=True) as processes:
            yield processes

    def jobs_done(self) -> int:
        """The number of done jobs."""
        return int(
            self.installation.query("SELECT count(*) AS n FROM job WHERE state = 'done'")[0]["n"]
        )

    def remaining(self) -> tuple[int, int]:
        """The numbers of feeds not polled and of jobs not done, without dead ones.

        As a pair they decrease with every poll, although each poll adds jobs.
        """
        row = self.installation.query(_REMAINING)[0]
        return row["feeds"], row["jobs"]

    def jobs_left(self) -> int:
        """The number of waiting and running jobs."""
        query = "SELECT count(*) AS n FROM job WHERE state IN ('waiting', 'running')"
        return int(self.installation.query(query)[0]["n"])

    def wait(self, condition: Callable[[], bool], seconds: float = RECOVERY_SECONDS) -> float:
        """Wait until a condition is true; the seconds it took."""
        started_at = time.monotonic()
        while not self._is_true(condition):
            waited = time.monotonic() - started_at
            assert waited < seconds, f"still not done: {self.installation.query(_UNDONE)}"
            time.sleep(0.05)
        return time.monotonic() - started_at

    def until_jobs_run(self) -> None:
        """Wait until a worker starts a job from now on."""
        last = self.installation.query("SELECT max(started_at) AS at FROM job")[0]["at"]
        query = """
            SELECT count(*) AS n FROM job
            WHERE state = 'running' AND started_at > coalesce(%(last)s::timestamptz, '-infinity')
        """
        self.wait(lambda: self.installation.query(query, last=last)[0]["n"] > 0)

    def until_no_job_would_die(self) -> None:
        """Wait while a job runs whose next worker loss would make it dead.

        A small world has only ten jobs. Dead jobs are another case; here all must be done.
        """
        self.wait(
            lambda: (
                self.installation.query(_ONE_LOSS_REMAINING, worker_losses=MAX_LOSSES)[0]["jobs"]
                == 0
            )
        )

    def wait_until_idle(self) -> float:
        """Wait until all jobs are done, and all speakers resolved with all evidence.

        Returns the seconds until the last job was done.
        """
        took = self._until_jobs_are_done()
        while not self._is_true(lambda: self.installation.query(_UNRESOLVED)[0]["podcasts"] == 0):
            self.wait(
                lambda: (
                    self.installation.query(_UNRESOLVED)[0]["podcasts"] == 0 or self.jobs_left() > 0
                )
            )
            self._until_jobs_are_done()
        return took

    def _until_jobs_are_done(self) -> float:
        """Wait until all jobs are done, as long as their number decreases; the seconds it took."""
        started_at = time.monotonic()
        least = self._remaining_or_none()
        while least != (0, 0):
            before = least
            self.wait(lambda before=before: self._has_decreased(before))  # type: ignore[misc]
            least = self._remaining_or_none()
        return time.monotonic() - started_at

    def _remaining_or_none(self) -> tuple[int, int] | None:
        try:
            return self.remaining()
        except psycopg.OperationalError:
            return None

    def _has_decreased(self, before: tuple[int, int] | None) -> bool:
        remaining = self.remaining()
        return remaining == (0, 0) or before is None or remaining < before

    def reingest_all(self) -> None:
        """Re-ingest every episode with a transcript, from its publisher."""
        ids = [
            row["id"]
            for row in self.installation.query("SELECT DISTINCT episode_id AS id FROM transcript")
        ]
        with Session(self._engine) as session, session.begin():
            now = database_time(session)
            request_jobs(session, "parse", ids, now, stage=JobStage.fetch, force=True)

    def retry_dead_jobs(self) -> None:
        """Retry dead jobs."""
        with Session(self._engine) as session, session.begin():
            retry_jobs(session, database_time(session))

    def keep_busy(self) -> None:
        """Re-ingest everything when few jobs remain."""
        if self.jobs_done() and self.jobs_left() < 4:
            self.reingest_all()

    def stop_server(self, server: ServerProcess, number: signal.Signals) -> None:
        """Send a signal to a server, and wait until it has ended, except for SIGSTOP."""
        server.signal(number)
        if number is not signal.SIGSTOP:
            assert server.wait_until_gone(60)

    def wipe_broker(self) -> None:
        """Delete the data of a broker that has ended."""
        shutil.rmtree(self.installation.data / "valkey")

    def compare(
        self, case: str, faults: Mapping[str, int], recovery: float, expected: Contents
    ) -> CaseResult:
        """Compare all tables with those of an undisturbed run, and recount."""
        with self.installation.connect() as connection:
            different = differences(expected, contents(connection))
        with Session(self._engine) as session, session.begin():
            drift = recount(session, check_attributions).changed
        missing = sum(len(ours) for ours, _ in different.values())
        extra = sum(len(theirs) for _, theirs in different.values())
        totals = {k: v or 0 for k, v in self.installation.query(_JOB_TOTALS)[0].items()}
        return CaseResult(case, faults, totals, missing, extra, drift, recovery, different)

    def _is_true(self, condition: Callable[[], bool]) -> bool:
        try:
            return condition()
        except psycopg.OperationalError:  # the database is down on purpose
            return False

    def _copy_database(self, source: str, target: str) -> None:
        self._engine.dispose()
        plain = make_url(self.installation.urls.database_url).set(
            drivername="postgresql", database="postgres"
        )
        where = plain.render_as_string(hide_password=False)
        with psycopg.connect(where, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE IF EXISTS {target} WITH (FORCE)".encode())
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                [source],
            )
            connection.execute(f"CREATE DATABASE {target} TEMPLATE {source}".encode())


@contextmanager
def chaos_system(world: World, **settings: str) -> Iterator[System]:
    """A system that follows a world, in its own directory."""
    with installation(**(allowed(world) | SETTINGS | settings)) as own:
        servers = EmbeddedServers(own.data)
        servers.start()
        try:
            system = System(own, servers, world)
            system.follow_world()
            yield system
            system._engine.dispose()
        finally:
            servers.stop()
