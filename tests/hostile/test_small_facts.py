"""Facts that are named in place cost next to nothing, whatever they say."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from tasks.speakers.budgeted_naming import is_small
from tasks.speakers.facts import EpisodeFacts, ShowFacts, StoredTag
from tasks.speakers.naming import read_naming

LABELS = 20
SECONDS = 1.0  # twenty times what the worst of them took, for a busy machine


def facts(labels: str = "J. Do{}e", **more: Any) -> EpisodeFacts:
    nothing = dict.fromkeys(("title", "description", "author", "podcast_author"), "")
    counts = tuple((labels.format(number), 3) for number in range(LABELS))
    about: dict[str, Any] = {"segment_counts": counts, "tags": (), "own_tags": True}
    return EpisodeFacts(**about | nothing | {"show": ShowFacts()} | more)


def _of_names(number: int) -> EpisodeFacts:
    return facts(description=" ".join(f"Guest: Jane Do{one}e." for one in range(number)))


def _of_tags(number: int) -> EpisodeFacts:
    return facts("Jan{}e", tags=tuple(StoredTag(f"Jane{one} Doe") for one in range(number)))


def _of_recurring(number: int) -> EpisodeFacts:
    names = tuple((f"Jane Doe{one}", 2, False) for one in range(number))
    return facts("Jane D{}", show=ShowFacts((), 9, names))


def _of_turns(number: int) -> EpisodeFacts:
    spoken = "Thanks, Jan. I am Jan Doe. "
    return facts("Jan{}", turns=tuple((f"Jan{one % LABELS}", spoken) for one in range(number)))


def _of_one_turn(number: int) -> EpisodeFacts:
    return facts(turns=(("J. Do1e", "Aa, " * number),))


def _of_title(number: int) -> EpisodeFacts:
    return facts(title="Aa " * number)


def largest(make: Callable[[int], EpisodeFacts]) -> EpisodeFacts:
    """The largest of these facts that are small."""
    number, step = 1, 4096
    while step := step // 2:
        number += step * is_small(make(number + step))
    assert not is_small(make(number + 1))
    return make(number)


@pytest.mark.parametrize(
    "make", [_of_names, _of_tags, _of_recurring, _of_turns, _of_one_turn, _of_title]
)
def test_largest_small_facts_are_named_at_once(make: Callable[[int], EpisodeFacts]) -> None:
    small = largest(make)
    began = time.process_time()
    read_naming(small)
    assert time.process_time() - began < SECONDS


def test_many_labels_are_not_small() -> None:
    more = tuple((f"J{number} D", 1) for number in range(LABELS + 1))
    assert is_small(facts())
    assert not is_small(facts(segment_counts=more))
