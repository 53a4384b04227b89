"""Queues that are paused, drained, purged and rebuilt: the rows preserve the jobs."""

import pytest
import redis

import tasks.polling.tasks
from models import get_settings
from models.database import in_transaction
from tasks.jobs.broker import queue_length
from tasks.jobs.publisher import publish_waiting_jobs
from tasks.jobs.store import claim_job, request_jobs
from tests.factories import NOW, add_podcast, execute, one, rows
from tests.integration.commands import Run, run
from workers.celery_app import app

__all__ = ["run"]

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def _broker(broker: "redis.Redis", broker_url: str) -> None:
    del broker
    app.conf.broker_url = broker_url


def request(number: int, **more: object) -> list[int]:
    return in_transaction(request_jobs, "parse", range(1, number + 1), NOW, **more)


def runs_job(job: int, queue: str = "parse") -> bool:
    """Return whether the message of a job claims it."""
    (row,) = rows("SELECT task_id FROM job WHERE id = :id", id=job)
    claimed = in_transaction(
        claim_job,
        job,
        one("SELECT clock_timestamp()"),
        task_id=row["task_id"] or "m",
        worker="w",
        lease_seconds=60,
        redelivered=False,
        queue=queue,
    )
    return claimed is not None


def test_paused_queue_gets_no_message_and_starts_no_job(run: Run) -> None:
    first, _ = request(2)
    publish_waiting_jobs()
    assert run("queues", "pause", "parse").out == "parse is paused\n"
    assert not runs_job(first)
    assert publish_waiting_jobs() == 0
    assert [queue["name"] for queue in run("status", "--json").json["paused_queues"]] == ["parse"]


def test_message_that_arrives_in_a_pause_is_published_after_it(run: Run) -> None:
    (job,) = request(1)
    publish_waiting_jobs()
    run("queues", "pause", "parse")
    runs_job(job)
    assert run("queues", "resume", "parse").out == "parse is open\n"
    assert one("SELECT published_at IS NOT NULL FROM job")
    assert runs_job(job)


def test_draining_queue_finishes_its_messages_then_pauses(run: Run) -> None:
    sent, _ = request(2, priority=8)
    publish_waiting_jobs()
    ended = run("queues", "drain", "parse", "--seconds", 0)
    assert (ended.code, "draining" in ended.printed) == (1, True)
    assert runs_job(sent)
    app.connection_for_write().default_channel.queue_purge("parse")
    assert run("queues", "drain", "parse", "--seconds", 0).code == 1  # one job still runs
    execute("UPDATE job SET state = 'done' WHERE id = :id", id=sent)
    assert run("queues", "drain", "parse").out == "parse is empty and paused\n"


def test_queue_purge_loses_no_job(run: Run) -> None:
    request(3)
    publish_waiting_jobs()
    assert run("queues", "purge", "parse").out == "3 messages deleted\n"
    assert queue_length(app, "parse") == 0
    assert publish_waiting_jobs() == 3


def test_queue_rebuild_publishes_from_the_rows(run: Run, broker: "redis.Redis") -> None:
    request(3)
    publish_waiting_jobs()
    broker.lpush(f"{get_settings().broker_prefix}parse", "not even a message")
    assert run("queues", "rebuild", "parse").out == "3 messages published\n"
    assert queue_length(app, "parse") == 3


def test_paused_poll_queue_claims_no_feed(run: Run) -> None:
    in_transaction(add_podcast)
    run("queues", "pause", "poll")
    tasks.polling.tasks.poll_due_feeds()
    assert one("SELECT claim_token FROM crawl") is None
    run("queues", "resume", "poll")
    tasks.polling.tasks.poll_due_feeds()
    assert one("SELECT claim_token IS NOT NULL FROM crawl")


def test_claim_in_a_paused_poll_queue_is_released(run: Run) -> None:
    in_transaction(add_podcast)
    tasks.polling.tasks.poll_due_feeds()
    run("queues", "pause", "poll")
    tasks.polling.tasks.poll_feeds(str(one("SELECT claim_token FROM crawl")))
    assert rows("SELECT claim_token, polled_at FROM crawl") == [
        {"claim_token": None, "polled_at": None}
    ]


def test_poll_queue_purge_releases_its_claims(run: Run) -> None:
    in_transaction(add_podcast)
    tasks.polling.tasks.poll_due_feeds()
    assert run("queues", "purge", "poll").out == "1 message deleted\n"
    assert one("SELECT claim_token FROM crawl") is None


def test_queue_of_the_ticks_cannot_be_paused(run: Run) -> None:
    assert run("queues", "pause", "ops").code == 2
    assert run("queues", "drain", "ops").code == 2
    assert run("queues", "pause", "nothing").code == 2


def test_background_jobs_leave_room_for_live_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVERHEARD_QUEUE_WATERMARK", "10")
    get_settings.cache_clear()
    request(20, priority=8)
    assert publish_waiting_jobs() == 8
    in_transaction(request_jobs, "parse", [21, 22, 23], NOW)
    assert publish_waiting_jobs() == 2
    assert publish_waiting_jobs() == 0


def test_live_job_is_delivered_before_earlier_background_jobs() -> None:
    request(1, priority=8)
    publish_waiting_jobs()
    (live,) = in_transaction(request_jobs, "parse", [2], NOW)
    publish_waiting_jobs()
    with app.connection_for_write() as connection:
        message = connection.default_channel.basic_get("parse")
    assert message.headers["argsrepr"] == f"({live},)"
