"""What a transcript says, as values: segments in order, each under the label as published."""

from dataclasses import dataclass
from typing import NamedTuple


class TranscriptRefused(Exception):
    """The bytes are not a transcript that we can read.

    Attributes:
        reason: one word for rows, logs and tests: ``empty``, ``binary``, ``not_a_transcript``, ...
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Segment(NamedTuple):
    """One segment spoken. A tuple and not a dataclass: millions are made, at a third of the cost.

    ``label`` is the speaker as published ('' when nobody is named); times are milliseconds from
    the start of the episode, None when not published.
    """

    label: str
    text: str
    start_ms: int | None = None
    end_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Transcript:
    """A transcript that was read: the format that the bytes turned out to be, and its segments."""

    format: str
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class SpeakerStats:
    """What a label's segments in one episode sum up to; speaking time in milliseconds.

    ``timed_characters`` are those of the segments that take time.
    """

    appearances: int
    spoken_ms: int
    timed_characters: int
