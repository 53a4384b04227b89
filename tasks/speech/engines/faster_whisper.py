"""faster-whisper: Whisper models for CTranslate2, on CPU or CUDA; the default engine."""

from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tasks.speech.values import (
    SAMPLE_RATE,
    EngineInfo,
    EngineMissing,
    HeardWord,
    Hints,
    Interval,
    Samples,
    Transcribed,
)

# Speech in a pause shorter than this belongs to one stretch that is decoded together.
_JOIN_MS, _PAD_MS = 2_000, 400
_LANGUAGE_SECONDS = 30


class FasterWhisper:
    """A Whisper model. The batched pipeline is not used: it lost 17 % of the words of a test."""

    def __init__(self, model: Path, *, device: str = "cpu", threads: int = 0) -> None:
        """Load the model from its folder.

        Raises:
            EngineMissing: faster-whisper is not installed.
        """
        try:
            from faster_whisper import WhisperModel  # noqa: PLC0415  extra `speech`
        except ImportError as error:
            raise EngineMissing(
                "speech_not_installed", "faster-whisper is missing: install overheard[speech]"
            ) from error
        compute_type = "int8" if device == "cpu" else "float16"
        self._model: Any = WhisperModel(
            str(model), device=device, compute_type=compute_type, cpu_threads=threads
        )
        self._info = EngineInfo("faster-whisper", version("faster-whisper"), model.name)

    @property
    def info(self) -> EngineInfo:
        """Engine, version and model."""
        return self._info

    def transcribe(
        self, samples: Samples, speech: Sequence[Interval], hints: Hints, *, again: bool = False
    ) -> Transcribed:
        """The words of a chunk.

        The temperature is the default list: with a single one, a window that fails is not decoded
        again. The text of one window is no context of the next, so that a loop ends with it. A
        second attempt decodes each stretch of speech by itself.
        """
        del speech  # it finds the same speech itself, with the padding that its windows need
        language = hints.language if self._model.model.is_multilingual else "en"
        segments, info = self._model.transcribe(
            samples,
            language=language,
            word_timestamps=True,
            condition_on_previous_text=False,
            vad_filter=True,
            vad_parameters=_vad_parameters(again=again),
            hotwords=", ".join(hints.hotwords) or None,
            hallucination_silence_threshold=2.0,
            no_repeat_ngram_size=5 if again else 0,
        )
        return Transcribed(tuple(_words(segments)), info.language)

    def language_of(self, samples: Samples) -> str | None:
        """The language of the first half minute of these samples."""
        language, _, _ = self._model.detect_language(samples[: _LANGUAGE_SECONDS * SAMPLE_RATE])
        return str(language)


def _vad_parameters(*, again: bool) -> dict[str, float]:
    joined: dict[str, float] = {"min_silence_duration_ms": _JOIN_MS, "speech_pad_ms": _PAD_MS}
    return joined | {"threshold": 0.3, "max_speech_duration_s": 25.0} if again else joined


def _words(segments: Iterable[Any]) -> Iterable[HeardWord]:
    for segment in segments:
        for word in segment.words or ():
            start, end = round(word.start * 1000), round(word.end * 1000)
            if word.word.strip():
                yield HeardWord(word.word, start, max(start, end), float(word.probability))
