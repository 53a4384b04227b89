"""The table of known hostile documents: ``python -m tests.hostile [MEGABYTES…]``.

Prints what each costs at 1, 2, 4 and 5 MB, or at these sizes; ends with 1 when one costs too much.
"""

import sys
from itertools import pairwise
from math import log2

from tasks.budgets.parent import within_budget
from tasks.budgets.values import OverBudget
from tests.hostile.growth import excess
from tests.hostile.reading import KINDS, Cost, cost_of_named

_MEGABYTES = (1.0, 2.0, 4.0, 5.0)


def main(megabytes: tuple[float, ...]) -> int:
    """Measure all documents; the exit code."""
    too_costly = 0
    for kind, (_, documents) in KINDS.items():
        for name in documents:
            costs = [_cost(kind, name, size) for size in megabytes]
            why = _excess(megabytes, costs)
            print(f"{kind:10} {name:32} {'  '.join(map(_cell, costs))}  {why}", flush=True)
            too_costly += bool(why)
    return min(too_costly, 1)


def _cost(kind: str, name: str, size: float) -> Cost | None:
    try:
        return within_budget(cost_of_named, kind, name, int(size * 1_000_000))
    except OverBudget:
        return None


def _cell(cost: Cost | None) -> str:
    return f"{cost.seconds:6.2f} s {cost.kilobytes // 1000:4} MB" if cost else "    over_budget"


def _excess(megabytes: tuple[float, ...], costs: list[Cost | None]) -> str:
    measured = [(size, cost) for size, cost in zip(megabytes, costs, strict=True) if cost]
    pairs = pairwise(measured)
    found = (excess(a[1], b[1], log2(b[0] / a[0])) for a, b in pairs)
    return next(filter(None, found), "")


if __name__ == "__main__":
    sys.exit(main(tuple(map(float, sys.argv[1:])) or _MEGABYTES))
