"""Any server with OpenAI's ``/v1/audio/transcriptions``: a machine with a GPU, or a service."""

import io
import json
import math
import wave
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import uuid4

from pydantic import SecretStr

from tasks.http.fetch import fetch
from tasks.http.redaction import public_url
from tasks.http.settings import fetch_loop
from tasks.http.values import FetchFailed, FetchLimits, FetchRequest, status_failure
from tasks.jobs.values import JobFailed
from tasks.speech.engines.windows import spread_words
from tasks.speech.values import (
    SAMPLE_RATE,
    EngineInfo,
    HeardWord,
    Hints,
    Interval,
    Samples,
    Transcribed,
)

_LIMITS = FetchLimits(
    deadline_seconds=1_800, max_wire_bytes=32_000_000, max_body_bytes=32_000_000, max_redirects=0
)


ENDPOINT = "endpoint"


class Endpoint:
    """A model of a server. Its key goes into no message and no log."""

    def __init__(self, url: str, model: str, key: SecretStr | None) -> None:
        """``url`` is complete: ``https://api.example/v1/audio/transcriptions``."""
        self._url = url
        self._key = key
        self._info = EngineInfo(ENDPOINT, "", model)

    @property
    def info(self) -> EngineInfo:
        """The engine and the model; the version is the server's secret."""
        return self._info

    def transcribe(
        self, samples: Samples, speech: Sequence[Interval], hints: Hints, *, again: bool = False
    ) -> Transcribed:
        """The words of a chunk.

        Raises:
            JobFailed: the server cannot be reached, refuses, or answers in another form.
        """
        del again
        fields = {
            "model": self._info.model,
            "response_format": "verbose_json",
            "timestamp_granularities[]": "word",
            "language": hints.language or "",
            "prompt": ", ".join(hints.hotwords),
        }
        answer = self._post({k: v for k, v in fields.items() if v}, wav_of(samples))
        language = str(answer.get("language") or "") or hints.language
        return Transcribed(tuple(_words(answer, speech)), language)

    def language_of(self, samples: Samples) -> str | None:
        """The server finds it out by itself."""
        del samples
        return None

    def _post(self, fields: Mapping[str, str], audio: bytes) -> dict[str, Any]:
        body, content_type = multipart(fields, audio)
        headers = [("Content-Type", content_type)]
        if self._key is not None:
            headers.append(("Authorization", f"Bearer {self._key.get_secret_value()}"))
        request = FetchRequest(self._url, form=body, headers=tuple(headers))
        where = public_url(self._url)
        try:
            fetched = fetch_loop().run(lambda client: fetch(client, request, _LIMITS))
        except FetchFailed as failure:
            raise JobFailed(failure.reason, f"{where}: {failure}") from failure
        if refused := status_failure(fetched):
            raise JobFailed(refused.reason, f"{where}: {refused}") from refused
        try:
            answer = json.loads(fetched.body or b"")
        except ValueError as error:
            raise JobFailed("bad_endpoint", f"{where} does not answer with JSON") from error
        if not isinstance(answer, dict) or not {"words", "segments", "text"} & answer.keys():
            raise JobFailed("bad_endpoint", f"{where} answers without words")
        return answer


def wav_of(samples: Samples) -> bytes:
    """Samples as a WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as audio:
        audio.setnchannels(1)
        audio.setsampwidth(2)
        audio.setframerate(SAMPLE_RATE)
        audio.writeframes((samples * 32_767).astype("int16").tobytes())
    return file.getvalue()


def multipart(fields: Mapping[str, str], audio: bytes) -> tuple[bytes, str]:
    """The body of a form with a file (RFC 7578), and its type."""
    boundary = uuid4().hex
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="chunk.wav"\r\n'
        "Content-Type: audio/wav\r\n\r\n"
    )
    body = b"".join([*parts, head.encode(), audio, f"\r\n--{boundary}--\r\n".encode()])
    return body, f"multipart/form-data; boundary={boundary}"


def _words(answer: Mapping[str, Any], speech: Sequence[Interval]) -> Iterator[HeardWord]:
    """The words with their times; without any, those of segments, or of all speech."""
    if words := answer.get("words"):
        for word in words:
            start = _ms(word["start"])
            end = max(start, _ms(word["end"]))
            yield HeardWord(f" {str(word['word']).strip()}", start, end)
    elif segments := answer.get("segments"):
        for one in segments:
            window = Interval(_ms(one["start"]), _ms(one["end"]))
            probability = math.exp(min(0.0, float(one.get("avg_logprob", 0.0))))
            for spread in spread_words(str(one["text"]), window):
                yield spread._replace(probability=probability)
    elif speech:
        yield from spread_words(
            str(answer.get("text", "")), Interval(speech[0].start_ms, speech[-1].end_ms)
        )


def _ms(seconds: float) -> int:
    return round(float(seconds) * 1000)
