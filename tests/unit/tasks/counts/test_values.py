"""Contributions, and the exact difference between two sets of them."""

from collections import Counter
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from tasks.counts.values import Contribution, CountTotals, difference

# One contribution for each person and episode, like the SQL that reads them.
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
    unique_by=lambda contribution: (contribution.person_id, contribution.episode_id),
    max_size=10,
)
ANN = Contribution(1, 1, date(2026, 1, 1), 7, appearances=3, spoken_ms=500)


def sums(contributions: list[Contribution], sign: int = 1) -> Counter[tuple[object, ...]]:
    total: Counter[tuple[object, ...]] = Counter()
    for contribution in contributions:
        day = ("day", contribution.person_id, contribution.day)
        podcast = ("podcast", contribution.person_id, contribution.podcast_id)
        for cell in (day, podcast):
            total[*cell, "appearances"] += sign * contribution.appearances
            total[*cell, "episodes"] += sign
            total[*cell, "spoken_ms"] += sign * contribution.spoken_ms
    return total


@given(CONTRIBUTIONS, CONTRIBUTIONS)
def test_difference_added_to_old_sums_gives_new_sums(
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
def test_difference_of_equal_sets_is_empty(same: list[Contribution]) -> None:
    change = difference(same, reversed(same))
    assert change.person_ids == []
    assert (change.by_day, change.by_podcast) == ({}, {})


@given(CONTRIBUTIONS, CONTRIBUTIONS)
def test_difference_lists_persons_in_id_order(
    before: list[Contribution], after: list[Contribution]
) -> None:
    ids = difference(before, after).person_ids
    assert ids == sorted(set(ids))


def test_difference_of_a_redated_episode_changes_days_only() -> None:
    later = ANN._replace(day=date(2026, 1, 2))
    change = difference([ANN], [later])
    assert change.by_day == {
        (1, ANN.day): CountTotals(-3, -1, -500),
        (1, later.day): CountTotals(3, 1, 500),
    }
    assert change.by_podcast == {}


def test_difference_of_more_segments_adds_no_episode() -> None:
    change = difference([ANN], [ANN._replace(appearances=5)])
    assert change.by_podcast == {(1, 1): CountTotals(2, 0, 0)}
