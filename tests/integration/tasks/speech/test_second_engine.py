"""What the first engine leaves out is heard again, by the second engine or with other options."""

import json
from pathlib import Path
from typing import Any

import pytest

from models import get_settings
from models.database import in_transaction
from tasks.speech.engines.choose import forget_engines
from tasks.speech.episode import transcribe_episode
from tests.factories import execute, new_episode, one, rows
from tests.integration.tasks.ingest.test_episode import run
from tests.integration.tasks.speech.requests import request_transcription
from tests.integration.tasks.speech.weights import telephone_talk, whisper_model
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("speech")]

PATH = "/v1/audio/transcriptions"
# A server that recognizes one word of half a minute.
POOR = {"language": "en", "words": [{"word": "Hello.", "start": 0.5, "end": 0.9}]}


@pytest.fixture(autouse=True)
def poor_endpoint(publisher: FaultServer, monkeypatch: pytest.MonkeyPatch, speech: Path) -> None:
    """The first engine is a server that leaves nearly everything out."""
    del speech
    headers = {"Content-Type": "application/json"}
    url = publisher.serve(PATH, Answer(body=json.dumps(POOR).encode(), headers=headers))
    monkeypatch.setenv("OVERHEARD_SPEECH_ENGINE", "endpoint")
    monkeypatch.setenv("OVERHEARD_SPEECH_MODEL", "poor-1")
    monkeypatch.setenv("OVERHEARD_SPEECH_ENDPOINT_URL", url)
    get_settings.cache_clear()
    forget_engines()


def transcribed(publisher: FaultServer) -> dict[str, Any]:
    """The job of an episode with a talk of half a minute."""
    episode = new_episode()
    audio = publisher.serve("/1.wav", Answer(body=telephone_talk().read_bytes()))
    execute("UPDATE episode SET audio_url = :url WHERE id = :id", url=audio, id=episode)
    execute("UPDATE podcast SET language = 'en'")
    return run(in_transaction(request_transcription, episode), transcribe_episode)


def test_second_engine_hears_what_the_first_left_out(
    publisher: FaultServer, monkeypatch: pytest.MonkeyPatch, model_folder: Path
) -> None:
    monkeypatch.setenv("OVERHEARD_SPEECH_SECOND_ENGINE", "faster-whisper")
    model = whisper_model("tiny.en", model_folder)
    monkeypatch.setenv("OVERHEARD_SPEECH_SECOND_MODEL", str(model))
    get_settings.cache_clear()
    job = transcribed(publisher)
    assert (job["state"], job["outcome"]) == ("done", "ran"), job
    assert job["figures"]["speech_coverage"] >= 0.97
    (chunk,) = rows("SELECT engine, start_ms, end_ms FROM transcription_chunk")
    assert chunk["engine"]["name"] == "faster-whisper"
    # The server got the audio once, and its owner may bill that.
    assert len(publisher.seen(PATH)) == 1
    assert one("SELECT endpoint_ms FROM transcription") == chunk["end_ms"] - chunk["start_ms"]


def test_episode_whose_second_attempt_fails_too_is_degraded(publisher: FaultServer) -> None:
    job = transcribed(publisher)
    assert (job["state"], job["outcome"], job["reason"]) == ("done", "degraded", "low_coverage")
    assert job["figures"]["speech_coverage"] < 0.2
    assert len(publisher.seen(PATH)) == 2  # the same engine, with other options
    (chunk,) = rows("SELECT start_ms, end_ms FROM transcription_chunk")
    sent = 2 * (chunk["end_ms"] - chunk["start_ms"])
    assert one("SELECT endpoint_ms FROM transcription") == sent
