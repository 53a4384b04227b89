"""What an engine of speech to text does. A new one is a file here and a line in `choose.py`."""

from collections.abc import Sequence
from typing import Protocol

from tasks.speech.values import Diarized, EngineInfo, Hints, Interval, Samples, Transcribed


class Transcriber(Protocol):
    """Recognises words."""

    @property
    def info(self) -> EngineInfo:
        """Engine, version and model, which are stored with what they made."""

    def transcribe(
        self, samples: Samples, speech: Sequence[Interval], hints: Hints, *, again: bool = False
    ) -> Transcribed:
        """The words of a chunk. ``speech`` is where voice activity is; times begin with the chunk.

        ``again``: a first attempt left speech out, so the second one uses other options.
        """

    def language_of(self, samples: Samples) -> str | None:
        """The language that is spoken (ISO 639-1); None if the engine cannot tell."""


class Diarizer(Protocol):
    """Tells speakers apart."""

    @property
    def info(self) -> EngineInfo:
        """Engine, version and models."""

    def diarize(self, samples: Samples) -> Diarized:
        """The turns of a chunk, and an embedding of each voice; times begin with the chunk."""
