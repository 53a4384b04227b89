"""Growth of the cost of reading, and what is too much: 2.5 times for twice the size."""

from collections.abc import Callable

from tasks.budgets.parent import within_budget
from tests.hostile.reading import Cost, cost_of

MOST_PER_DOUBLING = 2.5
# What a busy machine, caches that fill, and an allocator add to any cost. The peak of memory is
# that of the child until now, so that the smaller document may seem to take none.
NOISE = Cost(seconds=0.4, kilobytes=120_000)

# A shared machine is slower for seconds at a time; a document that grows too much always does.
_ATTEMPTS = 3

Measure = Callable[[int], Cost]


def excess(small: Cost, large: Cost, doublings: float) -> str:
    """Why a larger document cost too much more; "" when it did not."""
    factor = MOST_PER_DOUBLING**doublings
    if large.seconds > factor * small.seconds + NOISE.seconds:
        return f"{small.seconds:.2f} s became {large.seconds:.2f} s"
    if large.kilobytes > factor * small.kilobytes + NOISE.kilobytes:
        return f"{small.kilobytes} kB became {large.kilobytes} kB"
    return ""


def excess_each_time(measure: Measure, small: int, large: int, doublings: float) -> str:
    """Why documents of two sizes cost too much more in each of three attempts; "" otherwise."""
    found = ""
    for _ in range(_ATTEMPTS):
        found = excess(measure(small), measure(large), doublings)
        if not found:
            break
    return found


def cost_within_budget(kind: str, text: str) -> Cost:
    """The cost of reading a document, in a child process with the budget of one."""
    return within_budget(cost_of, kind, text.encode("utf-8", "replace"))
