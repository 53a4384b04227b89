"""How large a measurement is: as the docs show it, or the smallest that still runs.

`python -m benchmarks --smallest` shows that every measurement works, and measures nothing.
"""

import os
from typing import TypeVar

_SMALLEST = "OVERHEARD_BENCH_SMALLEST"

Size = TypeVar("Size", int, float, str)


def use_the_smallest() -> None:
    """Use the smallest sizes in this process and its children; call it before they are read."""
    os.environ[_SMALLEST] = "1"


def is_smallest() -> bool:
    """Whether nothing is to be measured, only run."""
    return bool(os.environ.get(_SMALLEST))


def size(documented: Size, smallest: Size) -> Size:
    """The size of one measurement."""
    return smallest if is_smallest() else documented


def size_from(variable: str, documented: int, smallest: int) -> int:
    """A size that an environment variable may set."""
    return int(os.environ.get(variable) or size(documented, smallest))


def sizes_from(variable: str, documented: str, smallest: str) -> list[int]:
    """Sizes that an environment variable may set, separated by commas."""
    listed = os.environ.get(variable) or size(documented, smallest)
    return [int(each) for each in listed.split(",")]
