"""Messages for waiting jobs, on a real broker: up to the watermark, and none is lost."""

from datetime import timedelta
from typing import Any

import pytest
import redis

import tasks.jobs.tasks

# Import the module and not its task: pytest inspects every name of a test module, and to inspect a
# Celery task before there is a broker creates an app without tasks.
import tasks.polling.tasks
from models import get_settings
from models.database import in_transaction
from tasks.jobs.broker import queue_length
from tasks.jobs.publisher import publish_waiting_jobs, republish_lost_jobs
from tasks.jobs.store import claim_job, request_jobs
from tests.factories import NOW, add_podcast, execute, one, rows
from tests.sweeps import purge, sweep
from workers.celery_app import app

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def _broker(broker: "redis.Redis", broker_url: str) -> None:
    del broker
    app.conf.broker_url = broker_url


def request(number: int, **more: Any) -> list[int]:
    return in_transaction(request_jobs, "parse", range(1, number + 1), NOW, **more)


def messages() -> int:
    return queue_length(app, "parse")


def watermark(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    monkeypatch.setenv("OVERHEARD_QUEUE_WATERMARK", str(number))
    get_settings.cache_clear()


def claim(job: int) -> None:
    """Claim a job by its message, as a worker does."""
    (row,) = rows("SELECT task_id FROM job WHERE id = :id", id=job)
    in_transaction(
        claim_job,
        job,
        NOW + timedelta(days=365),
        task_id=row["task_id"],
        worker="w",
        lease_seconds=60,
        redelivered=False,
    )


def test_publish_sends_one_message_per_waiting_job() -> None:
    request(5)
    assert publish_waiting_jobs() == 5
    assert messages() == 5
    assert publish_waiting_jobs() == 0
    assert one("SELECT count(*) FROM job WHERE published_at IS NULL OR task_id IS NULL") == 0


def test_publish_stops_at_the_watermark(monkeypatch: pytest.MonkeyPatch) -> None:
    watermark(monkeypatch, 3)
    request(8)
    assert publish_waiting_jobs() == 3
    assert publish_waiting_jobs() == 0
    assert messages() == 3


def test_publish_stops_at_the_watermark_with_stale_statistics(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A subquery that runs again for each row would choose other rows each time, and so all."""
    watermark(monkeypatch, 3)
    request(1)
    execute("ANALYZE job")
    request(8)
    assert publish_waiting_jobs() == 3


def test_publish_sends_urgent_jobs_first(monkeypatch: pytest.MonkeyPatch) -> None:
    watermark(monkeypatch, 2)
    request(4, priority=8)
    in_transaction(request_jobs, "parse", [3, 4], NOW, priority=5)
    publish_waiting_jobs()
    published = rows("SELECT subject FROM job WHERE published_at IS NOT NULL ORDER BY 1")
    assert [row["subject"] for row in published] == [3, 4]


def test_publish_skips_a_job_before_run_after() -> None:
    request(1)
    execute("UPDATE job SET run_after = now() + interval '1 hour'")
    assert publish_waiting_jobs() == 0


def test_publish_skips_a_job_whose_subject_is_running() -> None:
    (first,) = request(1)
    publish_waiting_jobs()
    claim(first)
    request(1)
    assert publish_waiting_jobs() == 0


def test_messages_of_a_wiped_broker_are_published_again(broker: "redis.Redis") -> None:
    request(4)
    publish_waiting_jobs()
    broker.flushdb()
    execute("UPDATE job SET published_at = published_at - interval '11 seconds'")
    assert republish_lost_jobs() == 4
    assert publish_waiting_jobs() == 4
    assert messages() == 4
    assert one("SELECT min(republished) FROM job") == 1


def test_messages_in_the_queue_are_not_published_again() -> None:
    request(4)
    publish_waiting_jobs()
    execute("UPDATE job SET published_at = published_at - interval '11 seconds'")
    assert republish_lost_jobs() == 0


def test_message_lost_among_many_is_published_again_later(broker: "redis.Redis") -> None:
    request(2)
    publish_waiting_jobs()
    broker.rpop(f"{get_settings().broker_prefix}parse")
    assert messages() == 1
    execute("UPDATE job SET published_at = published_at - interval '301 seconds'")
    assert republish_lost_jobs() == 2  # which one was lost is unknown; a duplicate does no harm


def test_poll_tick_claims_only_what_the_queue_has_room_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OVERHEARD_POLL_BATCH", "1")
    get_settings.cache_clear()
    for _ in range(12):
        in_transaction(add_podcast)
    for _ in range(2):
        tasks.polling.tasks.poll_due_feeds()
    assert queue_length(app, "poll") == tasks.polling.tasks.MAX_WAITING_BATCHES
    assert one("SELECT count(*) FROM crawl WHERE claim_token IS NULL") == 12 - 2


def test_sweep_recovers_lost_jobs_messages_and_claims(broker: "redis.Redis") -> None:
    lost, waiting = request(2)
    in_transaction(add_podcast)
    publish_waiting_jobs()
    claim(lost)
    broker.flushdb()
    execute("UPDATE job SET lease_expires_at = now() - interval '1 second' WHERE id = :id", id=lost)
    execute("UPDATE job SET published_at = now() - interval '1 hour' WHERE id = :id", id=waiting)
    execute(
        "UPDATE crawl SET claim_token = gen_random_uuid(), "
        "claim_expires_at = now() - interval '1 second'"
    )
    sweep()
    assert messages() == 2
    assert one("SELECT array_agg(state ORDER BY id) FROM job") == ["waiting", "waiting"]
    assert one("SELECT worker_losses FROM job WHERE id = :id", id=lost) == 1
    assert one("SELECT claim_token FROM crawl") is None


def test_purge_deletes_jobs_done_long_ago() -> None:
    for _ in range(2):
        request(1)
        execute("UPDATE job SET state = 'done', finished_at = now() - interval '31 days'")
    purge()
    assert one("SELECT count(*) FROM job") == 1
