"""Precision from an audit, with its Wilson score interval."""

import pytest

from tasks.identity.audit import precision, wilson


@pytest.mark.parametrize(
    ("right", "judged", "low", "high"),
    [(0, 0, 0, 1), (10, 10, 0.7225, 1), (0, 10, 0, 0.2775), (81, 263, 0.2553, 0.3662)],
)
def test_wilson_interval_matches_published_example(
    right: int, judged: int, low: float, high: float
) -> None:
    """The last case is from Newcombe (1998), table I."""
    assert wilson(right, judged) == pytest.approx((low, high), abs=0.0001)


def test_precision_is_listed_by_method_and_in_total() -> None:
    counted = {"correct": 9, "judged": 10, "unsure": 2}
    full, everything = precision([{"method": "full_name"} | counted])
    assert full["precision"] == everything["precision"] == 0.9
    assert everything["method"] == "all"
    assert full["low"] < 0.9 < full["high"]
    assert precision([])[0]["precision"] is None
