"""Re-ingest requests: scopes, stages, request ids, and priority below live work."""

import re
import shlex
import subprocess
import sys
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
from tasks.ingest.episode import ingest_episode
from tasks.jobs.runner import Message, run_job
from tasks.raw.store import store_raw
from tasks.reingest.request import handle_reingest, request_reingest
from tasks.reingest.values import BadScope, ReingestScope
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


def add_stored_body(episode: int, body: bytes = VTT) -> int:
    """Give an episode a selected transcript with this stored body, but no speakers yet."""
    hashed = body_hash(body)
    in_transaction(store_raw, hashed, body)
    execute(
        "UPDATE transcript SET is_selected = true, body_hash = :hash, parser_version = :version, "
        "format = 'webvtt' WHERE episode_id = :id",
        hash=hashed,
        version=PARSER_VERSION,
        id=episode,
    )
    return episode


def episode_with_stored_body(**more: Any) -> int:
    return add_stored_body(new_episode(transcripts=["https://publisher.example/1.vtt"], **more))


def create_request(stage: Stage | None = None, **scope: Any) -> list[int]:
    """Create a re-ingest request; its jobs."""
    receipt = in_transaction(request_reingest, ReingestScope(**scope), stage)
    assert receipt is not None
    return receipt.job_ids


def run_jobs(jobs: list[int]) -> None:
    """Run jobs as their messages would, also those whose podcast lets others go first."""
    for job in jobs:
        execute("DELETE FROM podcast_cooldown")
        kind = one("SELECT kind FROM job WHERE id = :id", id=job)
        run_job(job, Message("message", "w"), ingest_episode if kind == "parse" else count)


def subjects(jobs: list[int]) -> list[int]:
    return list(
        one("SELECT array_agg(subject ORDER BY subject) FROM job WHERE id = ANY(:j)", j=jobs) or []
    )


@pytest.fixture
def three_episodes() -> list[int]:
    """Three ingested episodes with stored bodies, of two podcasts."""
    podcast = in_transaction(add_podcast, url="https://podcast.example/feed")
    urls = ["https://publisher.example/1.vtt"]
    episodes = [
        add_stored_body(in_transaction(add_episode, podcast, transcripts=urls)),
        add_stored_body(
            in_transaction(
                add_episode, podcast, transcripts=urls, stats_date=TODAY - timedelta(days=9)
            )
        ),
        add_stored_body(new_episode(transcripts=urls), VTT.replace(b"Ann Smith", b"Cid Low")),
    ]
    run_jobs(create_request(Stage.parse, everything=True))
    assert figures()["Ann Smith"][0] == 2
    return episodes


def test_scope_covers_its_episodes(three_episodes: list[int]) -> None:
    podcast = one("SELECT podcast_id FROM episode WHERE id = :id", id=three_episodes[0])
    for scope, covered in (
        ({"everything": True}, three_episodes),
        ({"episode_id": three_episodes[1]}, three_episodes[1:2]),
        ({"podcast_id": podcast}, three_episodes[:2]),
        ({"podcast": "http://podcast.example/feed/"}, three_episodes[:2]),
        ({"person": "ann-smith"}, three_episodes[:2]),
        ({"since": TODAY}, [three_episodes[0], three_episodes[2]]),
    ):
        assert subjects(create_request(Stage.parse, **scope)) == covered, scope


def test_failed_scope_matches_any_or_one_reason(three_episodes: list[int]) -> None:
    execute(
        "UPDATE job SET state = 'dead', reason = 'http_404' WHERE subject = :id",
        id=three_episodes[0],
    )
    execute(
        "UPDATE job SET state = 'dead', reason = 'binary' WHERE subject = :id", id=three_episodes[1]
    )
    assert subjects(create_request(failed="any")) == three_episodes[:2]
    execute(
        "UPDATE job SET state = 'dead', reason = 'http_404' WHERE subject = :id",
        id=three_episodes[0],
    )
    assert subjects(create_request(failed="http_404")) == three_episodes[:1]
    assert one("SELECT count(*) FROM crawl WHERE skip_validators") == 0  # no feed failed


def test_outdated_scope_begins_at_outdated_stage(
    three_episodes: list[int],
) -> None:
    execute("UPDATE transcript SET parser_version = 0 WHERE episode_id = :id", id=three_episodes[0])
    execute("UPDATE speaker SET version = 0 WHERE episode_id = ANY(:ids)", ids=three_episodes[:2])
    jobs = create_request(outdated=True)
    stages = rows("SELECT subject, stage FROM job WHERE id = ANY(:j) ORDER BY 1", j=jobs)
    assert [tuple(row.values()) for row in stages] == [
        (three_episodes[0], "parse"),
        (three_episodes[1], "people"),
    ]
    run_jobs(jobs)
    assert create_request(outdated=True) == []


def test_two_requests_for_episode_use_earlier_stage(three_episodes: list[int]) -> None:
    for first, second, both in (
        (Stage.people, Stage.parse, "parse"),
        (Stage.parse, Stage.fetch, "fetch"),
        (Stage.fetch, Stage.people, "fetch"),
    ):
        (job,) = create_request(first, episode_id=three_episodes[0])
        assert create_request(second, episode_id=three_episodes[0]) == [job]
        assert one("SELECT stage FROM job WHERE id = :id", id=job) == both


def test_people_stage_fetches_and_parses_nothing(
    three_episodes: list[int], publisher: FaultServer
) -> None:
    execute("DELETE FROM raw_body")
    execute("UPDATE transcript SET url = :url || id", url=publisher.serve("/1.vtt", Answer()))
    execute("UPDATE speaker SET method = '', version = 0 WHERE label = 'Ann Smith'")
    texts = rows("SELECT id, xmin::text, ctid::text FROM appearance ORDER BY id")
    jobs = create_request(Stage.people, everything=True)
    run_jobs(jobs)
    assert {row["state"] for row in rows("SELECT state FROM job WHERE id = ANY(:j)", j=jobs)} == {
        "done"
    }
    assert one("SELECT count(*) FROM speaker WHERE version = 0 OR method = ''") == 0
    assert rows("SELECT id, xmin::text, ctid::text FROM appearance ORDER BY id") == texts
    assert publisher.requests == []
    assert subjects(jobs) == three_episodes
    assert differences() == 0


def test_people_stage_without_change_writes_nothing(three_episodes: list[int]) -> None:
    del three_episodes
    before = rows("SELECT id, xmin::text FROM speaker UNION ALL SELECT id, xmin::text FROM person")
    jobs = create_request(Stage.people, everything=True)
    run_jobs(jobs)
    assert rows("SELECT DISTINCT outcome, reason FROM job WHERE id = ANY(:j)", j=jobs) == [
        {"outcome": "skipped", "reason": "unchanged"}
    ]
    assert (
        rows("SELECT id, xmin::text FROM speaker UNION ALL SELECT id, xmin::text FROM person")
        == before
    )


def test_parse_stage_rebuilds_from_raw_without_network(
    three_episodes: list[int], publisher: FaultServer
) -> None:
    before = {episode: transcript_of(episode) for episode in three_episodes}, figures()
    for table in ("appearance", "speaker", "person_day", "person_podcast", "person_name", "person"):
        execute(f"DELETE FROM {table}")  # noqa: S608  names from this list
    run_jobs(create_request(Stage.parse, everything=True))
    assert ({episode: transcript_of(episode) for episode in three_episodes}, figures()) == before
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
def test_counts_stage_repairs_counts_of_people_in_scope(
    three_episodes: list[int], drift: str
) -> None:
    del three_episodes
    before = figures()
    execute(drift)
    assert differences() > 0
    jobs = create_request(Stage.counts, everything=True)
    run_jobs(jobs)
    assert differences() == 0
    assert figures() == before
    assert one(
        "SELECT bool_or((figures->>'repaired')::int > 0) FROM job WHERE id = ANY(:j)", j=jobs
    )


def test_counts_stage_covers_all_speakers_in_scope(three_episodes: list[int]) -> None:
    speakers = rows("SELECT id FROM person WHERE slug IN ('bob-jones', 'cid-low') ORDER BY id")
    covered = subjects(create_request(Stage.counts, episode_id=three_episodes[2]))
    assert covered == [row["id"] for row in speakers]


def test_repeated_request_id_does_nothing(three_episodes: list[int]) -> None:
    del three_episodes
    for _ in range(2):
        tasks.reingest.tasks.reingest({"all": True}, "nightly-7", "parse")
    (row,) = rows(
        "SELECT id, state, jobs, stage, scope FROM reingest_request WHERE id = 'nightly-7'"
    )
    assert row == {
        "id": "nightly-7",
        "state": "running",
        "jobs": 3,
        "stage": "parse",
        "scope": {"all": True},
    }
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
def test_invalid_scope_is_refused_and_recorded(run: Run, scope: Any, stage: str) -> None:
    handle_reingest(scope, "odd", stage)
    shown = run("reingests", "show", "odd", "--json").json
    assert (shown["state"], shown["reason"], shown["jobs"]) == ("refused", "bad_scope", 0)
    assert shown["message"]
    assert one("SELECT count(*) FROM job") == 0


def test_documented_message_creates_request(broker: "redis.Redis") -> None:
    page = (DOCS / "operations.md").read_text()
    (raw,) = re.findall(r"^```json\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    broker.lpush(f"{get_settings().broker_prefix}ops", raw.replace("\n", ""))
    with app.connection_for_read() as connection:
        message = connection.default_channel.basic_get("ops")
    assert message.headers["task"] == tasks.reingest.tasks.reingest.name
    _, arguments, _ = message.decode()
    tasks.reingest.tasks.reingest(**arguments)
    assert one("SELECT scope FROM reingest_request WHERE id = 'nightly-7'") == {"all": True}


@pytest.mark.slow
def test_documented_celery_call_reaches_workers() -> None:
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
    _, arguments, _ = message.decode()
    tasks.reingest.tasks.reingest(**arguments)
    assert one("SELECT reason FROM reingest_request WHERE id = 'nightly-7'") == "bad_scope"


def test_scope_with_two_fields_is_invalid() -> None:
    with pytest.raises(BadScope):
        ReingestScope()
    with pytest.raises(BadScope):
        ReingestScope(everything=True, episode_id=1)
