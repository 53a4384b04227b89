"""Hostile documents take linear time: four times the size, at most 2.5 squared the cost."""

import pytest

from tasks.budgets.parent import within_budget
from tasks.budgets.values import OverBudget
from tests.hostile.reading import KINDS, seconds_for_named

pytestmark = pytest.mark.slow

SMALL, LARGE = 60_000, 240_000
_MOST_PER_DOUBLING = 2.5
_NOISE_SECONDS = 0.4  # of caches that fill, and of a busy machine

_NAMED = [(kind, name) for kind, (_, documents) in KINDS.items() for name in documents]


@pytest.mark.parametrize(("kind", "name"), _NAMED)
def test_hostile_document_takes_linear_time(kind: str, name: str) -> None:
    small = within_budget(seconds_for_named, kind, name, SMALL)
    try:
        large = within_budget(seconds_for_named, kind, name, LARGE)
    except OverBudget:
        pytest.fail("the larger one is over the budget")
    assert large <= _MOST_PER_DOUBLING**2 * small + _NOISE_SECONDS
