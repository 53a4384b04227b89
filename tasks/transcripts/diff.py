"""What a transcript changes in the rows of its episode: exactly the difference, and no more."""

import struct
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import NamedTuple

from tasks.transcripts.values import Segment

# So many segments are made into rows before these are sent: 10 to 40 are alike, more are slower.
_BATCH = 30


class StoredSegment(NamedTuple):
    """A segment as its row has it. A tuple, because each is read anew at every re-ingest."""

    id: int
    label: str
    fingerprint: int
    ordinal: int
    position: int
    start_ms: int | None
    end_ms: int | None


# A segment that needs a row, its fingerprint, ordinal and position.
InsertedSegment = tuple[Segment, int, int, int]


class UpdatedSegment(NamedTuple):
    """A row that stays the same appearance, with another speaker, place or time."""

    id: int
    segment: Segment
    position: int
    moved: bool


@dataclass(frozen=True, slots=True)
class SegmentDifference:
    """What is to be written; ``unchanged`` counts the rows that are left alone."""

    inserted: list[InsertedSegment] = field(default_factory=list)
    updated: list[UpdatedSegment] = field(default_factory=list)
    deleted: list[StoredSegment] = field(default_factory=list)
    unchanged: int = 0

    @property
    def any(self) -> bool:
        """Whether anything is to be written."""
        return bool(self.inserted or self.updated or self.deleted)

    @property
    def moved(self) -> int:
        """Rows that go to another speaker with their id."""
        return sum(update.moved for update in self.updated)


def fingerprint(text: str) -> int:
    """The signed 64-bit BLAKE2b of a normalised text, without its label.

    Among the thousands of segments of one episode two texts share one by chance once in 10^12
    episodes; they would be matched as one text, and nothing would break.
    """
    (print_,) = fingerprints([text])
    return print_


def fingerprints(texts: Sequence[str]) -> list[int]:
    """The fingerprint of each text; for many together it takes three quarters of the time."""
    digests = b"".join([blake2b(text.encode(), digest_size=8).digest() for text in texts])
    return list(struct.unpack(f"<{len(texts)}q", digests))


def first_segments(segments: Sequence[Segment]) -> Iterator[list[InsertedSegment]]:
    """The segments of an episode that has no rows, some at a time: the rest is hashed meanwhile."""
    following: dict[int, int] = defaultdict(int)
    for start in range(0, len(segments), _BATCH):
        batch = segments[start : start + _BATCH]
        prints = fingerprints([segment.text for segment in batch])
        ordinals = []
        for print_ in prints:
            ordinals.append(following[print_])
            following[print_] += 1
        yield list(zip(batch, prints, ordinals, range(start, start + len(batch)), strict=True))


def segment_difference(
    stored: Sequence[StoredSegment], segments: Sequence[Segment]
) -> SegmentDifference:
    """Match segments to rows by (label, text, ordinal among equals), the rest by (text, ordinal).

    Never by time: an inserted advertisement moves all that follows. ``stored`` is in the order of
    position.
    """
    prints = fingerprints([segment.text for segment in segments])
    if _is_same(stored, segments, prints):
        return SegmentDifference(unchanged=len(stored))
    matches = _match(stored, segments, prints)
    kept = {row.id for row in matches.values()}
    updated = _updates(matches, segments)
    new = [position for position in range(len(segments)) if position not in matches]
    return SegmentDifference(
        inserted=_with_ordinals(segments, prints, new, matches.values()),
        updated=updated,
        deleted=[row for row in stored if row.id not in kept],
        unchanged=len(matches) - len(updated),
    )


def _is_same(
    stored: Sequence[StoredSegment], segments: Sequence[Segment], prints: Sequence[int]
) -> bool:
    """Whether the rows say the same already; the usual case, so it is decided in one pass."""
    return len(stored) == len(segments) and all(
        row[1] == segment[0]
        and row[2] == print_
        and row[4] == position
        and row[5] == segment[2]
        and row[6] == segment[3]
        for position, (row, segment, print_) in enumerate(
            zip(stored, segments, prints, strict=True)
        )
    )


def _match(
    stored: Sequence[StoredSegment], segments: Sequence[Segment], prints: Sequence[int]
) -> dict[int, StoredSegment]:
    """The row of each segment that has one, by the segment's position."""
    by_label: dict[tuple[str, int], list[StoredSegment]] = defaultdict(list)
    for row in reversed(stored):
        by_label[row.label, row.fingerprint].append(row)
    matches: dict[int, StoredSegment] = {}
    for position, segment in enumerate(segments):
        if rows := by_label.get((segment.label, prints[position])):
            matches[position] = rows.pop()
    by_text: dict[int, list[StoredSegment]] = defaultdict(list)
    left = [row for rows in by_label.values() for row in rows]
    for row in sorted(left, key=lambda row: row.position, reverse=True):
        by_text[row.fingerprint].append(row)
    for position in range(len(segments)):
        if position not in matches and (rows := by_text.get(prints[position])):
            matches[position] = rows.pop()
    return matches


def _updates(
    matches: dict[int, StoredSegment], segments: Sequence[Segment]
) -> list[UpdatedSegment]:
    """The matched rows whose speaker, position or time is another now."""
    updates = []
    for position, row in matches.items():
        segment = segments[position]
        moved = row.label != segment.label
        if moved or (row.position, row.start_ms, row.end_ms) != (
            position,
            segment.start_ms,
            segment.end_ms,
        ):
            updates.append(UpdatedSegment(row.id, segment, position, moved))
    return updates


def _with_ordinals(
    segments: Sequence[Segment],
    prints: Sequence[int],
    positions: Iterable[int],
    kept: Iterable[StoredSegment],
) -> list[InsertedSegment]:
    """The segments to insert, each with the least ordinal that its text has free."""
    taken = {(row.fingerprint, row.ordinal) for row in kept}
    following: dict[int, int] = {}
    inserted = []
    for position in positions:
        print_ = prints[position]
        ordinal = following.get(print_, 0)
        while (print_, ordinal) in taken:
            ordinal += 1
        following[print_] = ordinal + 1
        inserted.append((segments[position], print_, ordinal, position))
    return inserted
