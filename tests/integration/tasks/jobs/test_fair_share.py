"""A podcast whose jobs take long lets those of other podcasts go first."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import redis

from models.database import Session, database_time, in_transaction
from tasks.jobs.fair_share import record_cooldown
from tasks.jobs.publisher import publish_waiting_jobs
from tasks.jobs.store import claim_job, request_jobs
from tasks.jobs.values import ClaimedJob
from tests.factories import add_episode, add_podcast, execute, one, rows
from tests.integration.tasks.ingest.test_episode import VTT, parsed
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer
from workers.celery_app import app

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def _broker(broker: "redis.Redis", broker_url: str) -> None:
    del broker
    app.conf.broker_url = broker_url


def job_of(podcast_id: int, **more: Any) -> int:
    """A waiting job of a new episode."""

    def add(session: Session) -> list[int]:
        episode = add_episode(session, podcast_id)
        return request_jobs(session, "parse", [episode], database_time(session), **more)

    (job,) = in_transaction(add)
    return job


def claimed(job: int, at: datetime | None = None) -> ClaimedJob | None:
    """The job, if a worker may claim it."""

    def claim(session: Session) -> ClaimedJob | None:
        now = at or database_time(session)
        return claim_job(
            session, job, now, task_id="m", worker="w", lease_seconds=60, redelivered=False
        )

    return in_transaction(claim)


def costly_podcast() -> int:
    """A podcast with a job that took ten seconds just now."""
    podcast = in_transaction(add_podcast)
    job = claimed(job_of(podcast))
    assert job is not None
    in_transaction(record_cooldown, job, 10.0)
    return podcast


def test_long_job_lets_another_podcast_go_first() -> None:
    costly, other = costly_podcast(), in_transaction(add_podcast)
    second, honest = job_of(costly), job_of(other)
    assert claimed(second) is None
    assert claimed(honest) is not None
    assert claimed(second) is not None  # nobody else waits any more


def test_long_job_waits_for_no_other_costly_podcast() -> None:
    first, second = (job_of(costly_podcast()) for _ in range(2))
    assert claimed(first) is not None
    assert claimed(second) is not None


def test_long_job_waits_for_no_less_urgent_one() -> None:
    costly, other = costly_podcast(), in_transaction(add_podcast)
    live = job_of(costly)
    job_of(other, priority=8)
    assert claimed(live) is not None


def test_cooldown_ends() -> None:
    costly, other = costly_podcast(), in_transaction(add_podcast)
    second = job_of(costly)
    job_of(other)
    later = in_transaction(database_time) + timedelta(seconds=41)
    assert claimed(second, later) is not None


def test_jobs_of_a_costly_podcast_are_sent_after_the_others() -> None:
    costly, other = costly_podcast(), in_transaction(add_podcast)
    bad = [job_of(costly) for _ in range(3)]
    honest = job_of(other)
    assert publish_waiting_jobs(app) == 1
    assert one("SELECT published_at FROM job WHERE id = :id", id=honest) is not None
    execute("DELETE FROM job WHERE id = :id", id=honest)
    assert publish_waiting_jobs(app) == len(bad)


def test_job_that_took_long_is_recorded(publisher: FaultServer) -> None:
    slow = Answer(body=VTT, delay_seconds=1.2)
    episode, _ = parsed([publisher.serve("/slow.vtt", slow)])
    quick, _ = parsed([publisher.serve("/quick.vtt", Answer(body=VTT))])
    cooling = {row["podcast_id"] for row in rows("SELECT podcast_id FROM podcast_cooldown")}
    podcast_of = {
        row["id"]: row["podcast_id"] for row in rows("SELECT id, podcast_id FROM episode")
    }
    assert podcast_of[episode] in cooling
    assert quick != episode
