"""The default engines with real weights: words of real speech, and none of what is no speech."""

import io
import math
import random
import re
import wave
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models import get_settings
from models.database import in_transaction
from tasks.speech.episode import transcribe_episode
from tests.factories import execute, new_episode, one, rows
from tests.integration.tasks.ingest.test_episode import run
from tests.integration.tasks.speech.requests import request_transcription
from tests.integration.tasks.speech.weights import shared_speech
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("speech")]

RATE = 16_000
MINUTES = 10
JFK = (
    "and so my fellow americans ask not what your country can do for you "
    "ask what you can do for your country"
)


def transcribe(publisher: FaultServer, audio: bytes) -> dict[str, Any]:
    url = publisher.serve("/1.wav", Answer(body=audio))
    episode = new_episode()
    execute("UPDATE episode SET audio_url = :url WHERE id = :id", url=url, id=episode)
    return run(in_transaction(request_transcription, episode), transcribe_episode)


def words() -> str:
    """The words that were recognized, in lower case without punctuation."""
    chunks = rows("SELECT words FROM transcription_chunk ORDER BY number")
    text = "".join(word[0] for chunk in chunks for word in chunk["words"] or ())
    return " ".join(re.findall(r"[a-z']+", text.lower()))


def wav(sample: Callable[[int], float]) -> bytes:
    """Ten minutes of a sound, which repeats after ten seconds."""
    part = array("h", (round(32_000 * sample(n)) for n in range(10 * RATE)))
    file = io.BytesIO()
    with wave.open(file, "wb") as audio:
        audio.setnchannels(1)
        audio.setsampwidth(2)
        audio.setframerate(RATE)
        audio.writeframes(part.tobytes() * (MINUTES * 6))
    return file.getvalue()


def silence(_: int) -> float:
    return 0.0


def noise(_: int) -> float:
    return random.uniform(-0.2, 0.2)  # noqa: S311


def music(n: int) -> float:
    """Chords that change each second, with overtones and a beat."""
    chord = ((262, 330, 392), (220, 262, 330), (175, 220, 262), (196, 247, 294))[n // RATE % 4]
    beat = math.exp(-6 * (n % (RATE // 2)) / RATE)
    tones = sum(
        math.sin(2 * math.pi * tone * overtone * n / RATE) / overtone
        for tone in chord
        for overtone in (1, 2, 3)
    )
    return 0.12 * tones * (0.4 + 0.6 * beat)


@pytest.mark.parametrize("sound", [silence, noise, music])
def test_ten_minutes_without_speech_give_no_word(
    publisher: FaultServer, sound: Callable[[int], float]
) -> None:
    job = transcribe(publisher, wav(sound))
    assert (job["state"], job["figures"]["words"]) == ("done", 0), job
    assert job["figures"]["audio_ms"] == MINUTES * 60_000
    assert one("SELECT count(*) FROM transcript") == 0


def test_speech_of_a_president_has_no_wrong_word(publisher: FaultServer) -> None:
    job = transcribe(publisher, shared_speech("jfk.wav").read_bytes())
    assert job["outcome"] == "ran"
    assert words() == JFK
    assert job["figures"]["speakers"] == 1
    assert job["figures"]["speech_coverage"] >= 0.97


def test_language_that_no_feed_declares_is_heard(publisher: FaultServer) -> None:
    transcribe(publisher, shared_speech("jfk.wav").read_bytes())
    assert one("SELECT language FROM transcription") == "en"


def test_missing_model_says_what_to_do(
    publisher: FaultServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OVERHEARD_SPEECH_MODEL", "large-v3")
    monkeypatch.setenv("OVERHEARD_SPEECH_MODELS", str(tmp_path))
    get_settings.cache_clear()
    job = transcribe(publisher, shared_speech("jfk.wav").read_bytes())
    assert (job["state"], job["reason"]) == ("waiting", "model_missing")
    assert "large-v3" in job["message"]
