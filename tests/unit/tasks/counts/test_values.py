"""Contributions and the exact deltas between two sets of them."""

from collections import Counter
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from tasks.counts.values import Contribution, CountTotals, difference

# One contribution for each person and episode, as the statement that reads them groups.
CONTRIBUTIONS = st.lists(
    st.builds(
        Contribution,
        person_id=st.integers(1, 3),
        podcast_id=st.integers(1, 2),
        day=st.dates(date(2026, 1, 1), date(2026, 1, 3)),
        episode_id=st.integers(1, 4),
        appearances=st.integers(1, 5),
        spoken_ms=st.integers(0, 9),
    ),
    unique_by=lambda one: (one.person_id, one.episode_id),
    max_size=10,
)
ANN = Contribution(1, 1, date(2026, 1, 1), 7, appearances=3, spoken_ms=500)


def sums(contributions: list[Contribution], sign: int = 1) -> Counter[tuple[object, ...]]:
    total: Counter[tuple[object, ...]] = Counter()
    for one in contributions:
        for cell in (("day", one.person_id, one.day), ("podcast", one.person_id, one.podcast_id)):
            total[*cell, "appearances"] += sign * one.appearances
            total[*cell, "episodes"] += sign
            total[*cell, "spoken_ms"] += sign * one.spoken_ms
    return total


@given(CONTRIBUTIONS, CONTRIBUTIONS)
def test_the_sums_before_plus_the_difference_are_the_sums_after(
    before: list[Contribution], after: list[Contribution]
) -> None:
    total, change = sums(before), difference(before, after)
    for kind, cells in (("day", change.by_day), ("podcast", change.by_podcast)):
        for cell, figures in cells.items():
            for name, value in figures._asdict().items():
                total[kind, *cell, name] += value
    total.subtract(sums(after))
    assert not any(total.values())


@given(CONTRIBUTIONS)
def test_nothing_changed_is_no_difference_and_locks_nobody(same: list[Contribution]) -> None:
    change = difference(same, reversed(same))
    assert change.person_ids == []
    assert (change.by_day, change.by_podcast) == ({}, {})


@given(CONTRIBUTIONS, CONTRIBUTIONS)
def test_persons_are_locked_in_the_order_of_their_ids(
    before: list[Contribution], after: list[Contribution]
) -> None:
    ids = difference(before, after).person_ids
    assert ids == sorted(set(ids))


def test_a_redated_episode_moves_between_days_and_leaves_the_podcast_alone() -> None:
    later = ANN._replace(day=date(2026, 1, 2))
    change = difference([ANN], [later])
    assert change.by_day == {
        (1, ANN.day): CountTotals(-3, -1, -500),
        (1, later.day): CountTotals(3, 1, 500),
    }
    assert change.by_podcast == {}


def test_more_segments_in_the_same_episode_are_not_another_episode() -> None:
    change = difference([ANN], [ANN._replace(appearances=5)])
    assert change.by_podcast == {(1, 1): CountTotals(2, 0, 0)}
