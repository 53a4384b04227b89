"""Four workers drain a queue of transcriptions while two of them are killed."""

import json
import os
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest
import redis

from models import get_settings
from models.database import Session, database_time, in_transaction
from tasks.jobs.publisher import publish_waiting_jobs
from tasks.jobs.store import reclaim_expired_jobs, retry_policy
from tasks.raw.store import load_raw
from tests.factories import add_episode, add_podcast, execute, one, rows
from tests.integration.tasks.speech.requests import request_transcription
from tests.integration.tasks.speech.weights import telephone_talk, whisper_model
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer
from tests.servers.worker import kill_group, wait_until, worker_process
from workers.celery_app import app

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("speech")]

# The whole of it: SPEECH_EPISODES=50.
EPISODES = int(os.environ.get("SPEECH_EPISODES", "3"))
WORKERS = 4
DONE = "SELECT count(*) FROM job WHERE kind = 'transcribe' AND state = 'done'"
BODIES = "SELECT body_hash FROM transcription ORDER BY episode_id"
TRANSCRIBED = "SELECT count(*) FROM transcription_chunk WHERE words IS NOT NULL"


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch, model_folder: Path, speech: Path) -> None:
    del speech
    for name, value in {
        "SPEECH_MODEL": str(whisper_model("tiny.en", model_folder)),
        "SPEECH_CHUNK_SECONDS": "10",
        "SPEECH_THREADS": "1",
        "JOB_LEASE_SECONDS": "10",
        "LOG_FORMAT": "json",
    }.items():
        monkeypatch.setenv(f"OVERHEARD_{name}", value)
    get_settings.cache_clear()


def reclaim(session: Session) -> int:
    return len(reclaim_expired_jobs(session, database_time(session), retry_policy(get_settings())))


def add_episodes(publisher: FaultServer) -> list[int]:
    audio = publisher.serve("/1.wav", Answer(body=telephone_talk().read_bytes()))
    podcast = in_transaction(add_podcast)
    execute("UPDATE podcast SET language = 'en'")
    episodes = [in_transaction(add_episode, podcast) for _ in range(EPISODES)]
    execute("UPDATE episode SET audio_url = :url", url=audio)
    return episodes


def logged(folder: Path, event: str) -> Counter[tuple[int, int]]:
    """How often workers logged an event, by episode and chunk."""
    lines = (
        json.loads(line)
        for file in folder.glob("worker-*.log")
        for line in file.read_text(errors="replace").splitlines()
        if line.startswith("{") and line.endswith("}")
    )
    found = [one for one in lines if one.get("event") == event]
    return Counter((one["episode_id"], one["chunk"]) for one in found)


def test_four_workers_drain_all_while_two_are_killed(
    publisher: FaultServer, broker: "redis.Redis", tmp_path: Path
) -> None:
    del broker
    episodes = add_episodes(publisher)
    for episode in episodes:
        in_transaction(request_transcription, episode)
    publish_waiting_jobs(app)

    def is_drained(wanted: int = EPISODES) -> bool:
        """Sweep as beat would, and say whether so many jobs are done."""
        in_transaction(reclaim)
        execute("UPDATE job SET run_after = clock_timestamp() WHERE state = 'waiting'")
        publish_waiting_jobs(app)
        return bool(one(DONE) >= wanted)

    with ExitStack() as stack:
        workers = [
            stack.enter_context(
                worker_process(
                    *("--queues", "transcribe", "--concurrency", "1", "--name", f"speech{number}"),
                    log=tmp_path / f"worker-{number}.log",
                )
            )
            for number in range(WORKERS)
        ]
        wait_until(lambda: one(TRANSCRIBED) >= 2, seconds=300)
        kill_group(workers[0])
        wait_until(lambda: is_drained(EPISODES // 3), seconds=60 + 30 * EPISODES)
        kill_group(workers[1])
        wait_until(is_drained, seconds=60 + 60 * EPISODES)

    assert rows("SELECT DISTINCT state, outcome FROM job WHERE kind = 'transcribe'") == [
        {"state": "done", "outcome": "ran"}
    ]
    chunks = Counter(
        row["episode_id"] for row in rows("SELECT episode_id FROM transcription_chunk")
    )
    assert set(chunks) == set(episodes)
    assert min(chunks.values()) >= 3
    for event in ("chunk_transcribed", "chunk_diarized"):
        assert set(logged(tmp_path, event).values()) == {1}, f"{event} twice"
    first, *others = (in_transaction(load_raw, bytes(row["body_hash"])) for row in rows(BODIES))
    assert len(others) == EPISODES - 1
    for other in others:
        assert other == first, "the same audio gave different transcripts"
