"""Waiting for jobs and polls, and reporting those that are not waited for."""

import pytest

from models.database import in_transaction
from models.queries.jobs import failures, pending
from tests.factories import NOW, add_podcast, execute, new_episode, one
from workers.cli.wait_for_jobs import wait_for_work

pytestmark = pytest.mark.usefixtures("database")


def test_wait_rate_limited_host_is_reported() -> None:
    podcast = in_transaction(add_podcast)
    assert in_transaction(pending, [podcast], NOW, NOW).feeds == 1
    assert in_transaction(failures, [podcast], NOW) == []
    execute("UPDATE host SET next_allowed_at = now() + interval '1 day'")
    (failed,) = wait_for_work([podcast], NOW)
    assert failed.reason == "host_rate_limited"
    assert failed.retry_at == one("SELECT next_allowed_at FROM host")


def test_wait_delayed_job_is_reported() -> None:
    episode = new_episode()
    execute("UPDATE crawl SET next_poll_at = NULL")
    execute(
        "INSERT INTO job (kind, subject, stage, force, priority, state, attempts, worker_losses,"
        " republished, run_after, created_at, reason) VALUES ('parse', :episode, 'fetch', false, 5,"
        " 'waiting', 0, 4, 0, now() + interval '1 hour', now(), 'worker_lost')",
        episode=episode,
    )
    podcast = one("SELECT podcast_id FROM episode")
    (failed,) = wait_for_work([podcast], NOW)
    assert failed.reason == "worker_lost"
