"""What a re-ingest would request is known without a request, and is what it then requests."""

from datetime import timedelta

import pytest

from models import Stage
from models.database import in_transaction
from tasks.reingest.request import find_subjects
from tasks.reingest.store.fetch_plan import FetchPlan, planned_fetches
from tasks.reingest.values import ReingestScope
from tests.factories import NOW, add_episode, add_podcast, execute, new_episode
from tests.integration.tasks.reingest.test_reingest import VTT, create_request, run_jobs
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer
from workers.celery_app import app

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def _broker(broker: object, broker_url: str) -> None:
    del broker
    app.conf.broker_url = broker_url


def plan_of(**scope: object) -> FetchPlan:
    subjects = in_transaction(find_subjects, ReingestScope(**scope), Stage.fetch)  # type: ignore[arg-type]
    return in_transaction(planned_fetches, subjects)


def fetched(episode: int, days_ago: int, outcome: str = "ran", reason: str = "") -> None:
    execute(
        "INSERT INTO job (kind, subject, stage, force, priority, state, attempts, worker_losses, "
        "republished, run_after, outcome, reason, created_at, finished_at) VALUES "
        "('parse', :episode, 'fetch', false, 5, 'done', 1, 0, 0, :at, :outcome, :reason, :at, :at)",
        episode=episode,
        at=NOW - timedelta(days=days_ago),
        outcome=outcome,
        reason=reason,
    )


def test_fetch_plan_contains_what_is_then_requested(publisher: FaultServer) -> None:
    unnamed = b"WEBVTT\n\n00:00.000 --> 00:02.000\nHello.\n"
    urls = [
        publisher.serve("/1.vtt", Answer(200, unnamed, {"content-type": "text/vtt"})),
        publisher.serve("/1.srt", Answer(200, unnamed, {"content-type": "text/vtt"})),
    ]
    new_episode(transcripts=urls)
    new_episode(transcripts=[publisher.serve("/2.vtt", Answer(200, VTT))])
    new_episode()
    plan = plan_of(everything=True)
    assert publisher.requests == []
    assert (plan.transcripts.episodes, plan.transcripts.transcripts) == (2, 3)
    (host,) = plan.by_host
    assert (host.host, host.transcripts) == (urls[0].split("/")[2], 3)
    run_jobs(create_request(Stage.fetch, everything=True))
    assert len(publisher.requests) == plan.transcripts.transcripts


def test_fetch_plan_has_hosts_and_the_oldest_fetch() -> None:
    podcast = in_transaction(add_podcast)
    hosts = ("https://A.example/x.vtt", "https://ann:pw@b.example:8443/x", "https://a.example/y")
    first, second, third = (
        in_transaction(add_episode, podcast, transcripts=[url]) for url in hosts
    )
    fetched(first, 9)
    fetched(first, 3, "skipped", "unchanged")
    fetched(first, 1, "skipped", "cancelled")
    fetched(second, 40)
    plan = plan_of(podcast_id=podcast)
    assert [(one.host, one.transcripts, one.unrecorded, one.oldest) for one in plan.by_host] == [
        ("a.example", 2, 1, NOW - timedelta(days=3)),
        ("b.example:8443", 1, 0, NOW - timedelta(days=40)),
    ]
    assert (plan.transcripts.oldest, plan.transcripts.unrecorded) == (NOW - timedelta(days=40), 1)
    assert [one.feeds for one in plan.feeds_by_host] == [plan.feeds.feeds] == [1]
    alone = plan_of(episode_id=third)
    assert (alone.transcripts.oldest, alone.feeds.feeds, alone.feeds_by_host) == (None, 0, [])


def test_fetch_plan_omits_what_is_read_from_audio() -> None:
    heard = new_episode(transcripts=["asr:1"])
    execute("UPDATE transcript SET source = 'asr' WHERE episode_id = :id", id=heard)
    plan = plan_of(episode_id=heard)
    assert (plan.transcripts.episodes, plan.by_host, plan.without_request) == (0, [], 1)


def test_fetch_plan_of_nothing_is_empty() -> None:
    plan = plan_of(everything=True)
    assert (plan.transcripts.transcripts, plan.feeds.feeds, plan.without_request) == (0, 0, 0)
