"""Values of speech to text: intervals, chunks, words, turns. Times are milliseconds."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

SAMPLE_RATE = 16_000

# Audio as engines take it: a numpy array of float32, mono, 16,000 samples a second, -1 to 1.
# numpy comes with the extra `speech` only.
Samples: TypeAlias = Any

UNKNOWN_SPEAKER = -1

# Also the full stops of Chinese and Japanese, and the danda of Hindi.
ENDS_A_SENTENCE = (".", "?", "!", "…", "\u3002", "\uff1f", "\uff01", "\u0964")


class Interval(NamedTuple):
    """A stretch of time."""

    start_ms: int
    end_ms: int

    @property
    def length(self) -> int:
        """Its length."""
        return self.end_ms - self.start_ms


class Chunk(NamedTuple):
    """A part of the audio that is transcribed at once, with the speech in it."""

    number: int
    start_ms: int
    end_ms: int
    speech: tuple[Interval, ...]

    @property
    def speech_ms(self) -> int:
        """How long it has speech."""
        return sum(one.length for one in self.speech)


class HeardWord(NamedTuple):
    """A recognised word; ``text`` begins with a space where the language has one before it."""

    text: str
    start_ms: int
    end_ms: int
    probability: float = 1.0

    @property
    def middle_ms(self) -> int:
        """The time that decides who says it."""
        return (self.start_ms + self.end_ms) // 2


class Turn(NamedTuple):
    """A stretch of time in which one speaker speaks; ``speaker`` is a number without meaning."""

    speaker: int
    start_ms: int
    end_ms: int

    @property
    def length(self) -> int:
        """Its length."""
        return self.end_ms - self.start_ms


class SpokenWord(NamedTuple):
    """A word and the number of its speaker, `UNKNOWN_SPEAKER` when unknown."""

    speaker: int
    word: HeardWord


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What did the work: engine, its version, its model."""

    name: str
    version: str
    model: str

    def as_json(self) -> dict[str, str]:
        """As it is stored."""
        return {"name": self.name, "version": self.version, "model": self.model}


@dataclass(frozen=True, slots=True)
class Hints:
    """What is known of an episode before its audio is heard.

    ``language`` is an ISO 639-1 code, None to detect it. ``hotwords`` are names that may be spoken.
    """

    language: str | None = None
    hotwords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Transcribed:
    """What an engine recognised in a chunk; times begin with the chunk."""

    words: tuple[HeardWord, ...]
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Recognized:
    """The words of a part in the times of the episode, and which engine recognized them, if any.

    ``left_out`` counts words that are not among them, by reason code; ``endpoint_ms`` is how much
    audio was sent to an endpoint, over all attempts.
    """

    words: tuple[HeardWord, ...]
    left_out: dict[str, int] = field(default_factory=dict)
    engine: EngineInfo | None = None
    endpoint_ms: int = 0


@dataclass(frozen=True, slots=True)
class Diarized:
    """The turns of a chunk, and an embedding for each speaker in them; times begin with it."""

    turns: tuple[Turn, ...]
    prints: dict[int, tuple[float, ...]] = field(default_factory=dict)


class EngineMissing(Exception):
    """An engine or a model that the settings name is not installed; the message says what to do.

    Attributes:
        reason: the reason code, ``speech_not_installed`` or ``model_missing``.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class AudioRefused(Exception):
    """The file is no audio that can be transcribed; ``reason`` is its reason code."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
