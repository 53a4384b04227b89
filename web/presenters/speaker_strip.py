"""The strip above a transcript that shows who speaks when. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from models.queries.episode_pages import EpisodeSpeaker, SegmentRow, SegmentTime

SLOTS = 120
TimedSegment = SegmentRow | SegmentTime
# Speakers with a color of their own, by appearances; the others share one.
COLORS = 6
_LAST_MS = 10_000


@dataclass(frozen=True, slots=True)
class StripPart:
    """A span in which mostly one speaker speaks; ``x`` and ``width`` are in slots.

    ``segment_id`` is the first segment that begins in it.
    """

    x: int
    width: int
    style: str
    name: str
    start_ms: int
    segment_id: int


def speaker_strip(
    segments: Sequence[TimedSegment], speakers: Sequence[EpisodeSpeaker]
) -> list[StripPart]:
    """The parts of the strip, in order; none for a transcript without times.

    The time from the first to the last segment is divided into slots of equal length, and a slot
    belongs to the speaker with the most time in it. Silence is left out.
    """
    spans = [
        (one, one.start_ms, one.start_ms + _LAST_MS if one.end_ms is None else one.end_ms)
        for one in segments
        if one.start_ms is not None
    ]
    if len(spans) < 2:
        return []
    first = min(start for _, start, _ in spans)
    length = max(end for _, _, end in spans) - first
    if length <= 0:
        return []
    slots = _slots(spans, first, length / SLOTS)
    known = {speaker.id: (place, speaker) for place, speaker in enumerate(speakers)}
    parts, at = [], 0
    for speaker_id, run in groupby(slots, key=_speaker_of):
        found = list(run)
        if speaker_id is not None and found[0] is not None:
            place, speaker = known[speaker_id]
            parts.append(_part(at, len(found), place, speaker, found[0]))
        at += len(found)
    return parts


def _slots(
    spans: Sequence[tuple[TimedSegment, int, int]], first: int, slot_ms: float
) -> list[TimedSegment | None]:
    """For each slot the first segment in it of the speaker who has most of it."""
    time = [Counter[int]() for _ in range(SLOTS)]
    beginning: list[dict[int, TimedSegment]] = [{} for _ in range(SLOTS)]
    for segment, start, end in spans:
        place = min(SLOTS - 1, int((start - first) / slot_ms))
        last = min(SLOTS - 1, int((max(start, end - 1) - first) / slot_ms))
        for slot in range(place, last + 1):
            left, right = first + slot * slot_ms, first + (slot + 1) * slot_ms
            time[slot][segment.speaker_id] += max(1, round(min(end, right) - max(start, left)))
            beginning[slot].setdefault(segment.speaker_id, segment)
    return [
        beginning[slot][counted.most_common(1)[0][0]] if counted else None
        for slot, counted in enumerate(time)
    ]


def _speaker_of(slot: TimedSegment | None) -> int | None:
    return slot.speaker_id if slot else None


def _part(
    x: int, width: int, place: int, speaker: EpisodeSpeaker, segment: TimedSegment
) -> StripPart:
    style = f"series-{place + 1}" if place < COLORS and speaker.name else "series-rest"
    name = speaker.name or speaker.label
    return StripPart(x, width, style, name, segment.start_ms or 0, segment.id)
