"""Limits on how much of a stranger's text is read: each has a reason code, and leaves a trace.

What multiplies is limited where it is read, because a document of ordinary size can have a thousand
times what any real one has. The rest is left out, the document is read, and the reason codes of the
limits that it reached go to the row of its job.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


class Limit(Enum):
    """A limit: its reason code, and how much is read at most."""

    LONG_DESCRIPTION = ("long_description", 20_000)  # characters in which names are searched
    DESCRIPTION_NAMES = ("many_names_in_description", 1_000)  # possible names that are examined
    SPOKEN_NAMES = ("many_spoken_names", 20_000)  # an episode of ten hours has fewer
    NAME_SIGNS = ("many_name_signs", 400)  # that a full name is a speaker's; compared by pairs
    INTRODUCTIONS = ("many_introductions", 500)  # each is compared with each candidate
    RECURRING_SPEAKERS = ("many_recurring_speakers", 1_000)  # names compared with labels
    KNOWN_NAMES = ("many_known_names", 200)  # names of the feed, compared with rare labels
    UNSURE_LABELS = ("many_unsure_labels", 200)  # labels whose introductions are searched
    FREQUENT_LABELS = ("many_frequent_labels", 50)  # labels that others are compared with

    def __init__(self, code: str, most: int) -> None:
        self.code, self.most = code, most


_reached: ContextVar[set[Limit] | None] = ContextVar("reached", default=None)


@contextmanager
def collected_limits() -> Iterator[set[Limit]]:
    """Collect the limits that are reached within the block."""
    reached: set[Limit] = set()
    token = _reached.set(reached)
    try:
        yield reached
    finally:
        _reached.reset(token)


def reach(limit: Limit) -> None:
    """Record that a limit was reached, and something left out."""
    reached = _reached.get()
    if reached is not None:
        reached.add(limit)


def text_within(text: str, limit: Limit) -> str:
    """The first characters of a text."""
    if len(text) > limit.most:
        reach(limit)
    return text[: limit.most]


def first_within(found: Sequence[T], limit: Limit) -> Sequence[T]:
    """The first of these."""
    if len(found) > limit.most:
        reach(limit)
    return found[: limit.most]


def read_within(found: Iterable[T], limit: Limit, *, already: int = 0) -> Iterator[T]:
    """Yield the first of these, if ``already`` so many were read before, and no more."""
    most = max(limit.most - already, 0)
    reading = iter(found)
    yield from islice(reading, most)
    if next(reading, None) is not None:
        reach(limit)


def codes_of(reached: Iterable[Limit]) -> tuple[str, ...]:
    """The reason codes, in order."""
    return tuple(sorted(limit.code for limit in reached))
