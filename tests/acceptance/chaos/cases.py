"""The chaos cases: what each breaks while workers run."""

import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg

from tests.acceptance.chaos.system import System
from tests.acceptance.killing import COMMANDS

SEED = 20_240_611

_DISK_FULL = """
    CREATE FUNCTION disk_is_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100';
    END $$;
"""
_GROWING = (
    "appearance",
    "speaker",
    "episode",
    "job",
    "crawl",
    "person",
    "raw_body",
    "metric_bucket",
)
_WAITING_FOR_LOCKS = """
    SELECT count(*) FILTER (WHERE wait_event_type = 'Lock') AS waiting,
           count(*) FILTER (WHERE state <> 'idle') AS busy
    FROM pg_stat_activity WHERE datname = 'overheard' AND application_name = 'overheard'
"""


@dataclass(frozen=True)
class Length:
    """How often and how long: the whole suite, or the part that runs in CI."""

    kills: int
    stopped_seconds: float
    refused_seconds: float
    full_seconds: float
    rounds: int


WHOLE = Length(kills=25, stopped_seconds=20, refused_seconds=15, full_seconds=10, rounds=3)
PART = Length(kills=5, stopped_seconds=3, refused_seconds=3, full_seconds=2, rounds=1)

Faults = Counter[str]
Case = Callable[[System, Length], tuple[Faults, float]]


def undisturbed(system: System, _: Length) -> tuple[Faults, float]:
    """Break nothing."""
    with system.service():
        return Faults(), system.wait_until_idle()


def workers_are_killed(system: System, length: Length) -> tuple[Faults, float]:
    """Kill pool processes, whole workers or all processes at random times."""
    rng, faults = random.Random(SEED), Faults()  # noqa: S311  the same in every run
    with system.service() as processes:
        for number in range(length.kills):
            system.keep_busy()
            system.until_jobs_run()
            time.sleep(rng.uniform(0.0, 0.6))
            system.until_no_job_would_die()
            if number % 5 == 4:
                processes.kill(rng.choice([["work"], ["work", "ops"], ["work", "ops", "beat"]]))
            else:
                processes.kill_pool("work")
            faults["SIGKILL"] += 1
        return faults, system.wait_until_idle()


def broker_is_killed(system: System, _: Length) -> tuple[Faults, float]:
    """Kill the broker, and restart it with the data that it had written."""
    with system.service():
        system.until_jobs_run()
        system.stop_server(system.valkey, signal.SIGKILL)
        system.servers.ensure_running()
        return Faults({"broker killed": 1}), system.wait_until_idle()


def broker_is_wiped(system: System, _: Length) -> tuple[Faults, float]:
    """Kill the broker, and restart it empty."""
    with system.service():
        system.until_jobs_run()
        system.stop_server(system.valkey, signal.SIGKILL)
        system.wipe_broker()
        system.servers.ensure_running()
        return Faults({"broker wiped": 1}), system.wait_until_idle()


def broker_is_stopped(system: System, length: Length) -> tuple[Faults, float]:
    """Let the broker accept connections without responding for a while."""
    with system.service():
        system.until_jobs_run()
        system.stop_server(system.valkey, signal.SIGSTOP)
        time.sleep(length.stopped_seconds)
        system.valkey.signal(signal.SIGCONT)
        return Faults({f"SIGSTOP for {length.stopped_seconds:g} s": 1}), system.wait_until_idle()


def database_is_down(system: System, length: Length) -> tuple[Faults, float]:
    """Restart PostgreSQL under load, then leave it down for a while, then kill it."""
    with system.service():
        system.until_jobs_run()
        system.stop_server(system.postgres, signal.SIGINT)
        system.servers.ensure_running()
        system.keep_busy()
        system.until_jobs_run()
        system.stop_server(system.postgres, signal.SIGINT)
        time.sleep(length.refused_seconds)
        system.servers.ensure_running()
        system.keep_busy()
        system.until_jobs_run()
        system.stop_server(system.postgres, signal.SIGKILL)
        system.servers.ensure_running()
        faults = Faults(
            {"restart": 1, f"refused for {length.refused_seconds:g} s": 1, "SIGKILL": 1}
        )
        return faults, system.wait_until_idle()


def messages_are_tripled(system: System, length: Length) -> tuple[Faults, float]:
    """Deliver every message three times, including scheduled tasks."""
    thrice = {name: {"copies": 3} for name in COMMANDS}
    with system.service(altered=thrice):
        for _ in range(length.rounds):
            system.wait_until_idle()
            system.reingest_all()
        recovery = system.wait_until_idle()
    return Faults({"copies of each message": 3}), recovery


def no_beat_then_two(system: System, length: Length) -> tuple[Faults, float]:
    """Run no beat for a while, then two."""
    two = {**COMMANDS, "second beat": ("beat",)}
    with system.service(two) as processes:
        system.until_jobs_run()
        processes.end("beat")
        processes.end("second beat")
        time.sleep(length.refused_seconds)
        processes.start("beat")
        processes.start("second beat")
        for _ in range(length.rounds):
            system.wait_until_idle()
            system.reingest_all()
        return Faults({"beats gone": 2, "beats at once": 2}), system.wait_until_idle()


def visibility_timeout_is_too_short(system: System, length: Length) -> tuple[Faults, float]:
    """Set the visibility timeout to one second, while parsing takes two.

    Sixteen processes sleep in parallel: two would need 40 minutes for the shared world.
    """
    sixteen = ("worker", "--queues", "poll,parse", "--name", "work", "--concurrency", "16")
    soon: dict[str, Any] = {"transport": {"visibility_timeout": 1, "unacked_restore_interval": 1}}
    slow = {"work": {"nap": 2.0, **soon}, "ops": soon, "beat": soon}
    with system.service({**COMMANDS, "work": sixteen}, altered=slow):
        recovery = system.wait_until_idle()
    del length
    return Faults({"visibility timeout of 1 s": 1}), recovery


def one_episode_kills_workers(system: System, _: Length) -> tuple[Faults, float]:
    """Kill each worker that parses one episode until its job is dead, then retry it."""
    faults = Faults()
    with system.service(altered={"work": {"nap": 0.3}}) as processes:
        system.wait(lambda: system.installation.query("SELECT count(*) AS n FROM job")[0]["n"] > 0)
        poison = system.installation.query("SELECT min(subject) AS id FROM job")[0]["id"]
        state = "SELECT state, lease_token FROM job WHERE subject = %(id)s ORDER BY id DESC LIMIT 1"

        killed = set()

        def is_dead() -> bool:
            job = system.installation.query(state, id=poison)[0]
            if job["state"] == "running" and job["lease_token"] not in killed:
                killed.add(job["lease_token"])
                faults["SIGKILL"] += bool(processes.kill_pool("work"))
            elif job["state"] == "done":  # it was done before the check: re-ingest
                system.reingest_all()
            return bool(job["state"] == "dead")

        system.wait(is_dead)
        system.wait_until_idle()
        system.retry_dead_jobs()
        return faults, system.wait_until_idle()


def disk_is_full(system: System, length: Length) -> tuple[Faults, float]:
    """Let PostgreSQL refuse every write with SQLSTATE 53100 for a while, by a trigger."""
    with system.service():
        system.until_jobs_run()
        with system.installation.connect() as connection:
            connection.execute(_DISK_FULL)
            for table in _GROWING:
                _execute(
                    connection,
                    f"CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON {table} "
                    "FOR EACH STATEMENT EXECUTE FUNCTION disk_is_full()",
                )
            time.sleep(length.full_seconds)
            for table in _GROWING:
                _execute(connection, f"DROP TRIGGER full_disk ON {table}")
        return Faults({f"53100 for {length.full_seconds:g} s": 1}), system.wait_until_idle()


def _execute(connection: "psycopg.Connection[Any]", statement: str) -> None:
    connection.execute(statement.encode())


def clocks_are_an_hour_off(system: System, length: Length) -> tuple[Faults, float]:
    """Set one worker's clock an hour ahead, the other's an hour behind."""
    skewed = {"work": {"clock": 3600}, "ops": {"clock": -3600}}
    with system.service(altered=skewed) as processes:
        system.wait_until_idle()
        for _ in range(length.rounds):
            system.reingest_all()
            system.until_jobs_run()
            processes.kill_pool("work")
            system.wait_until_idle()
    ahead = {"work": {"clock": -3600}, "ops": {"clock": 3600}}
    with system.service(altered=ahead):
        system.reingest_all()
        recovery = system.wait_until_idle()
    return Faults({"hours ahead": 1, "hours behind": 1, "SIGKILL": length.rounds}), recovery


def eight_processes_on_one_show(system: System, _: Length) -> tuple[Faults, float]:
    """Let eight processes store episodes of one show, which count for the same few people."""
    eight = ("worker", "--queues", "poll,parse", "--name", "work", "--concurrency", "8")
    others = "UPDATE crawl SET next_poll_at = now() + %s * interval '1 h' WHERE url NOT LIKE %s"
    show = f"%{system.world.edits.feed}"
    seen, over = Faults({"processes": 8}), threading.Event()
    with system.installation.connect() as connection:
        connection.execute(others, [1, show])
        with system.service({**COMMANDS, "work": eight}):
            system.wait(
                lambda: system.installation.query("SELECT count(*) AS n FROM job")[0]["n"] > 0
            )
            watcher = threading.Thread(target=_watch_locks, args=[system, seen, over])
            watcher.start()
            system.wait(lambda: system.jobs_left() == 0)
            over.set()
            watcher.join()
            connection.execute(others, [0, show])
            connection.execute("UPDATE host SET next_due_at = now()")
            return seen, system.wait_until_idle()


def _watch_locks(system: System, seen: "Counter[str]", over: threading.Event) -> None:
    """Sample how many busy connections wait for a lock."""
    with system.installation.connect() as connection:
        while not over.wait(0.02):
            row = connection.execute(_WAITING_FOR_LOCKS).fetchone()
            assert row is not None
            seen["samples waiting for a lock"] += row["waiting"]
            seen["samples busy"] += row["busy"]


def workers_get_sigterm(system: System, length: Length) -> tuple[Faults, float]:
    """Send SIGTERM during jobs that take longer than the soft shutdown waits."""
    impatient = {"workers.celery_app.SOFT_SHUTDOWN": 1, "nap": 2.5}
    faults = Faults()
    for _ in range(length.rounds):
        with system.service(altered={"work": impatient}) as processes:
            system.keep_busy()
            system.until_jobs_run()
            code = processes.terminate("work", 45)
            assert code == 0, f"the worker exited with {code}"
            faults["SIGTERM"] += 1
            system.keep_busy()
    with system.service():
        return faults, system.wait_until_idle()


CASES: dict[str, Case] = {
    "workers killed": workers_are_killed,
    "broker killed": broker_is_killed,
    "broker wiped": broker_is_wiped,
    "broker stopped": broker_is_stopped,
    "database unavailable": database_is_down,
    "every message thrice": messages_are_tripled,
    "no beat, then two": no_beat_then_two,
    "visibility timeout too short": visibility_timeout_is_too_short,
    "poison episode": one_episode_kills_workers,
    "disk full (53100)": disk_is_full,
    "clocks an hour off": clocks_are_an_hour_off,
    "eight workers on one show": eight_processes_on_one_show,
    "SIGTERM": workers_get_sigterm,
}
