"""onnx-asr: Parakeet, Canary, Whisper and others as ONNX models in a folder."""

from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tasks.speech.engines.windows import padded, spread_words, windows, words_of_tokens
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

# The type of a model, by what its folder is called; onnx-asr does not find it out.
_TYPES = {
    "parakeet-ctc": "nemo-conformer-ctc",
    "parakeet-rnnt": "nemo-conformer-rnnt",
    "parakeet": "nemo-conformer-tdt",
    "canary": "nemo-conformer-aed",
    "whisper": "whisper",
}
_TAKES_LANGUAGE = ("canary", "whisper")
# A second attempt cuts at other places.
_LONGEST_AGAIN_MS = 12_000


class OnnxAsr:
    """A model in a folder, whose name says which kind it is: ``parakeet-tdt-0.6b-v3``."""

    def __init__(self, model: Path, *, device: str = "cpu") -> None:
        """Load the model.

        Raises:
            EngineMissing: onnx-asr is not installed, or the kind of the model is unknown.
        """
        kind = next((one for one in _TYPES if one in model.name.lower()), None)
        if kind is None:
            names = ", ".join(_TYPES)
            raise EngineMissing("model_missing", f"{model.name}: its name has none of {names}")
        try:
            import onnx_asr  # noqa: PLC0415  extra `speech`
        except ImportError as error:
            raise EngineMissing(
                "speech_not_installed", "onnx-asr is missing: install overheard[speech]"
            ) from error
        provider = "CUDAExecutionProvider" if device == "cuda" else "CPUExecutionProvider"
        loaded = onnx_asr.load_model(_TYPES[kind], model, providers=[provider])
        self._model: Any = loaded.with_timestamps()
        self._takes_language = kind in _TAKES_LANGUAGE
        self._info = EngineInfo("onnx-asr", version("onnx-asr"), model.name)

    @property
    def info(self) -> EngineInfo:
        """Engine, version and model."""
        return self._info

    def transcribe(
        self, samples: Samples, speech: Sequence[Interval], hints: Hints, *, again: bool = False
    ) -> Transcribed:
        """The words of a chunk, window by window. It takes no hotwords."""
        longest = {"longest_ms": _LONGEST_AGAIN_MS} if again else {}
        words = [
            word
            for window in windows(speech, **longest)
            for word in self._words(samples, window, hints.language)
        ]
        return Transcribed(tuple(words), hints.language)

    def _words(
        self, samples: Samples, window: Interval, language: str | None
    ) -> Iterator[HeardWord]:
        wide = padded(window, len(samples) * 1000 // SAMPLE_RATE)
        begin, end = (ms * SAMPLE_RATE // 1000 for ms in wide)
        options = {"language": language} if self._takes_language and language else {}
        found = self._model.recognize(samples[begin:end], sample_rate=SAMPLE_RATE, **options)
        if found.timestamps and found.tokens:
            yield from words_of_tokens(found.tokens, found.timestamps, wide)
        else:
            yield from spread_words(found.text, window)

    def language_of(self, samples: Samples) -> str | None:
        """It does not tell."""
        del samples
        return None
