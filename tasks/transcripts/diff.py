"""Difference between a transcript and the stored rows of its episode; pure."""

import struct
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import NamedTuple

from tasks.transcripts.values import Segment

# Segments in a batch of the first store: 10 to 40 are equally fast, more are slower.
_BATCH_SIZE = 30


class StoredSegment(NamedTuple):
    """A stored segment. A tuple, because every re-ingest reads all of them."""

    id: int
    label: str
    fingerprint: int
    ordinal: int
    position: int
    start_ms: int | None
    end_ms: int | None


# A segment to insert, its fingerprint, ordinal and position.
InsertedSegment = tuple[Segment, int, int, int]


class UpdatedSegment(NamedTuple):
    """A row that stays the same appearance, with another speaker, position or time.

    ``moved`` is true when the speaker is another one.
    """

    id: int
    segment: Segment
    position: int
    moved: bool


@dataclass(frozen=True, slots=True)
class SegmentDifference:
    """The rows to insert, update and delete; ``unchanged`` counts the others."""

    inserted: list[InsertedSegment] = field(default_factory=list)
    updated: list[UpdatedSegment] = field(default_factory=list)
    deleted: list[StoredSegment] = field(default_factory=list)
    unchanged: int = 0

    @property
    def any(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.inserted or self.updated or self.deleted)

    @property
    def moved(self) -> int:
        """How many rows move to another speaker and keep their id."""
        return sum(update.moved for update in self.updated)


def fingerprint(text: str) -> int:
    """Fingerprint of a normalised text without its label: BLAKE2b as a signed 64-bit integer.

    Two texts among the thousands of an episode collide once in 10^12 episodes. They would be
    matched as the same text, which does no harm.
    """
    (print_,) = fingerprints([text])
    return print_


def fingerprints(texts: Sequence[str]) -> list[int]:
    """Fingerprints of texts; together they take three quarters of the time of single calls."""
    digests = b"".join([blake2b(text.encode(), digest_size=8).digest() for text in texts])
    return list(struct.unpack(f"<{len(texts)}q", digests))


def first_segment_batches(segments: Sequence[Segment]) -> Iterator[list[InsertedSegment]]:
    """Yield all segments of an episode without rows as inserts, in batches.

    A twin of ``segment_difference`` for the first store of an episode: while the database works on
    a batch, the next one is hashed.
    """
    next_ordinal: dict[int, int] = defaultdict(int)
    for start in range(0, len(segments), _BATCH_SIZE):
        batch = segments[start : start + _BATCH_SIZE]
        prints = fingerprints([segment.text for segment in batch])
        ordinals = []
        for print_ in prints:
            ordinals.append(next_ordinal[print_])
            next_ordinal[print_] += 1
        yield list(zip(batch, prints, ordinals, range(start, start + len(batch)), strict=True))


def segment_difference(
    stored: Sequence[StoredSegment], segments: Sequence[Segment]
) -> SegmentDifference:
    """Difference between stored rows, in the order of their positions, and new segments.

    Segments match rows by label, text and order among equals; those that are left match by text
    and order. Times do not matter: an inserted advertisement shifts all that follow it.
    """
    prints = fingerprints([segment.text for segment in segments])
    if _is_same(stored, segments, prints):
        return SegmentDifference(unchanged=len(stored))
    matches = _match(stored, segments, prints)
    matched_ids = {row.id for row in matches.values()}
    updated = _updates(matches, segments)
    new = [position for position in range(len(segments)) if position not in matches]
    return SegmentDifference(
        inserted=_with_ordinals(segments, prints, new, matches.values()),
        updated=updated,
        deleted=[row for row in stored if row.id not in matched_ids],
        unchanged=len(matches) - len(updated),
    )


def _is_same(
    stored: Sequence[StoredSegment], segments: Sequence[Segment], prints: Sequence[int]
) -> bool:
    """Whether the rows already equal the segments; the usual case, so it takes one pass."""
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
    """The matching row of each segment that has one, by the position of the segment."""
    by_label: dict[tuple[str, int], list[StoredSegment]] = defaultdict(list)
    for row in reversed(stored):
        by_label[row.label, row.fingerprint].append(row)
    matches: dict[int, StoredSegment] = {}
    for position, segment in enumerate(segments):
        if rows := by_label.get((segment.label, prints[position])):
            matches[position] = rows.pop()
    by_text: dict[int, list[StoredSegment]] = defaultdict(list)
    unmatched = [row for rows in by_label.values() for row in rows]
    for row in sorted(unmatched, key=lambda row: row.position, reverse=True):
        by_text[row.fingerprint].append(row)
    for position in range(len(segments)):
        if position not in matches and (rows := by_text.get(prints[position])):
            matches[position] = rows.pop()
    return matches


def _updates(
    matches: dict[int, StoredSegment], segments: Sequence[Segment]
) -> list[UpdatedSegment]:
    """The matched rows whose speaker, position or time changed."""
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
    remaining: Iterable[StoredSegment],
) -> list[InsertedSegment]:
    """The segments to insert, each with the lowest free ordinal of its text."""
    taken = {(row.fingerprint, row.ordinal) for row in remaining}
    next_ordinal: dict[int, int] = {}
    inserted = []
    for position in positions:
        print_ = prints[position]
        ordinal = next_ordinal.get(print_, 0)
        while (print_, ordinal) in taken:
            ordinal += 1
        next_ordinal[print_] = ordinal + 1
        inserted.append((segments[position], print_, ordinal, position))
    return inserted
