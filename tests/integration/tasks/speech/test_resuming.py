"""A killed worker loses at most one chunk, and the result is the same."""

import json
import random
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import redis

from models import get_settings
from models.database import Session, database_time, in_transaction
from tasks.jobs.publisher import publish_waiting_jobs
from tasks.jobs.store import reclaim_expired_jobs, retry_policy
from tasks.raw.store import load_raw
from tasks.speech.episode import transcribe_episode
from tests.factories import execute, new_episode, one, rows
from tests.integration.tasks.ingest.test_episode import run
from tests.integration.tasks.speech.requests import request_transcription
from tests.integration.tasks.speech.weights import shared_speech, whisper_model
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer
from tests.servers.worker import kill_group, wait_until, worker_process
from workers.celery_app import app

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("speech")]

CHUNKS = "SELECT number, words, transcribed_at FROM transcription_chunk ORDER BY number"
DONE = "SELECT count(*) FROM transcription_chunk WHERE words IS NOT NULL"
CHECKPOINTS = "SELECT count(words) + count(turns) FROM transcription_chunk"
BODY = "SELECT body_hash FROM transcription WHERE episode_id = :id"


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch, model_folder: Path, speech: Path) -> None:
    del speech
    for name, value in {
        "SPEECH_MODEL": str(whisper_model("tiny.en", model_folder)),
        "SPEECH_CHUNK_SECONDS": "20",
        "JOB_LEASE_SECONDS": "6",
    }.items():
        monkeypatch.setenv(f"OVERHEARD_{name}", value)
    get_settings.cache_clear()


def episode_with(publisher: FaultServer) -> int:
    audio = shared_speech("libri2.wav").read_bytes()
    url = publisher.serve("/1.wav", Answer(body=audio))
    episode = new_episode()
    execute("UPDATE episode SET audio_url = :url WHERE id = :id", url=url, id=episode)
    execute("UPDATE podcast SET language = 'en'")
    return episode


def document(episode: int) -> Any:
    """The transcript that was made: its words, and what made them."""
    body = in_transaction(load_raw, bytes(one(BODY, id=episode)))
    return json.loads(body)


def reclaim(session: Session) -> int:
    return len(reclaim_expired_jobs(session, database_time(session), retry_policy(get_settings())))


def test_killed_worker_loses_at_most_one_chunk(
    publisher: FaultServer, broker: "redis.Redis", tmp_path: Path
) -> None:
    del broker
    episode = episode_with(publisher)
    job = in_transaction(request_transcription, episode)
    assert publish_waiting_jobs(app) == 1
    queue = ("--queues", "transcribe", "--concurrency", "1")
    with worker_process(*queue, log=tmp_path / "worker.log") as worker:
        wait_until(lambda: one(DONE) >= 1, seconds=240)
        kill_group(worker)
    before = {row["number"]: row for row in rows(CHUNKS) if row["words"] is not None}
    assert before
    wait_until(lambda: in_transaction(reclaim) == 1)
    finished = run(job, transcribe_episode)
    assert (finished["state"], finished["worker_losses"]) == ("done", 1), finished
    after = {row["number"]: row for row in rows(CHUNKS)}
    assert len(after) == 3
    assert {number: after[number] for number in before} == before
    assert len(publisher.seen("/1.wav")) == 1
    interrupted = document(episode)

    whole = run(in_transaction(request_transcription, episode), transcribe_episode)
    assert whole["state"] == "done"
    assert document(episode) == interrupted


def test_three_kills_at_random_moments_cost_a_chunk_each(
    publisher: FaultServer,
    broker: "redis.Redis",
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    del broker
    monkeypatch.setenv("OVERHEARD_SPEECH_CHUNK_SECONDS", "10")
    get_settings.cache_clear()
    chance, episode = random.Random(5), episode_with(publisher)  # noqa: S311
    job = in_transaction(request_transcription, episode)
    queue = ("--queues", "transcribe", "--concurrency", "1")
    for number in range(3):
        publish_waiting_jobs(app)
        before, checkpoints = done_chunks(), one(CHECKPOINTS)
        with worker_process(*queue, log=tmp_path / f"{number}.log") as worker:
            wait_until(partial(has_more_checkpoints, checkpoints), seconds=240)
            time.sleep(chance.uniform(0, 2))
            kill_group(worker)
        # What was done is not done again: only the chunk at work is lost.
        assert done_chunks().items() >= before.items()
        wait_until(lambda: in_transaction(reclaim) == 1)
        execute("UPDATE job SET run_after = clock_timestamp()")
    finished = run(job, transcribe_episode)
    assert (finished["state"], finished["worker_losses"]) == ("done", 3), finished
    assert done_chunks().items() >= before.items()
    interrupted = document(episode)
    whole = run(in_transaction(request_transcription, episode), transcribe_episode)
    assert whole["state"] == "done"
    assert document(episode) == interrupted


def test_end_after_the_last_checkpoint_changes_nothing(publisher: FaultServer) -> None:
    episode = episode_with(publisher)
    job = in_transaction(request_transcription, episode)
    # The transaction behind the last checkpoint fails, as if the server went away under it.
    execute("ALTER TABLE transcription ADD CONSTRAINT unreached CHECK (turns IS NULL)")
    assert run(job, transcribe_episode)["state"] == "waiting"
    execute("ALTER TABLE transcription DROP CONSTRAINT unreached")
    execute("UPDATE job SET run_after = clock_timestamp()")
    assert run(job, transcribe_episode)["state"] == "done"
    interrupted = document(episode)
    assert interrupted["madeBy"]["diarizer"]
    assert run(in_transaction(request_transcription, episode), transcribe_episode)
    assert document(episode) == interrupted


def has_more_checkpoints(before: int) -> bool:
    return bool(one(CHECKPOINTS) > before)


def done_chunks() -> dict[int, Any]:
    """The words of the chunks that are transcribed, and when they were."""
    return {row["number"]: row for row in rows(CHUNKS) if row["words"] is not None}


def test_paused_queue_stops_between_chunks_and_resumes(publisher: FaultServer) -> None:
    job = in_transaction(request_transcription, episode_with(publisher))
    execute(
        "INSERT INTO queue_pause (name, state, since, requested_by) "
        "VALUES ('transcribe', 'paused', now(), 'test')"
    )
    # The broker's message came before the pause: it is claimed, and stops at the first chunk.
    paused = run(job, transcribe_episode)
    assert (paused["state"], paused["reason"], paused["attempts"]) == ("waiting", "queue_paused", 0)
    assert one("SELECT count(*) FROM transcription_chunk") == 3
    execute("DELETE FROM queue_pause")
    execute("UPDATE job SET run_after = now()")
    assert run(job, transcribe_episode)["state"] == "done"
