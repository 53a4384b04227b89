"""The stage of a case: an installation that follows a world, reset in between, and its judge."""

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

# So often a job may lose its worker; of the last time it is dead.
MAX_LOSSES = 6
# Short, so that what was lost is found within seconds; what is tried again is so soon.
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
_LEFT = """
    SELECT (SELECT count(*) FROM crawl WHERE last_ok_at IS NULL) AS feeds,
           (SELECT count(*) FROM job WHERE state IN ('waiting', 'running')) AS jobs
"""
# Podcasts whose speakers were not decided and judged after their last job: only then is taken in
# what one episode tells of another. A tick is 150 s behind on purpose, and two of them are sure.
_UNSETTLED = """
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
_AT_THEIR_LAST = """
    SELECT count(*) AS jobs FROM job WHERE state = 'running' AND worker_losses >= %(worker_losses)s - 1
"""
_TOLL = """
    SELECT count(*) AS jobs, sum(worker_losses)::int AS worker_losses, sum(attempts)::int AS attempts,
           sum(republished)::int AS republished, count(*) FILTER (WHERE state = 'dead') AS dead FROM job
"""


@dataclass(frozen=True)
class IntentVerdict:
    """What came of a case: jobs done, rows that are missing or too many, drift, seconds to mend."""

    case: str
    faults: Mapping[str, int]
    toll: Mapping[str, int]
    lost: int
    doubled: int
    drift: int
    recovery_seconds: float
    different: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def is_clean(self) -> bool:
        """Whether nothing is lost, doubled or counted wrongly."""
        return not (self.lost or self.doubled or self.drift)


class Stage:
    """A world that is followed and not yet polled, as often as it is asked for."""

    def __init__(self, own: Installation, servers: EmbeddedServers, world: World) -> None:
        self.own = own
        self.world = world
        self.servers = servers
        self._engine = create_engine(own.urls.database_url, pool_pre_ping=True)

    @property
    def postgres(self) -> ServerProcess:
        """The database server's process."""
        return self.servers._postgres.process

    @property
    def valkey(self) -> ServerProcess:
        """The broker's process."""
        return self.servers._valkey.process

    def add_by_url(self) -> None:
        """Follow all feeds of the world, and keep the database as it is then."""
        (self.own.data / "world.opml").write_text(opml(self.world))
        self.own.overheard("ingest", str(self.own.data / "world.opml"), "--no-wait")
        self._copy_database("overheard", "followed")

    def reset(self) -> None:
        """Nothing is polled yet, and the broker knows nothing."""
        self._copy_database("followed", "overheard")
        redis.Redis.from_url(self.own.urls.broker_client_url).flushall()

    @contextmanager
    def service(
        self,
        commands: Mapping[str, tuple[str, ...]] = COMMANDS,
        altered: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> Iterator[Processes]:
        """Workers and beat at work, until the block ends."""
        with Processes(self.own, commands, altered, migrated=True) as processes:
            yield processes

    def done(self) -> int:
        """Jobs that are done."""
        return int(self.own.ask("SELECT count(*) AS n FROM job WHERE state = 'done'")[0]["n"])

    def left(self) -> tuple[int, int]:
        """Feeds never looked at, and jobs not done; dead ones wait for a person.

        It gets less, as a pair, with every feed too: each brings jobs that were not there before.
        """
        found = self.own.ask(_LEFT)[0]
        return found["feeds"], found["jobs"]

    def jobs_left(self) -> int:
        """Jobs that wait or run."""
        query = "SELECT count(*) AS n FROM job WHERE state IN ('waiting', 'running')"
        return int(self.own.ask(query)[0]["n"])

    def wait(self, condition: Callable[[], bool], seconds: float = RECOVERY_SECONDS) -> float:
        """Wait for something to come about; how long it took."""
        began = time.monotonic()
        while not self._holds(condition):
            waited = time.monotonic() - began
            assert waited < seconds, f"this does not come to an end: {self.own.ask(_UNDONE)}"
            time.sleep(0.05)
        return time.monotonic() - began

    def until_jobs_run(self) -> None:
        """Wait until somebody takes a job from now on, and is at it."""
        last = self.own.ask("SELECT max(started_at) AS at FROM job")[0]["at"]
        query = """
            SELECT count(*) AS n FROM job
            WHERE state = 'running' AND started_at > coalesce(%(last)s::timestamptz, '-infinity')
        """
        self.wait(lambda: self.own.ask(query, last=last)[0]["n"] > 0)

    def until_nobody_would_die(self) -> None:
        """Wait while a job runs whose next loss would be its last: a small world has only ten.

        What a job does that loses too often is another case; here all have to come through.
        """
        self.wait(lambda: self.own.ask(_AT_THEIR_LAST, worker_losses=MAX_LOSSES)[0]["jobs"] == 0)

    def record_poll_results(self) -> float:
        """Wait until nothing is left to be done, and all speakers are decided by all there is.

        The seconds until the last job was done.
        """
        took = self._until_jobs_are_done()
        while not self._holds(lambda: self.own.ask(_UNSETTLED)[0]["podcasts"] == 0):
            self.wait(lambda: self.own.ask(_UNSETTLED)[0]["podcasts"] == 0 or self.jobs_left() > 0)
            self._until_jobs_are_done()
        return took

    def _until_jobs_are_done(self) -> float:
        """Wait until nothing is left to be done, as long as it gets less; the seconds it took."""
        began = time.monotonic()
        least = self._left_or_none()
        while least != (0, 0):
            before = least
            self.wait(lambda before=before: self._gets_less(before))  # type: ignore[misc]
            least = self._left_or_none()
        return time.monotonic() - began

    def _left_or_none(self) -> tuple[int, int] | None:
        try:
            return self.left()
        except psycopg.OperationalError:
            return None

    def _gets_less(self, than: tuple[int, int] | None) -> bool:
        left = self.left()
        return left == (0, 0) or than is None or left < than

    def again(self) -> None:
        """Ask for every episode with a transcript anew, from its publisher."""
        ids = [
            row["id"] for row in self.own.ask("SELECT DISTINCT episode_id AS id FROM transcript")
        ]
        with Session(self._engine) as session, session.begin():
            now = database_time(session)
            request_jobs(session, "parse", ids, now, stage=JobStage.fetch, force=True)

    def retry(self) -> None:
        """Let what is dead begin anew."""
        with Session(self._engine) as session, session.begin():
            retry_jobs(session, database_time(session))

    def keep_busy(self) -> None:
        """Ask for everything anew when little is left to be disturbed."""
        if self.done() and self.jobs_left() < 4:
            self.again()

    def stop_server(self, server: ServerProcess, number: signal.Signals) -> None:
        """Signal a server, and wait until it is gone unless it is only stopped."""
        server.signal(number)
        if number is not signal.SIGSTOP:
            assert server.wait_until_gone(60)

    def wipe_broker(self) -> None:
        """Throw away what a broker that is gone has kept."""
        shutil.rmtree(self.own.data / "valkey")

    def judge(
        self, case: str, faults: Mapping[str, int], recovery: float, wanted: Contents
    ) -> IntentVerdict:
        """Compare all tables with those of an undisturbed run, and count anew."""
        with self.own.connect() as connection:
            different = differences(wanted, contents(connection))
        with Session(self._engine) as session, session.begin():
            drift = recount(session, check_attributions).changed
        missing = sum(len(ours) for ours, _ in different.values())
        extra = sum(len(theirs) for _, theirs in different.values())
        toll = {k: v or 0 for k, v in self.own.ask(_TOLL)[0].items()}
        return IntentVerdict(case, faults, toll, missing, extra, drift, recovery, different)

    def _holds(self, condition: Callable[[], bool]) -> bool:
        try:
            return condition()
        except psycopg.OperationalError:  # the database is what is broken
            return False

    def _copy_database(self, source: str, target: str) -> None:
        self._engine.dispose()
        plain = make_url(self.own.urls.database_url).set(
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
def stage(world: World, **settings: str) -> Iterator[Stage]:
    """A stage over a world, in a folder of its own."""
    with installation(**(allowed(world) | SETTINGS | settings)) as own:
        servers = EmbeddedServers(own.data)
        servers.start()
        try:
            made = Stage(own, servers, world)
            made.add_by_url()
            yield made
            made._engine.dispose()
        finally:
            servers.stop()
