"""A parse job from its row to the counts: fetched, parsed, stored, recorded."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from models import Stage, get_settings
from models.database import database_time, in_transaction
from tasks.ingest.episode import ingest_episode
from tasks.jobs.runner import Message, run_job
from tasks.jobs.store import claim_job, request_jobs
from tasks.jobs.values import ClaimedJob
from tests.factories import (
    differences,
    execute,
    figures,
    new_episode,
    one,
    rows,
    transcript_of,
)
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer, Seen

pytestmark = pytest.mark.usefixtures("database")

TEXT = b"Ann Smith: Hello there.\n\nBob Jones: Hi."
VTT = (
    b"WEBVTT\n\n00:00.000 --> 00:02.000\n<v Ann Smith>Hello.\n\n"
    b"00:02.000 --> 00:05.000\n<v Bob Jones>Hi.\n"
)
EDITED = VTT.replace(b"Hi.", b"Hi there.")
HTML_PAGE = Answer(body=b"<html><head><title>Not found</title></head><body></body></html>")


def request(episode: int, **more: Any) -> int:
    def add(session: Any) -> list[int]:
        return request_jobs(session, "parse", [episode], database_time(session), **more)

    (job,) = in_transaction(add)
    return job


def run(
    job: int, work: Callable[[ClaimedJob], Any] = ingest_episode, task_id: str = "message"
) -> dict[str, Any]:
    """Run a job as its message would, and return its row."""
    run_job(job, Message(task_id, "w"), work)
    (row,) = rows("SELECT * FROM job WHERE id = :id", id=job)
    return row


def parsed(urls: Sequence[str]) -> tuple[int, dict[str, Any]]:
    episode = new_episode(transcripts=urls)
    return episode, run(request(episode))


def test_ingest_writes_segments_people_and_job_result(publisher: FaultServer) -> None:
    episode, job = parsed([publisher.serve("/1.vtt", Answer(body=VTT))])
    assert transcript_of(episode) == [("Ann Smith", "Hello."), ("Bob Jones", "Hi.")]
    assert figures() == {"Ann Smith": (1, 1, 1, 2000), "Bob Jones": (1, 1, 1, 3000)}
    assert (job["state"], job["outcome"], job["reason"]) == ("done", "ran", "")
    stats = {"format": "webvtt", "segments": 2, "inserted": 2, "deleted": 0, "bytes": len(VTT)}
    assert job["figures"].items() >= stats.items()
    assert one("SELECT size FROM raw_body") == len(VTT)
    assert differences() == 0


def test_ingest_of_same_bytes_is_skipped_as_unchanged(publisher: FaultServer) -> None:
    episode, _ = parsed([publisher.serve("/1.vtt", Answer(body=VTT))])
    before = rows("SELECT id, xmin::text FROM appearance")
    job = run(request(episode))
    assert (job["outcome"], job["reason"]) == ("skipped", "unchanged")
    assert rows("SELECT id, xmin::text FROM appearance") == before


def test_forced_ingest_of_same_bytes_writes_nothing(publisher: FaultServer) -> None:
    episode, _ = parsed([publisher.serve("/1.vtt", Answer(body=VTT))])
    tables = ("appearance", "speaker", "person", "person_name", "transcript", "raw_body", "episode")
    before = {table: rows(f"SELECT xmin::text, ctid::text FROM {table}") for table in tables}  # noqa: S608
    job = run(request(episode, force=True))
    assert (job["outcome"], job["figures"]["inserted"], job["figures"]["updated"]) == ("ran", 0, 0)
    after = {table: rows(f"SELECT xmin::text, ctid::text FROM {table}") for table in tables}  # noqa: S608
    assert after == before


def test_ingest_of_edited_transcript_changes_one_segment(publisher: FaultServer) -> None:
    url = publisher.serve("/1.vtt", Answer(body=VTT), Answer(body=EDITED))
    episode, _ = parsed([url])
    job = run(request(episode))
    assert (job["figures"]["inserted"], job["figures"]["deleted"]) == (1, 1)
    assert transcript_of(episode)[1] == ("Bob Jones", "Hi there.")
    assert one("SELECT count(*) FROM raw_body") == 2  # fetched bodies stay


def test_parse_stage_reads_the_raw_store_without_fetching(
    publisher: FaultServer,
) -> None:
    episode, _ = parsed([publisher.serve("/1.vtt", Answer(body=VTT))])
    execute("DELETE FROM appearance")
    execute("UPDATE speaker SET appearances = 0")
    job = run(request(episode, stage=Stage.parse, force=True))
    assert job["figures"]["inserted"] == 2
    assert len(publisher.seen("/1.vtt")) == 1


def test_parse_stage_reads_the_selected_transcript(
    publisher: FaultServer,
) -> None:
    best = publisher.serve("/1.vtt", Answer(body=VTT), Answer(404))
    episode, _ = parsed([best, publisher.serve("/1.txt", Answer(body=TEXT))])
    assert run(request(episode))["outcome"] == "degraded"
    assert transcript_of(episode) == [("Ann Smith", "Hello there."), ("Bob Jones", "Hi.")]
    run(request(episode, stage=Stage.parse, force=True))
    assert transcript_of(episode) == [("Ann Smith", "Hello there."), ("Bob Jones", "Hi.")]


def test_episode_without_a_transcript_is_skipped(publisher: FaultServer) -> None:
    del publisher
    _, job = parsed([])
    assert (job["state"], job["outcome"], job["reason"]) == ("done", "skipped", "no_transcript")


def test_transcript_without_speakers_counts_for_nobody(
    publisher: FaultServer,
) -> None:
    body = b"WEBVTT\n\n00:00.000 --> 00:02.000\nHello there.\n"
    episode, job = parsed([publisher.serve("/1.vtt", Answer(body=body))])
    assert (job["outcome"], job["reason"]) == ("ran", "no_speakers")
    assert transcript_of(episode) == [("", "Hello there.")]
    assert figures() == {}


def test_next_transcript_is_read_when_the_best_one_fails(publisher: FaultServer) -> None:
    bad = publisher.serve("/1.json", Answer(404))
    episode, job = parsed([bad, publisher.serve("/1.vtt", Answer(body=VTT))])
    assert (job["state"], job["outcome"], job["reason"]) == ("done", "degraded", "http_404")
    assert bad in job["message"]
    assert len(transcript_of(episode)) == 2


def test_failed_fetch_waits_for_retry_and_changes_no_row(
    publisher: FaultServer,
) -> None:
    episode, _ = parsed([publisher.serve("/1.vtt", Answer(body=VTT), Answer(500))])
    job = run(request(episode))
    assert (job["state"], job["outcome"], job["reason"]) == ("waiting", "failed", "http_500")
    assert job["attempts"] == 1
    assert job["run_after"] > job["finished_at"]
    assert len(transcript_of(episode)) == 2
    assert figures()["Ann Smith"][0] == 1


@pytest.mark.parametrize("body", [b"", b"\x00\x01\x02" * 100, HTML_PAGE.body])
def test_invalid_transcript_is_dead_at_once_with_its_reason(
    publisher: FaultServer, body: bytes
) -> None:
    _, job = parsed([publisher.serve("/1.vtt", Answer(body=body))])
    assert (job["state"], job["outcome"]) == ("dead", "dead")
    assert job["reason"] not in {"", "crashed"}
    assert one("SELECT count(*) FROM appearance") == 0


def test_forbidden_url_is_dead_at_once(publisher: FaultServer) -> None:
    _, job = parsed([f"http://127.0.0.1:{publisher.port + 1}/1.vtt"])
    assert (job["state"], job["reason"]) == ("dead", "address_refused")


def test_dead_job_does_not_stop_other_episodes(publisher: FaultServer) -> None:
    poison, job = parsed([publisher.serve("/poison.vtt", Answer(body=b"\x00" * 64))])
    healthy, other = parsed([publisher.serve("/1.vtt", Answer(body=VTT))])
    assert (job["state"], other["state"]) == ("dead", "done")
    assert len(transcript_of(healthy)) == 2
    assert transcript_of(poison) == []


def test_crash_of_a_job_is_recorded_as_a_failure(
    publisher: FaultServer,
) -> None:
    del publisher

    def crash(_: ClaimedJob) -> Any:
        raise ZeroDivisionError("division")

    job = run(request(new_episode()), crash)
    assert (job["state"], job["reason"]) == ("waiting", "crashed")
    assert job["message"] == "ZeroDivisionError: division"


def test_database_error_is_a_failure_and_not_a_lost_worker(
    publisher: FaultServer,
) -> None:
    del publisher

    def refused(_: ClaimedJob) -> Any:
        in_transaction(lambda session: session.connection().exec_driver_sql("SELECT 1/0"))

    job = run(request(new_episode()), refused)
    assert (job["state"], job["reason"], job["worker_losses"]) == ("waiting", "crashed", 0)
    assert "division by zero" in job["message"]
    assert "SELECT 1/0" not in job["message"]


def test_worker_that_lost_its_lease_writes_nothing(
    publisher: FaultServer,
) -> None:
    episode = new_episode(transcripts=[publisher.url("/1.vtt")])
    job = request(episode)

    def take_over(_: Seen) -> Answer:
        def claim(session: Any) -> ClaimedJob | None:
            return claim_job(
                session,
                job,
                database_time(session),
                task_id="message",
                worker="other",
                lease_seconds=60,
                redelivered=True,
            )

        assert in_transaction(claim) is not None
        return Answer(body=VTT)

    publisher.serve_by("/1.vtt", take_over)
    with capture_logs() as logs:
        row = run(job)
    assert [line["event"] for line in logs] == ["job_lease_lost"]
    assert (row["state"], row["worker"], row["worker_losses"]) == ("running", "other", 1)
    assert transcript_of(episode) == []
    assert figures() == {}


def test_long_job_renews_its_lease(publisher: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVERHEARD_JOB_LEASE_SECONDS", "0.3")
    get_settings.cache_clear()
    slow = Answer(body=VTT, delay_seconds=0.6)
    _, job = parsed([publisher.serve("/1.vtt", slow)])
    assert job["state"] == "done"
    assert job["lease_expires_at"] is None


def test_job_result_is_one_log_line_with_stats(publisher: FaultServer) -> None:
    episode = new_episode(transcripts=[publisher.serve("/1.vtt", Answer(body=VTT))])
    job = request(episode, request_id="requested")
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as logs:
        run(job)
    (line,) = logs
    assert (line["event"], line["job_id"], line["episode_id"]) == ("job_done", job, episode)
    assert (line["correlation_id"], line["segments"]) == ("requested", 2)


def test_hostile_labels_and_texts_never_crash_a_job(
    publisher: FaultServer,
) -> None:
    segments = [
        {"speaker": "Ann\u0000 Smith", "startTime": -1e30, "endTime": 1e30, "body": "a\u0000b"},
        {"speaker": "x" * 9000, "startTime": 1, "endTime": 2, "body": "\ud800 lone"},
        {"speaker": "' OR 1=1 --", "startTime": None, "endTime": "x", "body": "[bold]no[/bold]"},
        {"speaker": "Zoë " * 3000, "startTime": 2**31, "endTime": 2**40, "body": "w" * 100_000},
    ]
    body = json.dumps({"version": "1.0.0", "segments": segments}).encode()
    episode, job = parsed([publisher.serve("/1.json", Answer(body=body))])
    assert job["state"] == "done"
    assert len(transcript_of(episode)) == 4
    assert differences() == 0
