"""Difference between a transcript and its rows: exact, in order, with few new ids."""

from collections import Counter
from collections.abc import Sequence
from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from tasks.transcripts.diff import (
    SegmentDifference,
    StoredSegment,
    fingerprint,
    first_segment_batches,
    segment_difference,
)
from tasks.transcripts.values import Segment

TIMES = st.one_of(st.none(), st.integers(0, 9_000))
# Few labels and few texts, so that many are equal.
SEGMENT = st.builds(
    Segment,
    st.sampled_from(["", "Ann", "Bob"]),
    st.sampled_from(["a", "b", "c", "d"]),
    TIMES,
    TIMES,
)
SEGMENTS = st.lists(SEGMENT, max_size=14)

TEXTS = {fingerprint(text): text for text in "abcd"}


def applied(
    stored: Sequence[StoredSegment], change: SegmentDifference, first_id: int
) -> list[StoredSegment]:
    """The rows after the change, as the database would have them; by position."""
    rows = {row.id: row for row in stored}
    for row in change.deleted:
        del rows[row.id]
    for update in change.updated:
        segment = update.segment
        rows[update.id] = rows[update.id]._replace(
            label=segment.label,
            position=update.position,
            start_ms=segment.start_ms,
            end_ms=segment.end_ms,
        )
    for number, (segment, print_, ordinal, position) in enumerate(change.inserted, first_id):
        assert print_ == fingerprint(segment.text)
        rows[number] = StoredSegment(
            number, segment.label, print_, ordinal, position, segment.start_ms, segment.end_ms
        )
    return sorted(rows.values(), key=lambda row: row.position)


def stored_from(*versions: Sequence[Segment]) -> list[StoredSegment]:
    """The rows after storing these versions of a transcript one after the other."""
    rows: list[StoredSegment] = []
    for number, version in enumerate(versions):
        rows = applied(rows, segment_difference(rows, version), 1 + number * 1000)
    return rows


def segments_of(rows: Sequence[StoredSegment]) -> list[Segment]:
    return [Segment(row.label, TEXTS[row.fingerprint], row.start_ms, row.end_ms) for row in rows]


@given(st.lists(SEGMENTS, min_size=1, max_size=4))
def test_rows_after_any_versions_equal_the_last_version(
    versions: list[list[Segment]],
) -> None:
    rows = stored_from(*versions)
    assert segments_of(rows) == versions[-1]
    assert [row.position for row in rows] == list(range(len(rows)))


@given(st.lists(SEGMENTS, min_size=1, max_size=4))
def test_rows_of_one_text_never_share_an_ordinal(versions: list[list[Segment]]) -> None:
    rows = stored_from(*versions)
    assert max(Counter((row.fingerprint, row.ordinal) for row in rows).values(), default=1) == 1


@given(st.lists(SEGMENT, max_size=100))
def test_first_segment_batches_equal_the_general_difference(new: list[Segment]) -> None:
    assert list(chain(*first_segment_batches(new))) == segment_difference([], new).inserted


@given(SEGMENTS, SEGMENTS)
def test_same_transcript_twice_changes_nothing(first: list[Segment], second: list[Segment]) -> None:
    rows = stored_from(first, second)
    assert segment_difference(rows, second) == SegmentDifference(unchanged=len(rows))


@given(SEGMENTS, SEGMENTS)
def test_rows_with_a_common_text_survive(old: list[Segment], new: list[Segment]) -> None:
    before = stored_from(old)
    survivors = {row.id for row in before} & {row.id for row in stored_from(old, new)}
    common = Counter(s.text for s in old) & Counter(s.text for s in new)
    assert len(survivors) == common.total()


@given(SEGMENTS, SEGMENTS)
def test_row_moves_only_if_its_speaker_lost_the_text(
    old: list[Segment], new: list[Segment]
) -> None:
    change = segment_difference(stored_from(old), new)
    staying = Counter(s[:2] for s in old) & Counter(s[:2] for s in new)
    common = Counter(s.text for s in old) & Counter(s.text for s in new)
    assert change.moved == common.total() - staying.total()


@given(SEGMENTS, SEGMENTS)
def test_only_rows_that_differ_are_updated(old: list[Segment], new: list[Segment]) -> None:
    before = stored_from(old)
    change = segment_difference(before, new)
    rows = {row.id: row for row in before}
    for update in change.updated:
        row, segment = rows[update.id], update.segment
        assert (row.label, row.position, row.start_ms, row.end_ms) != (
            segment.label,
            update.position,
            segment.start_ms,
            segment.end_ms,
        )
    assert change.unchanged + len(change.updated) + len(change.deleted) == len(before)


def test_fingerprint_is_a_stable_signed_64_bit_integer() -> None:
    assert all(-(2**63) <= fingerprint(str(number)) < 2**63 for number in range(1000))
    # Stored rows are matched by it: another value here means that a migration is needed.
    assert fingerprint("") == -5426141060434712860  # BLAKE2b-64: e4a6a0577479b2b4
