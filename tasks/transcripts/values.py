"""Values of transcripts: segments with their labels, parsed transcripts, stats of speakers."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import starmap
from operator import attrgetter
from typing import Any, NamedTuple


class TranscriptRefused(Exception):
    """The bytes are not a transcript, or not in a supported format.

    Attributes:
        reason: the reason code for rows and logs: ``empty``, ``binary``, ``not_a_transcript``, …
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason

    def __reduce__(self) -> tuple[type["TranscriptRefused"], tuple[str, str]]:
        """It is pickled when a child process has read the transcript."""
        return TranscriptRefused, (self.reason, str(self))


class Segment(NamedTuple):
    """A segment: the smallest unit that a transcript publishes, with the label of its speaker.

    ``label`` is the speaker's name as published, '' for none. Times are milliseconds from the
    start of the episode, None when not published. A tuple costs a third of a dataclass, and there
    are millions.
    """

    label: str
    text: str
    start_ms: int | None = None
    end_ms: int | None = None


@dataclass(frozen=True, slots=True)
class LabelCandidate:
    """A text that may be a label, how often it occurs, and why it is one or is none.

    ``reason`` is a reason code: ``tagged`` where the format names the speaker, otherwise as
    ``labels/decision.py`` lists them.
    """

    label: str
    count: int
    accepted: bool
    reason: str


# Reason codes of candidates that names from elsewhere could make labels.
UNSURE = frozenset({"rare_label", "heading", "outside_talk"})


class LabelledSegments(list[Segment]):
    """Segments whose labels were found in their text, with all candidates that were judged."""

    def __init__(
        self, segments: Iterable[Segment] = (), candidates: Iterable[LabelCandidate] = ()
    ) -> None:
        super().__init__(segments)
        self.candidates = tuple(candidates)


_CANDIDATE = attrgetter("label", "count", "accepted", "reason")


@dataclass(frozen=True, slots=True)
class ParsedTranscript:
    """A parsed transcript: the format that was detected, the segments in order, the candidates."""

    format: str
    segments: tuple[Segment, ...]
    candidates: tuple[LabelCandidate, ...] = ()

    def __reduce__(self) -> tuple[Any, ...]:
        """It is pickled by columns: in a tenth of the time that its segments take one by one."""
        columns = tuple(zip(*self.segments, strict=True))
        candidates = tuple(map(_CANDIDATE, self.candidates))
        return _from_columns, (self.format, columns, candidates)

    @property
    def unsure_labels(self) -> frozenset[str]:
        """Candidates that are refused in a labelled document, though their letters are a name's."""
        if not any(one.accepted for one in self.candidates):
            return frozenset()
        return frozenset(one.label for one in self.candidates if one.reason in UNSURE)


def _from_columns(
    format: str,  # noqa: A002  a field's name
    columns: Iterable[Iterable[Any]],
    candidates: Iterable[tuple[str, int, bool, str]],
) -> ParsedTranscript:
    segments = tuple(map(Segment._make, zip(*columns, strict=True)))
    return ParsedTranscript(format, segments, tuple(starmap(LabelCandidate, candidates)))


def tagged_candidates(segments: Iterable[Segment]) -> tuple[LabelCandidate, ...]:
    """The candidates of a format that names its speakers: every label, accepted."""
    counts = Counter(segment.label for segment in segments if segment.label)
    return tuple(
        LabelCandidate(label, count, accepted=True, reason="tagged")
        for label, count in counts.items()
    )


@dataclass(frozen=True, slots=True)
class SpeakerStats:
    """Stats of a label's segments in one episode; speaking time in milliseconds.

    ``timed_characters`` counts the characters of the segments with a duration.
    """

    appearances: int
    spoken_ms: int
    timed_characters: int
