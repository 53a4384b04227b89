"""The cases: what is broken in each, while the workers are at work."""

import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg

from tests.acceptance.chaos.stage import Stage
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
    """How much of everything: the whole, or the part that runs in CI."""

    kills: int
    stopped_seconds: float
    refused_seconds: float
    full_seconds: float
    rounds: int


WHOLE = Length(kills=25, stopped_seconds=20, refused_seconds=15, full_seconds=10, rounds=3)
PART = Length(kills=5, stopped_seconds=3, refused_seconds=3, full_seconds=2, rounds=1)

Faults = Counter[str]
Case = Callable[[Stage, Length], tuple[Faults, float]]


def undisturbed(stage: Stage, _: Length) -> tuple[Faults, float]:
    """Nothing happens."""
    with stage.service():
        return Faults(), stage.record_poll_results()


def workers_are_killed(stage: Stage, length: Length) -> tuple[Faults, float]:
    """SIGKILL at random moments: pool processes, whole workers, all processes at once."""
    chance, faults = random.Random(SEED), Faults()  # noqa: S311  the same at every run
    with stage.service() as processes:
        for number in range(length.kills):
            stage.keep_busy()
            stage.until_jobs_run()
            time.sleep(chance.uniform(0.0, 0.6))
            stage.until_nobody_would_die()
            if number % 5 == 4:
                processes.kill(chance.choice([["work"], ["work", "ops"], ["work", "ops", "beat"]]))
            else:
                processes.kill_pool("work")
            faults["SIGKILL"] += 1
        return faults, stage.record_poll_results()


def broker_is_killed(stage: Stage, _: Length) -> tuple[Faults, float]:
    """The broker is killed and comes back with what it had written."""
    with stage.service():
        stage.until_jobs_run()
        stage.stop_server(stage.valkey, signal.SIGKILL)
        stage.servers.ensure_running()
        return Faults({"broker killed": 1}), stage.record_poll_results()


def broker_is_wiped(stage: Stage, _: Length) -> tuple[Faults, float]:
    """The broker is killed and comes back empty."""
    with stage.service():
        stage.until_jobs_run()
        stage.stop_server(stage.valkey, signal.SIGKILL)
        stage.wipe_broker()
        stage.servers.ensure_running()
        return Faults({"broker wiped": 1}), stage.record_poll_results()


def broker_is_stopped(stage: Stage, length: Length) -> tuple[Faults, float]:
    """The broker accepts connections and answers nothing, for a while."""
    with stage.service():
        stage.until_jobs_run()
        stage.stop_server(stage.valkey, signal.SIGSTOP)
        time.sleep(length.stopped_seconds)
        stage.valkey.signal(signal.SIGCONT)
        return Faults({f"SIGSTOP for {length.stopped_seconds:g} s": 1}), stage.record_poll_results()


def database_is_away(stage: Stage, length: Length) -> tuple[Faults, float]:
    """PostgreSQL is restarted under load, then refuses everybody for a while, then is killed."""
    with stage.service():
        stage.until_jobs_run()
        stage.stop_server(stage.postgres, signal.SIGINT)
        stage.servers.ensure_running()
        stage.keep_busy()
        stage.until_jobs_run()
        stage.stop_server(stage.postgres, signal.SIGINT)
        time.sleep(length.refused_seconds)
        stage.servers.ensure_running()
        stage.keep_busy()
        stage.until_jobs_run()
        stage.stop_server(stage.postgres, signal.SIGKILL)
        stage.servers.ensure_running()
        faults = Faults(
            {"restart": 1, f"refused for {length.refused_seconds:g} s": 1, "SIGKILL": 1}
        )
        return faults, stage.record_poll_results()


def every_message_comes_thrice(stage: Stage, length: Length) -> tuple[Faults, float]:
    """Whatever is sent arrives three times, ticks included."""
    thrice = {name: {"copies": 3} for name in COMMANDS}
    with stage.service(altered=thrice):
        for _ in range(length.rounds):
            stage.record_poll_results()
            stage.again()
        recovery = stage.record_poll_results()
    return Faults({"copies of each message": 3}), recovery


def beats_are_none_then_two(stage: Stage, length: Length) -> tuple[Faults, float]:
    """Nobody sends ticks for a while; then two do."""
    two = {**COMMANDS, "second beat": ("beat",)}
    with stage.service(two) as processes:
        stage.until_jobs_run()
        processes.end("beat")
        processes.end("second beat")
        time.sleep(length.refused_seconds)
        processes.start("beat")
        processes.start("second beat")
        for _ in range(length.rounds):
            stage.record_poll_results()
            stage.again()
        return Faults({"beats gone": 2, "beats at once": 2}), stage.record_poll_results()


def messages_return_while_work_is_done(stage: Stage, length: Length) -> tuple[Faults, float]:
    """The visibility timeout is a second, and reading a transcript takes two.

    Sixteen processes sleep side by side: two would need 40 minutes for the shared world.
    """
    sixteen = ("worker", "--queues", "poll,parse", "--name", "work", "--concurrency", "16")
    soon: dict[str, Any] = {"transport": {"visibility_timeout": 1, "unacked_restore_interval": 1}}
    slow = {"work": {"nap": 2.0, **soon}, "ops": soon, "beat": soon}
    with stage.service({**COMMANDS, "work": sixteen}, altered=slow):
        recovery = stage.record_poll_results()
    del length
    return Faults({"visibility timeout of 1 s": 1}), recovery


def one_episode_kills_its_worker(stage: Stage, _: Length) -> tuple[Faults, float]:
    """Whoever reads one certain episode is killed, until the job is dead; a person retries it."""
    faults = Faults()
    with stage.service(altered={"work": {"nap": 0.3}}) as processes:
        stage.wait(lambda: stage.own.ask("SELECT count(*) AS n FROM job")[0]["n"] > 0)
        poison = stage.own.ask("SELECT min(subject) AS id FROM job")[0]["id"]
        state = "SELECT state, lease_token FROM job WHERE subject = %(id)s ORDER BY id DESC LIMIT 1"

        killed = set()

        def is_dead() -> bool:
            job = stage.own.ask(state, id=poison)[0]
            if job["state"] == "running" and job["lease_token"] not in killed:
                killed.add(job["lease_token"])
                faults["SIGKILL"] += bool(processes.kill_pool("work"))
            elif job["state"] == "done":  # it was read before we looked: once more
                stage.again()
            return bool(job["state"] == "dead")

        stage.wait(is_dead)
        stage.record_poll_results()
        stage.retry()
        return faults, stage.record_poll_results()


def disk_is_full(stage: Stage, length: Length) -> tuple[Faults, float]:
    """PostgreSQL answers every write with SQLSTATE 53100 for a while (a trigger raises it)."""
    with stage.service():
        stage.until_jobs_run()
        with stage.own.connect() as connection:
            connection.execute(_DISK_FULL)
            for table in _GROWING:
                _execute(connection, f"CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON {table} "
                         "FOR EACH STATEMENT EXECUTE FUNCTION disk_is_full()")  # fmt: skip
            time.sleep(length.full_seconds)
            for table in _GROWING:
                _execute(connection, f"DROP TRIGGER full_disk ON {table}")
        return Faults({f"53100 for {length.full_seconds:g} s": 1}), stage.record_poll_results()


def _execute(connection: "psycopg.Connection[Any]", statement: str) -> None:
    connection.execute(statement.encode())


def clocks_are_an_hour_off(stage: Stage, length: Length) -> tuple[Faults, float]:
    """One worker's clock is an hour ahead, the other's an hour behind."""
    apart = {"work": {"clock": 3600}, "ops": {"clock": -3600}}
    with stage.service(altered=apart) as processes:
        stage.record_poll_results()
        for _ in range(length.rounds):
            stage.again()
            stage.until_jobs_run()
            processes.kill_pool("work")
            stage.record_poll_results()
    ahead = {"work": {"clock": -3600}, "ops": {"clock": 3600}}
    with stage.service(altered=ahead):
        stage.again()
        recovery = stage.record_poll_results()
    return Faults({"hours ahead": 1, "hours behind": 1, "SIGKILL": length.rounds}), recovery


def eight_workers_on_one_show(stage: Stage, _: Length) -> tuple[Faults, float]:
    """Eight processes store one show's episodes at once, which count for the same few people."""
    eight = ("worker", "--queues", "poll,parse", "--name", "work", "--concurrency", "8")
    others = "UPDATE crawl SET next_poll_at = now() + %s * interval '1 h' WHERE url NOT LIKE %s"
    show = f"%{stage.world.edits.feed}"
    seen, over = Faults({"processes": 8}), threading.Event()
    with stage.own.connect() as connection:
        connection.execute(others, [1, show])
        with stage.service({**COMMANDS, "work": eight}):
            stage.wait(lambda: stage.own.ask("SELECT count(*) AS n FROM job")[0]["n"] > 0)
            watcher = threading.Thread(target=_watch_locks, args=[stage, seen, over])
            watcher.start()
            stage.wait(lambda: stage.jobs_left() == 0)
            over.set()
            watcher.join()
            connection.execute(others, [0, show])
            connection.execute("UPDATE host SET next_due_at = now()")
            return seen, stage.record_poll_results()


def _watch_locks(stage: Stage, seen: "Counter[str]", over: threading.Event) -> None:
    """Sample how many of those that are busy wait for a lock."""
    with stage.own.connect() as connection:
        while not over.wait(0.02):
            row = connection.execute(_WAITING_FOR_LOCKS).fetchone()
            assert row is not None
            seen["samples waiting for a lock"] += row["waiting"]
            seen["samples busy"] += row["busy"]


def workers_are_asked_to_end(stage: Stage, length: Length) -> tuple[Faults, float]:
    """SIGTERM while transcripts are read that take longer than the soft shutdown waits."""
    hasty = {"workers.celery_app.SOFT_SHUTDOWN": 1, "nap": 2.5}
    faults = Faults()
    for _ in range(length.rounds):
        with stage.service(altered={"work": hasty}) as processes:
            stage.keep_busy()
            stage.until_jobs_run()
            code = processes.terminate("work", 45)
            assert code == 0, f"the worker ended with {code}"
            faults["SIGTERM"] += 1
            stage.keep_busy()
    with stage.service():
        return faults, stage.record_poll_results()


CASES: dict[str, Case] = {
    "workers killed": workers_are_killed,
    "broker killed": broker_is_killed,
    "broker wiped": broker_is_wiped,
    "broker stopped": broker_is_stopped,
    "database away": database_is_away,
    "every message thrice": every_message_comes_thrice,
    "no beat, then two": beats_are_none_then_two,
    "visibility timeout too short": messages_return_while_work_is_done,
    "poison episode": one_episode_kills_its_worker,
    "disk full (53100)": disk_is_full,
    "clocks an hour off": clocks_are_an_hour_off,
    "eight workers on one show": eight_workers_on_one_show,
    "SIGTERM": workers_are_asked_to_end,
}
