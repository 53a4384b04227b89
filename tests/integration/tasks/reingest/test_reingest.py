"""Re-ingests: what each scope and stage comes to, once for each request id, below live work."""

import re
import shlex
import subprocess
import sys
import threading
from datetime import timedelta
from typing import Any

import pytest
import redis

import tasks.jobs.tasks
import tasks.reingest.tasks
from models import Stage, get_settings
from models.database import in_transaction
from tasks.counts.recompute_person import count
from tasks.http.values import body_hash
from tasks.ingest.episode import parse
from tasks.jobs.publisher import publish_waiting_jobs
from tasks.jobs.runner import Message, run_job
from tasks.raw.store import store_raw
from tasks.reingest.request import handle_reingest, request_reingest
from tasks.reingest.values import BadScope, Scope
from tasks.transcripts.parse import PARSER_VERSION
from tests.factories import (
    TODAY,
    add_episode,
    add_podcast,
    differences,
    execute,
    figures,
    new_episode,
    one,
    rows,
    transcript_of,
)
from tests.integration.commands import Run, run
from tests.paths import DOCS
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer
from tests.sweeps import sweep
from workers.celery_app import app

__all__ = ["run"]

pytestmark = pytest.mark.usefixtures("database")

VTT = (
    b"WEBVTT\n\n00:00.000 --> 00:02.000\n<v Ann Smith>Hello.\n\n"
    b"00:02.000 --> 00:05.000\n<v Bob Jones>Hi.\n"
)


@pytest.fixture(autouse=True)
def _broker(broker: "redis.Redis", broker_url: str) -> None:
    del broker
    app.conf.broker_url = broker_url


def keep(episode: int, body: bytes = VTT) -> int:
    """Let an episode have a kept transcript that was read from these bytes, but no rows yet."""
    hashed = body_hash(body)
    in_transaction(store_raw, hashed, body)
    execute(
        "UPDATE transcript SET is_selected = true, body_hash = :hash, parser_version = :version, "
        "format = 'webvtt' WHERE episode_id = :id",
        hash=hashed, version=PARSER_VERSION, id=episode,
    )  # fmt: skip
    return episode


def kept_episode(**more: Any) -> int:
    return keep(new_episode(transcripts=["https://publisher.example/1.vtt"], **more))


def ask(stage: Stage | None = None, **scope: Any) -> list[int]:
    """Ask for a re-ingest; the jobs that wait then."""
    asked = in_transaction(request_reingest, Scope(**scope), stage)
    assert asked is not None
    return asked.job_ids


def do(jobs: list[int]) -> None:
    """Do jobs as their messages would."""
    for job in jobs:
        kind = one("SELECT kind FROM job WHERE id = :id", id=job)
        run_job(job, Message("message", "w"), parse if kind == "parse" else count)


def subjects(jobs: list[int]) -> list[int]:
    return list(
        one("SELECT array_agg(subject ORDER BY subject) FROM job WHERE id = ANY(:j)", j=jobs) or []
    )


@pytest.fixture
def three() -> list[int]:
    """Three episodes that were read from what is kept: of two podcasts, on three days."""
    podcast = in_transaction(add_podcast, url="https://podcast.example/feed")
    urls = ["https://publisher.example/1.vtt"]
    episodes = [
        keep(in_transaction(add_episode, podcast, transcripts=urls)),
        keep(in_transaction(add_episode, podcast, transcripts=urls,
                            stats_date=TODAY - timedelta(days=9))),
        keep(new_episode(transcripts=urls), VTT.replace(b"Ann Smith", b"Cid Low")),
    ]  # fmt: skip
    do(ask(Stage.parse, everything=True))
    assert figures()["Ann Smith"][0] == 2
    return episodes


def test_each_scope_covers_its_episodes(three: list[int]) -> None:
    podcast = one("SELECT podcast_id FROM episode WHERE id = :id", id=three[0])
    for scope, covered in (
        ({"everything": True}, three),
        ({"episode_id": three[1]}, three[1:2]),
        ({"podcast_id": podcast}, three[:2]),
        ({"podcast": "http://podcast.example/feed/"}, three[:2]),
        ({"person": "ann-smith"}, three[:2]),
        ({"since": TODAY}, [three[0], three[2]]),
    ):
        assert subjects(ask(Stage.parse, **scope)) == covered, scope


def test_what_failed_is_found_by_any_reason_or_by_one(three: list[int]) -> None:
    execute("UPDATE job SET state = 'dead', reason = 'http_404' WHERE subject = :id", id=three[0])
    execute("UPDATE job SET state = 'dead', reason = 'binary' WHERE subject = :id", id=three[1])
    assert subjects(ask(failed="any")) == three[:2]
    execute("UPDATE job SET state = 'dead', reason = 'http_404' WHERE subject = :id", id=three[0])
    assert subjects(ask(failed="http_404")) == three[:1]
    assert one("SELECT count(*) FROM crawl WHERE skip_validators") == 0  # no feed failed


def test_what_an_older_parser_or_matcher_made_begins_at_the_stage_that_is_outdated(
    three: list[int],
) -> None:
    execute("UPDATE transcript SET parser_version = 0 WHERE episode_id = :id", id=three[0])
    execute("UPDATE speaker SET version = 0 WHERE episode_id = ANY(:ids)", ids=three[:2])
    jobs = ask(outdated=True)
    stages = rows("SELECT subject, stage FROM job WHERE id = ANY(:j) ORDER BY 1", j=jobs)
    assert [tuple(row.values()) for row in stages] == [(three[0], "parse"), (three[1], "people")]
    do(jobs)
    assert ask(outdated=True) == []


def test_the_stage_of_two_requests_for_one_episode_is_the_earlier_one(three: list[int]) -> None:
    for first, second, both in (
        (Stage.people, Stage.parse, "parse"),
        (Stage.parse, Stage.fetch, "fetch"),
        (Stage.fetch, Stage.people, "fetch"),
    ):
        (job,) = ask(first, episode_id=three[0])
        assert ask(second, episode_id=three[0]) == [job]
        assert one("SELECT stage FROM job WHERE id = :id", id=job) == both


def test_the_people_stage_reads_no_transcript_and_asks_nobody(
    three: list[int], publisher: FaultServer
) -> None:
    execute("DELETE FROM raw_body")
    execute("UPDATE transcript SET url = :url || id", url=publisher.serve("/1.vtt", Answer()))
    execute("UPDATE speaker SET method = '', version = 0 WHERE label = 'Ann Smith'")
    texts = rows("SELECT id, xmin::text, ctid::text FROM appearance ORDER BY id")
    jobs = ask(Stage.people, everything=True)
    do(jobs)
    assert {row["state"] for row in rows("SELECT state FROM job WHERE id = ANY(:j)", j=jobs)} == {
        "done"
    }
    assert one("SELECT count(*) FROM speaker WHERE version = 0 OR method = ''") == 0
    assert rows("SELECT id, xmin::text, ctid::text FROM appearance ORDER BY id") == texts
    assert publisher.requests == []
    assert subjects(jobs) == three
    assert differences() == 0


def test_deciding_again_what_is_decided_writes_nothing(three: list[int]) -> None:
    del three
    before = rows("SELECT id, xmin::text FROM speaker UNION ALL SELECT id, xmin::text FROM person")
    jobs = ask(Stage.people, everything=True)
    do(jobs)
    assert rows("SELECT DISTINCT outcome, reason FROM job WHERE id = ANY(:j)", j=jobs) == [
        {"outcome": "skipped", "reason": "unchanged"}
    ]
    assert (
        rows("SELECT id, xmin::text FROM speaker UNION ALL SELECT id, xmin::text FROM person")
        == before
    )


def test_everything_is_rebuilt_from_what_is_kept_without_a_network(
    three: list[int], publisher: FaultServer
) -> None:
    before = {episode: transcript_of(episode) for episode in three}, figures()
    for table in ("appearance", "speaker", "person_day", "person_podcast", "person_name", "person"):
        execute(f"DELETE FROM {table}")  # noqa: S608  our own
    do(ask(Stage.parse, everything=True))
    assert ({episode: transcript_of(episode) for episode in three}, figures()) == before
    assert publisher.requests == []
    assert differences() == 0


@pytest.mark.parametrize(
    "drift",
    [
        "UPDATE person SET appearances = 9, first_on = NULL WHERE slug = 'ann-smith'",
        "DELETE FROM person_day",
        "UPDATE person_podcast SET episodes = 7",
        "INSERT INTO person_day SELECT id, '2020-01-01', 1, 1, 1 FROM person",
        "UPDATE speaker SET appearances = 9 WHERE label = 'Ann Smith'",
    ],
)
def test_the_counts_stage_repairs_the_figures_of_the_people_concerned(
    three: list[int], drift: str
) -> None:
    del three
    before = figures()
    execute(drift)
    assert differences() > 0
    jobs = ask(Stage.counts, everything=True)
    do(jobs)
    assert differences() == 0
    assert figures() == before
    assert one(
        "SELECT bool_or((figures->>'repaired')::int > 0) FROM job WHERE id = ANY(:j)", j=jobs
    )


def test_the_counts_stage_concerns_whoever_speaks_in_the_scope(three: list[int]) -> None:
    speak = rows("SELECT id FROM person WHERE slug IN ('bob-jones', 'cid-low') ORDER BY id")
    found = subjects(ask(Stage.counts, episode_id=three[2]))
    assert found == [row["id"] for row in speak]


def test_a_request_id_does_its_work_once(three: list[int]) -> None:
    del three
    for _ in range(2):
        tasks.reingest.tasks.reingest({"all": True}, "nightly-7", "parse")
    (row,) = rows(
        "SELECT id, state, jobs, stage, scope FROM reingest_request WHERE id = 'nightly-7'"
    )
    assert row == {
        "id": "nightly-7", "state": "running", "jobs": 3, "stage": "parse", "scope": {"all": True},
    }  # fmt: skip
    assert one("SELECT count(*) FROM job WHERE request_id = 'nightly-7'") == 3


@pytest.mark.parametrize(
    ("scope", "stage"),
    [
        ({}, "parse"),
        ({"all": False}, "parse"),
        ({"all": True, "episode_id": 1}, "parse"),
        ({"episode": 1}, "parse"),
        ({"episode_id": "1"}, "parse"),
        ({"since": "yesterday"}, "parse"),
        ({"person": "nobody-here"}, "parse"),
        ({"podcast": "https://nowhere.example/feed"}, "parse"),
        ({"all": True}, "everything"),
        (["all"], "parse"),
    ],
)
def test_a_scope_that_makes_no_sense_is_refused_and_its_fate_can_be_asked(
    run: Run, scope: Any, stage: str
) -> None:
    handle_reingest(scope, "odd", stage)
    found = run("request", "odd", "--json").json
    assert (found["state"], found["reason"], found["jobs"]) == ("refused", "bad_scope", 0)
    assert found["message"]
    assert one("SELECT count(*) FROM job") == 0


def test_the_message_that_the_operations_page_shows_is_understood(broker: "redis.Redis") -> None:
    page = (DOCS / "operations.md").read_text()
    (raw,) = re.findall(r"^```json\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    broker.lpush(f"{get_settings().broker_prefix}ops", raw.replace("\n", ""))
    with app.connection_for_read() as connection:
        message = connection.default_channel.basic_get("ops")
    assert message.headers["task"] == tasks.reingest.tasks.reingest.name
    _, said, _ = message.decode()
    tasks.reingest.tasks.reingest(**said)
    assert one("SELECT scope FROM reingest_request WHERE id = 'nightly-7'") == {"all": True}


@pytest.mark.slow
def test_the_call_that_the_operations_page_shows_sends_a_message_where_workers_look() -> None:
    page = (DOCS / "operations.md").read_text()
    (call,) = re.findall(r"^celery (.*? call .*?)\n```", page, re.DOTALL | re.MULTILINE)
    subprocess.run(
        [sys.executable, "-m", "celery", *shlex.split(call.replace("\\\n", " "))],
        check=True,
        capture_output=True,
        timeout=120,
    )
    with app.connection_for_read() as connection:
        message = connection.default_channel.basic_get("ops")
    _, said, _ = message.decode()
    tasks.reingest.tasks.reingest(**said)
    assert one("SELECT reason FROM reingest_request WHERE id = 'nightly-7'") == "bad_scope"


def test_a_scope_says_exactly_one_thing() -> None:
    with pytest.raises(BadScope):
        Scope()
    with pytest.raises(BadScope):
        Scope(everything=True, episode_id=1)


def test_a_request_is_followed_by_its_id_until_it_is_done(run: Run, three: list[int]) -> None:
    del three
    assert run("reingest", "--all", "--stage", "parse", "--no-wait", "--request-id", "r").code == 0
    found = run("request", "r", "--json").json
    assert (found["state"], found["jobs"], found["jobs_by_state"]["waiting"]) == ("running", 3, 3)
    jobs = [row["id"] for row in rows("SELECT id FROM job WHERE request_id = 'r' ORDER BY id")]
    do(jobs[:1])
    assert run("request", "r", "--json").json["jobs_by_state"] == {
        "waiting": 2, "running": 0, "failed": 0, "done": 1, "dead": 0, "superseded": 0,
    }  # fmt: skip
    do(jobs[1:])
    sweep()
    found = run("request", "r", "--json").json
    assert (found["state"], found["jobs_by_state"]["done"]) == ("done", 3)
    assert found["finished_at"]
    assert found["changed"]["inserted"] == 0
    assert next(row["id"] for row in run("requests", "--json").json) == "r"


def test_who_waits_for_a_request_waits_for_its_feeds_too(run: Run, three: list[int]) -> None:
    del three
    run("reingest", "--all", "--stage", "fetch", "--no-wait", "--request-id", "r")
    execute("UPDATE job SET state = 'done' WHERE request_id = 'r'")
    assert one("SELECT bool_and(next_poll_at <= now()) FROM crawl")
    looked = "UPDATE crawl SET next_poll_at = now() + interval '1 h'"
    poller = threading.Timer(0.5, execute, [looked])
    poller.start()
    assert run("request", "r", "--wait").code == 0
    assert one("SELECT bool_and(next_poll_at > now()) FROM crawl")
    poller.join()


def test_a_request_of_which_the_dead_are_tried_again_is_running_again(
    run: Run, three: list[int]
) -> None:
    execute("UPDATE transcript SET body_hash = 'gone' WHERE episode_id = :id", id=three[0])
    run("reingest", "--all", "--stage", "parse", "--no-wait", "--request-id", "r")
    do([row["id"] for row in rows("SELECT id FROM job WHERE request_id = 'r'")])
    execute("UPDATE job SET state = 'dead' WHERE request_id = 'r' AND state = 'waiting'")
    sweep()
    found = run("request", "r", "--json").json
    assert (found["state"], found["failures"][0]["reason"]) == ("done", "crashed")
    run("jobs", "retry", "--all")
    assert run("request", "r", "--json").json["state"] == "running"
    assert run("requests", "--json").json[0]["jobs_left"] == 1


def test_a_paused_request_begins_nothing_until_it_is_resumed(run: Run, three: list[int]) -> None:
    run("reingest", "--all", "--stage", "parse", "--no-wait", "--request-id", "r")
    job = one("SELECT min(id) FROM job WHERE request_id = 'r'")
    assert run("request", "r", "--pause").code == 0
    do([job])
    assert one("SELECT state FROM job WHERE id = :id", id=job) == "waiting"
    assert publish_waiting_jobs() == 0
    # Somebody waits for this one: live work is not held up by a request that it had joined.
    assert one("SELECT priority FROM job WHERE id = :id", id=job) == 8
    live = (
        "UPDATE job SET priority = 5, published_at = NULL WHERE subject = :id AND request_id = 'r'"
    )
    execute(live, id=three[2])
    assert publish_waiting_jobs() == 1
    assert run("request", "r", "--pause").code == 1
    assert run("request", "r", "--resume").code == 0
    do([job])
    assert one("SELECT state FROM job WHERE id = :id", id=job) == "done"


def test_of_a_cancelled_request_only_live_work_is_done(run: Run, three: list[int]) -> None:
    run("reingest", "--all", "--stage", "parse", "--no-wait", "--request-id", "r")
    execute("UPDATE job SET priority = 5 WHERE subject = :id AND request_id = 'r'", id=three[0])
    assert run("request", "r", "--cancel").code == 0
    states = rows("SELECT state, reason FROM job WHERE request_id = 'r' ORDER BY subject")
    assert [tuple(row.values()) for row in states] == [
        ("waiting", None), ("done", "cancelled"), ("done", "cancelled"),
    ]  # fmt: skip
    assert run("request", "r", "--resume").code == 1
    assert run("request", "nothing-like-it").code == 1


def test_the_command_says_what_is_wrong_with_a_scope(run: Run) -> None:
    assert run("reingest").code == 2
    assert run("reingest", "--all", "--episode", 1).code == 2
    assert run("reingest", "--person", "nobody").code == 2
    ended = run("reingest", "--all")
    assert (ended.code, "nothing to do" in ended.said) == (1, True)
