"""Jobs as rows: claimed once, retried, reclaimed, and never two running for one subject."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session

from models import JobState, Outcome, Stage
from models.database import in_transaction, transaction
from tasks.jobs.store import (
    JobDisposition,
    claim_job,
    close_replaced_jobs,
    fail_job,
    finish_job,
    purge_done_jobs,
    reclaim_expired_jobs,
    renew_lease,
    request_jobs,
    retry_jobs,
)
from tasks.jobs.values import ClaimedJob, JobFailed, LeaseLost, RetryPolicy
from tests.factories import NOW, execute, one, rows, until_a_statement_waits_for_a_lock

pytestmark = pytest.mark.usefixtures("database")

POLICY = RetryPolicy(max_attempts=3, max_losses=5, first_wait_seconds=60, longest_wait_seconds=3600)
SUBJECT = 7
LEASE = 60.0
HTTP_ERROR = JobFailed("http_500", "the server responded with 500")


def request(subject: int = SUBJECT, **more: Any) -> int:
    (job,) = in_transaction(request_jobs, "parse", [subject], more.pop("now", NOW), **more)
    return job


def claim(job: int, task_id: str = "message", **more: Any) -> ClaimedJob | None:
    message = {"task_id": task_id, "worker": "w", "lease_seconds": LEASE, "redelivered": False}
    return in_transaction(claim_job, job, more.pop("now", NOW), **(message | more))


def claimed(**more: Any) -> ClaimedJob:
    job = claim(request(**more))
    assert job is not None
    return job


def fail(job: ClaimedJob, failure: JobFailed = HTTP_ERROR) -> JobDisposition:
    return in_transaction(fail_job, job, NOW, failure, POLICY)


def recover(now: Any) -> list[tuple[ClaimedJob, JobDisposition]]:
    return in_transaction(reclaim_expired_jobs, now, POLICY)


def row(job_id: int) -> dict[str, Any]:
    (job_row,) = rows("SELECT * FROM job WHERE id = :id", id=job_id)
    return job_row


def finish(job: ClaimedJob) -> None:
    in_transaction(finish_job, job, NOW, Outcome.ran)


def test_claim_by_many_workers_succeeds_once() -> None:
    job = request()
    with ThreadPoolExecutor(8) as pool:
        tried = [pool.submit(claim, job, f"message {number}") for number in range(16)]
        assert [future.result() is not None for future in tried].count(True) == 1


def test_claim_by_a_duplicate_message_fails() -> None:
    job = request()
    assert claim(job, "first") is not None
    assert claim(job, "second") is None
    assert claim(job, "second", redelivered=True) is None
    assert claim(job, "first") is None


def test_claim_by_a_redelivered_message_counts_as_a_loss() -> None:
    first = claimed()
    second = claim(first.id, redelivered=True)
    assert second is not None
    assert second.lease_token != first.lease_token
    assert second.worker_losses == 1
    with pytest.raises(LeaseLost):
        finish(first)
    finish(second)
    assert row(first.id)["state"] == "done"


def test_claim_of_a_done_job_fails() -> None:
    job = claimed()
    finish(job)
    assert claim(job.id, redelivered=True) is None


def test_finish_after_a_lost_lease_rolls_the_work_back() -> None:
    first = claimed()
    claim(first.id, redelivered=True)

    def work(session: Session) -> None:
        request_jobs(session, "parse", [99], NOW)
        finish_job(session, first, NOW, Outcome.ran)

    with pytest.raises(LeaseLost):
        in_transaction(work)
    assert one("SELECT count(*) FROM job WHERE subject = 99") == 0


def test_claim_before_run_after_fails() -> None:
    job = claimed()
    assert fail(job).state == "waiting"
    assert claim(job.id) is None
    assert claim(job.id, now=NOW + timedelta(hours=1)) is not None


def test_failures_wait_longer_and_end_dead() -> None:
    job, waits = claimed(), []
    for _ in range(POLICY.max_attempts - 1):
        retry_at = fail(job).retry_at
        assert retry_at is not None
        waits.append(retry_at - NOW)
        again = claim(job.id, now=retry_at)
        assert again is not None
        job = again
    assert waits == sorted(waits)
    assert timedelta(seconds=45) <= waits[0] <= timedelta(seconds=75)
    assert fail(job) == JobDisposition(JobState.dead, None)
    job_row = row(job.id)
    assert (job_row["state"], job_row["outcome"], job_row["attempts"]) == ("dead", "dead", 3)
    assert (job_row["reason"], job_row["message"]) == ("http_500", "the server responded with 500")
    assert claim(job.id, now=NOW + timedelta(days=365)) is None


def test_permanent_failure_is_dead_at_once() -> None:
    job = claimed()
    assert fail(job, JobFailed("html", "a web page", permanent=True)).state == "dead"


def test_failure_after_a_lost_lease_records_nothing() -> None:
    first = claimed()
    claim(first.id, redelivered=True)
    with pytest.raises(LeaseLost):
        fail(first)
    assert row(first.id)["attempts"] == 0


def test_lease_is_renewed_only_with_its_token() -> None:
    first = claimed()
    later = NOW + timedelta(seconds=50)
    assert in_transaction(renew_lease, first, later, LEASE)
    assert recover(NOW + timedelta(seconds=LEASE + 1)) == []
    claim(first.id, redelivered=True)
    assert not in_transaction(renew_lease, first, later, LEASE)


def test_expired_lease_returns_the_job_to_waiting() -> None:
    job = claimed()
    assert recover(NOW + timedelta(seconds=LEASE - 1)) == []
    ((lost, after),) = recover(NOW + timedelta(seconds=LEASE + 1))
    assert (lost.id, after.state) == (job.id, "waiting")
    assert after.retry_at == NOW + timedelta(seconds=LEASE + 1)
    job_row = row(job.id)
    assert (job_row["state"], job_row["worker_losses"], job_row["attempts"]) == ("waiting", 1, 0)
    assert (job_row["reason"], job_row["task_id"], job_row["published_at"]) == (
        "worker_lost",
        None,
        None,
    )


def test_job_that_kills_every_worker_ends_dead() -> None:
    job, now, waits = request(), NOW, []
    while row(job)["state"] != "dead":
        assert claim(job, now=now) is not None
        now += timedelta(seconds=LEASE + 1)
        ((_, after),) = recover(now)
        if after.retry_at:
            waits.append(after.retry_at - now)
            now = after.retry_at
    assert row(job)["worker_losses"] == POLICY.max_losses
    assert row(job)["message"] == "the worker was lost 5 times"
    # The first losses cost no waiting: a killed worker is rarely the job's fault.
    assert [bool(wait) for wait in waits] == [False, False, False, True]


def test_redelivered_message_is_ignored_after_three_losses() -> None:
    job = claimed()
    taken_over = [claim(job.id, redelivered=True) is not None for _ in range(5)]
    assert taken_over == [True, True, True, False, False]
    after_lease = NOW + timedelta(seconds=LEASE + 1)
    ((_, after),) = recover(after_lease)
    assert row(job.id)["worker_losses"] == 4
    assert after.retry_at is not None
    assert after.retry_at > after_lease


def test_retry_of_a_job_after_many_losses_is_immediate() -> None:
    job = claimed()
    execute("UPDATE job SET worker_losses = 3")
    recover(NOW + timedelta(seconds=LEASE + 1))
    assert claim(job.id) is None
    assert in_transaction(retry_jobs, NOW) == [job.id]
    assert claim(job.id) is not None


def test_request_for_a_waiting_subject_is_the_same_job() -> None:
    assert request() == request()
    assert one("SELECT count(*) FROM job") == 1


def test_second_request_widens_the_waiting_job() -> None:
    job = request(stage=Stage.parse, priority=8)
    assert request(stage=Stage.fetch, force=True, priority=5, request_id="asked") == job
    job_row = row(job)
    assert (job_row["stage"], job_row["force"], job_row["priority"]) == ("fetch", True, 5)
    assert job_row["request_id"] == "asked"
    request(stage=Stage.parse, priority=8)
    assert (row(job)["stage"], row(job)["force"], row(job)["priority"]) == ("fetch", True, 5)


def test_request_makes_a_failed_job_due_at_once() -> None:
    job = claimed()
    fail(job)
    assert request() == job.id
    assert claim(job.id) is not None


def test_request_while_the_job_runs_is_claimed_after_it() -> None:
    running = claimed()
    waiting = request()
    assert waiting != running.id
    assert claim(waiting, "another") is None
    finish(running)
    assert claim(waiting, "another") is not None


def test_failed_job_leaves_its_work_to_the_waiting_job() -> None:
    running = claimed()
    waiting = request(stage=Stage.parse)
    assert fail(running) == JobDisposition(JobState.done, None)
    assert row(running.id)["outcome"] == "failed"
    assert row(waiting)["stage"] == "fetch"  # as the failed one


def test_failed_job_passes_force_to_the_waiting_job() -> None:
    running = claimed(force=True)
    waiting = request()
    fail(running)
    assert row(waiting)["force"]


def test_failure_sees_a_request_committed_concurrently() -> None:
    running = claimed()
    with ThreadPoolExecutor(1) as pool:
        with transaction() as session:
            request_jobs(session, "parse", [SUBJECT], NOW)
            failing = pool.submit(fail, running)
            until_a_statement_waits_for_a_lock()
        assert failing.result().state == "done"
    assert row(running.id)["outcome"] == "failed"


def test_lost_job_leaves_its_work_to_the_waiting_job() -> None:
    running, waiting = claimed(), request()
    recover(NOW + timedelta(seconds=LEASE + 1))
    assert row(running.id)["state"] == "done"
    assert claim(waiting, "another") is not None


def test_message_that_arrives_too_early_is_published_again() -> None:
    claimed()
    waiting = request()
    execute(
        "UPDATE job SET task_id = 'early', published_at = :now WHERE id = :id", now=NOW, id=waiting
    )
    assert claim(waiting, "early") is None
    assert row(waiting)["published_at"] is None


def test_request_for_many_subjects_makes_one_job_each() -> None:
    jobs = in_transaction(request_jobs, "parse", [3, 1, 2, 3], NOW)
    assert len(jobs) == 3
    assert in_transaction(request_jobs, "parse", [], NOW) == []


def test_concurrent_requests_make_one_job() -> None:
    with ThreadPoolExecutor(8) as pool:
        ids = [future.result() for future in [pool.submit(request) for _ in range(16)]]
    assert len(set(ids)) == 1


def test_retry_resets_dead_and_failed_jobs() -> None:
    dead, failed = claimed(subject=1), claimed(subject=2)
    fail(dead, JobFailed("html", "a web page", permanent=True))
    fail(failed)
    assert sorted(in_transaction(retry_jobs, NOW)) == [dead.id, failed.id]
    for job in (dead, failed):
        job_row = row(job.id)
        assert (job_row["state"], job_row["attempts"], job_row["worker_losses"]) == (
            "waiting",
            0,
            0,
        )
        assert claim(job.id) is not None


def test_retry_of_chosen_jobs_leaves_the_others_unchanged() -> None:
    dead, other = claimed(subject=1), claimed(subject=2)
    for job in (dead, other):
        fail(job, JobFailed("html", "a web page", permanent=True))
    assert in_transaction(retry_jobs, NOW, [dead.id]) == [dead.id]
    assert row(other.id)["state"] == "dead"


def test_retry_by_reason_leaves_other_reasons_unchanged() -> None:
    html, other, failed = claimed(subject=1), claimed(subject=2), claimed(subject=3)
    fail(html, JobFailed("html", "a web page", permanent=True))
    fail(other, JobFailed("binary", "no text", permanent=True))
    fail(failed)
    assert in_transaction(retry_jobs, NOW, reason="html") == [html.id]
    assert [row(job.id)["attempts"] for job in (html, other, failed)] == [0, 1, 1]


def test_retry_leaves_running_and_done_jobs_unchanged() -> None:
    done, running = claimed(subject=1), claimed(subject=2)
    finish(done)
    assert in_transaction(retry_jobs, NOW, [done.id, running.id]) == []


def test_retry_of_all_resets_the_latest_job_of_a_subject() -> None:
    jobs = []
    for _ in range(2):
        jobs.append(claimed())
        fail(jobs[-1], JobFailed("html", "a web page", permanent=True))
    assert in_transaction(retry_jobs, NOW) == [jobs[1].id]
    assert row(jobs[0].id)["state"] == "done"


def test_dead_jobs_of_one_subject_and_kind_are_one() -> None:
    other = claimed(subject=2)
    fail(other, JobFailed("html", "a web page", permanent=True))
    for _ in range(3):
        fail(claimed(), JobFailed("html", "a web page", permanent=True))
    assert one("SELECT count(*) FROM job WHERE state = 'dead' AND subject = :id", id=SUBJECT) == 1
    assert row(other.id)["state"] == "dead"


def test_job_that_died_while_another_was_requested_is_closed_later() -> None:
    job = claimed()
    fail(job, JobFailed("html", "a web page", permanent=True))
    request()
    execute("UPDATE job SET state = 'dead' WHERE id = :id", id=job.id)
    assert in_transaction(close_replaced_jobs) == 1
    assert (row(job.id)["state"], row(job.id)["outcome"]) == ("done", "dead")


def test_purge_spares_the_latest_job_of_each_subject() -> None:
    jobs = []
    for _ in range(3):
        jobs.append(claimed())
        finish(jobs[-1])
    dead = claimed(subject=8)
    fail(dead, JobFailed("html", "a web page", permanent=True))
    assert in_transaction(purge_done_jobs, NOW) == 0
    assert in_transaction(purge_done_jobs, NOW + timedelta(days=1)) == 2
    assert [job_row["id"] for job_row in rows("SELECT id FROM job ORDER BY id")] == [
        jobs[2].id,
        dead.id,
    ]
