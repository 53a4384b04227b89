"""A part of a transcript: how many segments fit, their turns, and where a speaker is next. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from models.queries.episode_pages import EpisodeSpeaker, SegmentRow

# What a part may take of a page of 100 kB, and what of that its markup takes, in bytes.
PART_BYTES = 58_000
_SEGMENT_BYTES, _TURN_BYTES = 330, 420
# So many segments fit at most, if all are empty.
LONGEST_PART = PART_BYTES // _SEGMENT_BYTES
# A segment of any length is linked with so many before it: that many are in every part.
BESIDE = 8


@dataclass(frozen=True, slots=True)
class ShownTurn:
    """Consecutive segments of one speaker; ``next_id`` is the first segment of their next turn."""

    speaker: EpisodeSpeaker
    segments: list[SegmentRow]
    next_id: int | None


def fitting(segments: Sequence[SegmentRow]) -> int:
    """How many of the first segments fit in a part; a few of any length do."""
    size, speaker_id = 0, 0
    for number, one in enumerate(segments):
        size += _SEGMENT_BYTES + len(one.text.encode("utf-8", "replace"))
        size += _TURN_BYTES if one.speaker_id != speaker_id else 0
        speaker_id = one.speaker_id
        if size > PART_BYTES and number > BESIDE:
            return number
    return len(segments)


def shown_turns(
    segments: Sequence[SegmentRow],
    speakers: Sequence[EpisodeSpeaker],
    beyond: Mapping[int, int],
) -> list[ShownTurn]:
    """The turns of a part; ``beyond`` has the first segment of each speaker after it."""
    known = {speaker.id: speaker for speaker in speakers}
    runs = [list(run) for _, run in groupby(segments, key=lambda one: one.speaker_id)]
    return list(_turns_backwards(runs, known, dict(beyond)))[::-1]


def _turns_backwards(
    runs: Sequence[list[SegmentRow]], known: Mapping[int, EpisodeSpeaker], later: dict[int, int]
) -> Iterator[ShownTurn]:
    for run in reversed(runs):
        speaker_id = run[0].speaker_id
        yield ShownTurn(known[speaker_id], run, later.get(speaker_id))
        later[speaker_id] = run[0].id
