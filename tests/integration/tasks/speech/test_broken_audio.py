"""Audio that cannot be transcribed: each ends in its own reason and row, and blocks nothing."""

import importlib.util
import io
import random
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from models import get_settings
from models.database import in_transaction
from tasks.speech.episode import transcribe_episode
from tests.factories import execute, new_episode, one, rows
from tests.integration.tasks.ingest.test_episode import run
from tests.integration.tasks.speech.requests import request_transcription
from tests.servers.answers import Answer, redirect
from tests.servers.fault_server import FaultServer, Seen

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("av") is None or importlib.util.find_spec("faster_whisper") is None,
    reason="speech to text is not installed here: make test-speech installs it apart",
)


@pytest.fixture(autouse=True)
def folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, publisher: FaultServer
) -> Iterator[Path]:
    """The folder of audio files, and limits that small files exceed."""
    del publisher
    monkeypatch.setenv("OVERHEARD_SPEECH_AUDIO", str(tmp_path))
    monkeypatch.setenv("OVERHEARD_SPEECH_AUDIO_MAX_BYTES", "1000000")
    monkeypatch.setenv("OVERHEARD_SPEECH_AUDIO_MAX_HOURS", "0.005")
    get_settings.cache_clear()
    yield tmp_path
    get_settings.cache_clear()


def silence(seconds: float) -> bytes:
    """A WAV file without a sound."""
    file = io.BytesIO()
    with wave.open(file, "wb") as audio:
        audio.setnchannels(1)
        audio.setsampwidth(2)
        audio.setframerate(16_000)
        audio.writeframes(bytes(round(seconds * 32_000)))
    return file.getvalue()


QUIET = Answer(body=silence(3))
MP4 = b"\x00\x00\x00\x20ftypM4A " + bytes(64) + b"stsd drms" + bytes(2_000)


def transcribe(url: str) -> dict[str, Any]:
    """Transcribe an episode with this audio; returns the row of its job."""
    episode = new_episode()
    execute("UPDATE episode SET audio_url = :url WHERE id = :id", url=url, id=episode)
    return run(in_transaction(request_transcription, episode), transcribe_episode)


def again(job: dict[str, Any]) -> dict[str, Any]:
    """The next attempt of a job that waits for it."""
    execute("UPDATE job SET run_after = now() WHERE id = :id", id=job["id"])
    return run(job["id"], transcribe_episode)


@pytest.mark.parametrize(
    ("reason", "answer", "state"),
    [
        (
            "audio_is_html",
            Answer(body=b"<!DOCTYPE html><html><body>Sign in</body></html>"),
            "waiting",
        ),
        ("empty_audio", Answer(body=b""), "waiting"),
        ("empty_audio", Answer(body=silence(0)), "waiting"),
        ("not_audio", Answer(body=b"%PDF-1.7 and so on"), "dead"),
        ("not_audio", Answer(body=b"\x93 neither music nor speech " * 99), "dead"),
        ("audio_protected", Answer(body=MP4), "dead"),
        ("audio_too_long", Answer(body=silence(20)), "dead"),
        ("too_large", Answer(body=silence(40)), "dead"),
        ("endless_stream", Answer(body=silence(40), no_length=True), "waiting"),
        ("truncated", Answer(body=silence(2), drop_after=9_000), "waiting"),
        ("http_403", Answer(403), "waiting"),
        ("http_404", Answer(404), "waiting"),
    ],
)
def test_broken_audio_ends_in_its_own_reason(
    publisher: FaultServer, folder: Path, reason: str, answer: Answer, state: str
) -> None:
    job = transcribe(publisher.serve("/1.mp3", answer))
    assert (job["reason"], job["state"]) == (reason, state), job["message"]
    assert job["message"]
    assert not list(folder.glob("*.audio"))
    after = transcribe(publisher.serve("/2.mp3", QUIET))
    assert (after["state"], after["reason"]) == ("done", "no_speech")


def test_redirect_to_a_private_address_is_refused_for_good(publisher: FaultServer) -> None:
    job = transcribe(publisher.serve("/1.mp3", redirect("http://10.0.0.1/secret.mp3")))
    assert (job["reason"], job["state"]) == ("address_refused", "dead")


@pytest.mark.parametrize("status", [403, 404])
def test_audio_that_comes_back_is_transcribed(publisher: FaultServer, status: int) -> None:
    job = transcribe(publisher.serve("/1.mp3", Answer(status), QUIET))
    assert job["reason"] == f"http_{status}"
    assert again(job)["state"] == "done"


def test_audio_that_is_cut_off_is_resumed_where_it_stopped(publisher: FaultServer) -> None:
    body = silence(3)

    def script(seen: Seen) -> Answer:
        begin = seen.headers.get("range", "bytes=0-").removeprefix("bytes=").removesuffix("-")
        if begin == "0":
            return Answer(body=body, drop_after=50_000, headers={"ETag": '"1"'})
        span = f"bytes {begin}-{len(body) - 1}/{len(body)}"
        return Answer(206, body[int(begin) :], headers={"ETag": '"1"', "Content-Range": span})

    job = transcribe(publisher.serve_by("/1.mp3", script))
    assert (job["state"], job["figures"]["bytes"]) == ("done", len(body))
    first, second = publisher.seen("/1.mp3")
    assert "range" not in first.headers
    assert second.headers["if-range"] == '"1"'
    assert 0 < int(second.headers["range"].removeprefix("bytes=").removesuffix("-")) <= 50_000


def noise(seconds: int) -> bytes:
    """A FLAC file of noise, which says at its beginning how long it is."""
    av, file = pytest.importorskip("av"), io.BytesIO()
    with av.open(file, "w", format="flac") as container:
        stream = container.add_stream("flac", rate=16_000, layout="mono")
        frame = av.AudioFrame("s16", "mono", 16_000 * seconds)
        frame.sample_rate = 16_000
        frame.planes[0].update(random.Random(1).randbytes(frame.planes[0].buffer_size))  # noqa: S311
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    return file.getvalue()


@pytest.mark.parametrize("share", [0.002, 0.5])
def test_file_that_ends_before_its_end_is_truncated(publisher: FaultServer, share: float) -> None:
    whole = noise(9)
    cut = whole[: round(share * len(whole))]
    job = transcribe(publisher.serve("/1.flac", Answer(body=cut)))
    assert (job["reason"], job["state"]) == ("audio_truncated", "waiting"), job["message"]


def test_silence_makes_no_transcript_and_no_person(publisher: FaultServer) -> None:
    job = transcribe(publisher.serve("/1.mp3", QUIET))
    assert (job["outcome"], job["figures"]["words"]) == ("skipped", 0)
    assert one("SELECT count(*) FROM transcript") == 0
    assert rows("SELECT id FROM job WHERE kind = 'parse'") == []
