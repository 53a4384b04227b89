"""Hostile documents take linear time and memory: of the known shapes, and of invented ones."""

import os

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tasks.budgets.parent import within_budget
from tests.hostile.growth import cost_within_budget, excess_each_time
from tests.hostile.reading import KINDS, Cost, cost_of_named
from tests.hostile.shapes import Shape, shapes

pytestmark = pytest.mark.slow

SMALL, LARGE, DOUBLINGS = 60_000, 240_000, 2
_NAMED = [(kind, name) for kind, (_, documents) in KINDS.items() for name in documents]


@pytest.mark.parametrize(("kind", "name"), _NAMED)
def test_hostile_document_takes_linear_time(kind: str, name: str) -> None:
    def measure(size: int) -> Cost:
        return within_budget(cost_of_named, kind, name, size)

    assert excess_each_time(measure, SMALL, LARGE, DOUBLINGS) == ""


# `make fuzz` tries more of them.
@pytest.mark.parametrize("kind", KINDS)
def test_invented_document_takes_linear_time(kind: str) -> None:
    @settings(
        max_examples=int(os.environ.get("FUZZ_EXAMPLES", "12")),
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.explicit, Phase.generate),  # no smaller example is needed
        derandomize="FUZZ_EXAMPLES" not in os.environ,
        database=None,
    )
    @given(shapes(kind))
    def grows_linearly(shape: Shape) -> None:
        def measure(size: int) -> Cost:
            return cost_within_budget(kind, shape.document(size))

        assert excess_each_time(measure, SMALL, LARGE, DOUBLINGS) == "", shape

    grows_linearly()
