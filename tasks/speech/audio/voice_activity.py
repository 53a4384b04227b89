"""Find where people speak: Silero's voice activity detection, which faster-whisper contains."""

from collections.abc import Iterable
from typing import Any

from tasks.speech.audio.decode import DecodedAudio, read_samples
from tasks.speech.chunks import joined
from tasks.speech.values import SAMPLE_RATE, EngineMissing, Interval, Samples

# It goes through the audio in windows of this length, so that memory does not grow with it.
_WINDOW_MS = 300_000
_OPTIONS = {
    "threshold": 0.5,
    "min_speech_duration_ms": 100,
    "min_silence_duration_ms": 300,
    "speech_pad_ms": 30,
}
_JOIN_MS = 300


def speech_in(audio: DecodedAudio) -> list[Interval]:
    """The intervals of speech in the whole audio, in order."""
    return joined(_found(audio), _JOIN_MS)


def _found(audio: DecodedAudio) -> Iterable[Interval]:
    for start in range(0, audio.duration_ms, _WINDOW_MS):
        samples = read_samples(audio, start, min(start + _WINDOW_MS, audio.duration_ms))
        for begin, end in speech_of(samples):
            yield Interval(start + begin, start + end)


def speech_of(samples: Samples) -> list[Interval]:
    """The intervals of speech in some samples.

    Raises:
        EngineMissing: faster-whisper is not installed.
    """
    try:
        from faster_whisper import vad  # noqa: PLC0415  extra `speech`
    except ImportError as error:
        raise EngineMissing(
            "speech_not_installed", "faster-whisper is missing: install overheard[speech]"
        ) from error
    found: list[dict[str, Any]] = vad.get_speech_timestamps(samples, vad.VadOptions(**_OPTIONS))
    return [Interval(_ms(one["start"]), _ms(one["end"])) for one in found]


def _ms(samples: int) -> int:
    return samples * 1000 // SAMPLE_RATE
