"""How far a re-ingest request is: its percentage, and the time that is left."""

from datetime import UTC, datetime, timedelta

from web.presenters.request_progress import RequestProgress, request_progress

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def progress(jobs: int, left: int, *, runs: bool = True) -> RequestProgress:
    return request_progress(jobs, left, NOW - timedelta(minutes=10), NOW, runs=runs)


def test_progress_of_a_running_request_has_the_time_left() -> None:
    assert progress(400, 300) == RequestProgress(25, 30 * 60_000)


def test_progress_of_a_paused_request_has_no_time_left() -> None:
    assert progress(400, 300, runs=False) == RequestProgress(25, None)


def test_progress_after_few_jobs_has_no_time_left() -> None:
    assert progress(400, 396) == RequestProgress(1, None)


def test_progress_without_jobs_is_unknown() -> None:
    assert progress(0, 0) == RequestProgress(None, None)


def test_progress_is_complete_only_when_nothing_is_left() -> None:
    assert progress(1000, 1).percent == 99
    assert progress(1000, 0) == RequestProgress(100, None)
