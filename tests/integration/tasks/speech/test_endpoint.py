"""An OpenAI-compatible server as the engine, over real HTTP."""

import json
import wave
from io import BytesIO

import pytest
from pydantic import SecretStr

from tasks.jobs.values import JobFailed
from tasks.speech.engines.endpoint import Endpoint, multipart, wav_of
from tasks.speech.values import HeardWord, Hints, Interval
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer

numpy = pytest.importorskip("numpy", reason="speech to text is not installed: make test-speech")

PATH = "/v1/audio/transcriptions"
SPEECH = [Interval(0, 1_000)]
WORDS = {
    "language": "en",
    "text": "Hello there.",
    "words": [
        {"word": "Hello", "start": 0.1, "end": 0.4},
        {"word": "there.", "start": 0.5, "end": 0.9},
    ],
}


def answer(document: object) -> Answer:
    return Answer(body=json.dumps(document).encode(), headers={"Content-Type": "application/json"})


def engine(publisher: FaultServer, *answers: Answer) -> Endpoint:
    return Endpoint(publisher.serve(PATH, *answers), "whisper-1", SecretStr("sk-secret"))


def transcribe(one: Endpoint) -> tuple[HeardWord, ...]:
    samples = numpy.zeros(16_000, dtype="float32")
    return one.transcribe(samples, SPEECH, Hints("en", ("Ann Smith",))).words


def test_words_come_with_their_times(publisher: FaultServer) -> None:
    words = transcribe(engine(publisher, answer(WORDS)))
    assert words == (HeardWord(" Hello", 100, 400), HeardWord(" there.", 500, 900))
    (seen,) = publisher.seen(PATH)
    assert (seen.method, seen.headers["authorization"]) == ("POST", "Bearer sk-secret")
    assert seen.headers["content-type"].startswith("multipart/form-data; boundary=")


def test_form_has_the_audio_and_the_model() -> None:
    body, _ = multipart({"model": "whisper-1"}, wav_of(numpy.ones(8_000, dtype="float32")))
    head, audio = body.split(b"Content-Type: audio/wav\r\n\r\n")
    assert b'name="model"\r\n\r\nwhisper-1\r\n' in head
    with wave.open(BytesIO(audio)) as file:
        assert (file.getframerate(), file.getnframes()) == (16_000, 8_000)


def test_segments_without_words_are_spread(publisher: FaultServer) -> None:
    segments = {"segments": [{"start": 0, "end": 1, "text": " Hello there.", "avg_logprob": -0.1}]}
    words = transcribe(engine(publisher, answer(segments)))
    assert [word.text for word in words] == [" Hello", " there."]
    assert 0.9 < words[0].probability < 0.91


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (Answer(401), "http_401"),
        (Answer(503), "http_503"),
        (Answer(body=b"<html>"), "bad_endpoint"),
        (answer(["no"]), "bad_endpoint"),
        (answer({"error": "no"}), "bad_endpoint"),
    ],
)
def test_server_that_fails_has_its_reason_and_no_key(
    publisher: FaultServer, response: Answer, reason: str
) -> None:
    with pytest.raises(JobFailed) as failed:
        transcribe(engine(publisher, response))
    assert failed.value.reason == reason
    assert "sk-secret" not in str(failed.value)
