"""Jobs as rows: taken once, given back, tried again, and never two at work on one subject."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session

from models import Outcome, Stage
from models.database import in_transaction, transaction
from tasks.jobs.store import (
    JobDisposition,
    claim_job,
    fail_job,
    finish_job,
    purge_done_jobs,
    reclaim_expired_jobs,
    renew_lease,
    request_jobs,
    retry_jobs,
)
from tasks.jobs.values import ClaimedJob, JobFailed, LeaseLost, RetryPolicy
from tests.factories import NOW, execute, one, rows, until_somebody_waits_for_a_lock

pytestmark = pytest.mark.usefixtures("database")

POLICY = RetryPolicy(max_attempts=3, max_losses=5, first_wait_seconds=60, longest_wait_seconds=3600)
SUBJECT = 7
LEASE = 60.0
REFUSED = JobFailed("http_500", "the server answered 500")


def request(subject: int = SUBJECT, **more: Any) -> int:
    (job,) = in_transaction(request_jobs, "parse", [subject], more.pop("now", NOW), **more)
    return job


def claim(job: int, task_id: str = "message", **more: Any) -> ClaimedJob | None:
    asked = {"task_id": task_id, "worker": "w", "lease_seconds": LEASE, "redelivered": False}
    return in_transaction(claim_job, job, more.pop("now", NOW), **(asked | more))


def claimed(**more: Any) -> ClaimedJob:
    job = claim(request(**more))
    assert job is not None
    return job


def fail(job: ClaimedJob, failure: JobFailed = REFUSED) -> JobDisposition:
    return in_transaction(fail_job, job, NOW, failure, POLICY)


def recover(now: Any) -> list[tuple[ClaimedJob, JobDisposition]]:
    return in_transaction(reclaim_expired_jobs, now, POLICY)


def row(job_id: int) -> dict[str, Any]:
    (found,) = rows("SELECT * FROM job WHERE id = :id", id=job_id)
    return found


def finish(job: ClaimedJob) -> None:
    in_transaction(finish_job, job, NOW, Outcome.ran)


def test_of_many_workers_with_the_same_message_one_gets_the_job() -> None:
    job = request()
    with ThreadPoolExecutor(8) as pool:
        tried = [pool.submit(claim, job, f"message {number}") for number in range(16)]
        assert [future.result() is not None for future in tried].count(True) == 1


def test_a_doubled_message_finds_the_job_taken() -> None:
    job = request()
    assert claim(job, "first") is not None
    assert claim(job, "second") is None
    assert claim(job, "second", redelivered=True) is None
    assert claim(job, "first") is None


def test_our_own_message_delivered_again_takes_the_job_over_and_counts_as_a_loss() -> None:
    first = claimed()
    second = claim(first.id, redelivered=True)
    assert second is not None
    assert second.lease_token != first.lease_token
    assert second.worker_losses == 1
    with pytest.raises(LeaseLost):
        finish(first)
    finish(second)
    assert row(first.id)["state"] == "done"


def test_a_done_job_is_not_done_again() -> None:
    job = claimed()
    finish(job)
    assert claim(job.id, redelivered=True) is None


def test_a_lost_lease_rolls_the_work_back() -> None:
    first = claimed()
    claim(first.id, redelivered=True)

    def work(session: Session) -> None:
        request_jobs(session, "parse", [99], NOW)
        finish_job(session, first, NOW, Outcome.ran)

    with pytest.raises(LeaseLost):
        in_transaction(work)
    assert one("SELECT count(*) FROM job WHERE subject = 99") == 0


def test_a_job_is_not_taken_before_its_time() -> None:
    job = claimed()
    assert fail(job).state == "waiting"
    assert claim(job.id) is None
    assert claim(job.id, now=NOW + timedelta(hours=1)) is not None


def test_failures_wait_longer_each_time_and_end_dead() -> None:
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
    assert fail(job) == JobDisposition("dead", None)
    found = row(job.id)
    assert (found["state"], found["outcome"], found["attempts"]) == ("dead", "dead", 3)
    assert (found["reason"], found["message"]) == ("http_500", "the server answered 500")
    assert claim(job.id, now=NOW + timedelta(days=365)) is None


def test_what_cannot_get_better_is_dead_at_once() -> None:
    job = claimed()
    assert fail(job, JobFailed("html", "a web page", permanent=True)).state == "dead"


def test_a_failure_after_the_lease_was_lost_records_nothing() -> None:
    first = claimed()
    claim(first.id, redelivered=True)
    with pytest.raises(LeaseLost):
        fail(first)
    assert row(first.id)["attempts"] == 0


def test_a_lease_is_renewed_by_its_holder_only() -> None:
    first = claimed()
    later = NOW + timedelta(seconds=50)
    assert in_transaction(renew_lease, first, later, LEASE)
    assert recover(NOW + timedelta(seconds=LEASE + 1)) == []
    claim(first.id, redelivered=True)
    assert not in_transaction(renew_lease, first, later, LEASE)


def test_a_job_whose_worker_is_gone_waits_again_when_the_lease_is_over() -> None:
    job = claimed()
    assert recover(NOW + timedelta(seconds=LEASE - 1)) == []
    ((lost, after),) = recover(NOW + timedelta(seconds=LEASE + 1))
    assert (lost.id, after.state) == (job.id, "waiting")
    assert after.retry_at == NOW + timedelta(seconds=LEASE + 1)
    found = row(job.id)
    assert (found["state"], found["worker_losses"], found["attempts"]) == ("waiting", 1, 0)
    assert (found["reason"], found["task_id"], found["published_at"]) == ("worker_lost", None, None)


def test_a_job_that_takes_its_worker_along_every_time_ends_dead() -> None:
    job, now, waited = request(), NOW, []
    while row(job)["state"] != "dead":
        assert claim(job, now=now) is not None
        now += timedelta(seconds=LEASE + 1)
        ((_, after),) = recover(now)
        if after.retry_at:
            waited.append(after.retry_at - now)
            now = after.retry_at
    assert row(job)["worker_losses"] == POLICY.max_losses
    assert row(job)["message"] == "the worker was lost 5 times"
    # The first losses cost no waiting: a killed worker is seldom the job's fault.
    assert [bool(wait) for wait in waited] == [False, False, False, True]


def test_a_message_that_comes_back_whenever_its_worker_dies_is_not_believed_for_ever() -> None:
    job = claimed()
    taken_over = [claim(job.id, redelivered=True) is not None for _ in range(5)]
    assert taken_over == [True, True, True, False, False]
    after_lease = NOW + timedelta(seconds=LEASE + 1)
    ((_, after),) = recover(after_lease)
    assert row(job.id)["worker_losses"] == 4
    assert after.retry_at is not None
    assert after.retry_at > after_lease


def test_a_job_that_waits_after_many_losses_can_be_retried_at_once() -> None:
    job = claimed()
    execute("UPDATE job SET worker_losses = 3")
    recover(NOW + timedelta(seconds=LEASE + 1))
    assert claim(job.id) is None
    assert in_transaction(retry_jobs, NOW) == [job.id]
    assert claim(job.id) is not None


def test_a_request_for_work_that_waits_already_is_the_same_job() -> None:
    assert request() == request()
    assert one("SELECT count(*) FROM job") == 1


def test_a_second_request_widens_the_waiting_job_to_the_earlier_stage() -> None:
    job = request(stage=Stage.parse, priority=8)
    assert request(stage=Stage.fetch, force=True, priority=5, request_id="asked") == job
    found = row(job)
    assert (found["stage"], found["force"], found["priority"]) == ("fetch", True, 5)
    assert found["request_id"] == "asked"
    request(stage=Stage.parse, priority=8)
    assert (row(job)["stage"], row(job)["force"], row(job)["priority"]) == ("fetch", True, 5)


def test_a_request_takes_up_at_once_a_job_that_waits_after_a_failure() -> None:
    job = claimed()
    fail(job)
    assert request() == job.id
    assert claim(job.id) is not None


def test_a_request_while_the_job_runs_waits_beside_it_and_is_done_after_it() -> None:
    running = claimed()
    waiting = request()
    assert waiting != running.id
    assert claim(waiting, "another") is None
    finish(running)
    assert claim(waiting, "another") is not None


def test_a_job_that_fails_leaves_the_work_to_the_one_that_waits_beside_it() -> None:
    running = claimed()
    waiting = request(stage=Stage.parse)
    assert fail(running) == JobDisposition("done", None)
    assert row(running.id)["outcome"] == "failed"
    assert row(waiting)["stage"] == "fetch"  # as the failed one


def test_what_is_left_to_the_one_that_waits_is_forced_if_it_was() -> None:
    running = claimed(force=True)
    waiting = request()
    fail(running)
    assert row(waiting)["force"]


def test_a_failure_finds_a_request_that_is_committed_at_the_same_moment() -> None:
    running = claimed()
    with ThreadPoolExecutor(1) as pool:
        with transaction() as session:
            request_jobs(session, "parse", [SUBJECT], NOW)
            failing = pool.submit(fail, running)
            until_somebody_waits_for_a_lock()
        assert failing.result().state == "done"
    assert row(running.id)["outcome"] == "failed"


def test_a_lost_job_leaves_the_work_to_the_one_that_waits_beside_it() -> None:
    running, waiting = claimed(), request()
    recover(NOW + timedelta(seconds=LEASE + 1))
    assert row(running.id)["state"] == "done"
    assert claim(waiting, "another") is not None


def test_a_message_that_comes_too_early_is_sent_again_later() -> None:
    claimed()
    waiting = request()
    execute("UPDATE job SET task_id = 'early', published_at = :now WHERE id = :id",
            now=NOW, id=waiting)  # fmt: skip
    assert claim(waiting, "early") is None
    assert row(waiting)["published_at"] is None


def test_requests_for_many_subjects_make_one_job_for_each() -> None:
    jobs = in_transaction(request_jobs, "parse", [3, 1, 2, 3], NOW)
    assert len(jobs) == 3
    assert in_transaction(request_jobs, "parse", [], NOW) == []


def test_many_requests_at_once_make_one_job() -> None:
    with ThreadPoolExecutor(8) as pool:
        ids = [future.result() for future in [pool.submit(request) for _ in range(16)]]
    assert len(set(ids)) == 1


def test_retry_lets_dead_and_failed_jobs_begin_anew() -> None:
    dead, failed = claimed(subject=1), claimed(subject=2)
    fail(dead, JobFailed("html", "a web page", permanent=True))
    fail(failed)
    assert sorted(in_transaction(retry_jobs, NOW)) == [dead.id, failed.id]
    for job in (dead, failed):
        found = row(job.id)
        assert (found["state"], found["attempts"], found["worker_losses"]) == ("waiting", 0, 0)
        assert claim(job.id) is not None


def test_retry_of_chosen_jobs_leaves_the_others_alone() -> None:
    dead, other = claimed(subject=1), claimed(subject=2)
    for job in (dead, other):
        fail(job, JobFailed("html", "a web page", permanent=True))
    assert in_transaction(retry_jobs, NOW, [dead.id]) == [dead.id]
    assert row(other.id)["state"] == "dead"


def test_retry_leaves_running_and_done_jobs_alone() -> None:
    done, running = claimed(subject=1), claimed(subject=2)
    finish(done)
    assert in_transaction(retry_jobs, NOW, [done.id, running.id]) == []


def test_retry_of_all_takes_the_latest_of_several_dead_jobs_of_one_subject() -> None:
    jobs = []
    for _ in range(2):
        jobs.append(claimed())
        fail(jobs[-1], JobFailed("html", "a web page", permanent=True))
    assert in_transaction(retry_jobs, NOW) == [jobs[1].id]
    assert row(jobs[0].id)["state"] == "dead"


def test_old_records_of_done_work_are_forgotten_except_the_latest_of_each_subject() -> None:
    jobs = []
    for _ in range(3):
        jobs.append(claimed())
        finish(jobs[-1])
    dead = claimed(subject=8)
    fail(dead, JobFailed("html", "a web page", permanent=True))
    assert in_transaction(purge_done_jobs, NOW) == 0
    assert in_transaction(purge_done_jobs, NOW + timedelta(days=1)) == 2
    assert [found["id"] for found in rows("SELECT id FROM job ORDER BY id")] == [
        jobs[2].id, dead.id,
    ]  # fmt: skip
