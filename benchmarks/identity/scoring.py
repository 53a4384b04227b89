"""Precision and recall of names, with intervals; pure."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.identity.labels import Labelled
from tasks.speakers.names.names import comparable


@dataclass(frozen=True, slots=True)
class Answer:
    """What is stored of a speaker: whom it counts for, under every name they go by, and how."""

    person_id: int | None
    names: frozenset[str]
    method: str


NO_ANSWER = Answer(None, frozenset(), "absent")


@dataclass(frozen=True, slots=True)
class Score:
    """How many were named, how many of them rightly, and how many could have been named."""

    named: int
    right: int
    nameable: int

    @property
    def precision(self) -> str:
        """The share of named speakers that are named rightly, with its 95 % interval."""
        return _share(self.right, self.named)

    @property
    def recall(self) -> str:
        """The share of speakers who can be named that are named rightly, with its interval."""
        return _share(self.right, self.nameable)


def is_right(one: Labelled, answer: Answer) -> bool:
    """Whether the answer is the labelled person, by any of the forms that are right."""
    if one.person is None or answer.person_id is None:
        return False
    accepted = {comparable(form) for form in (one.person, *one.also)}
    return bool(accepted & answer.names)


def score(judged: Iterable[tuple[Labelled, Answer]]) -> Score:
    """Sum up."""
    rows = list(judged)
    return Score(
        named=sum(answer.person_id is not None for _, answer in rows),
        right=sum(is_right(one, answer) for one, answer in rows),
        nameable=sum(one.person is not None for one, _ in rows),
    )


def scores_by(
    rows: Sequence[tuple[Labelled, Answer]], key: Callable[[tuple[Labelled, Answer]], str]
) -> dict[str, Score]:
    """Sum up by method, kind or show."""
    groups: dict[str, list[tuple[Labelled, Answer]]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return {name: score(group) for name, group in sorted(groups.items())}


def merged(rows: Iterable[tuple[Labelled, Answer]]) -> dict[int, set[str]]:
    """Persons under whom two different people of the set speak: the error that must not be."""
    people: dict[int, set[str]] = defaultdict(set)
    for one, answer in rows:
        if answer.person_id is not None and one.person is not None:
            people[answer.person_id].add(one.person)
    return {person: names for person, names in people.items() if len(names) > 1}


def doubled(rows: Iterable[tuple[Labelled, Answer]]) -> Mapping[str, set[int]]:
    """People of the set who are rightly named, but as two persons."""
    persons: dict[str, set[int]] = defaultdict(set)
    for one, answer in rows:
        if one.person is not None and answer.person_id is not None and is_right(one, answer):
            persons[one.person].add(answer.person_id)
    return {name: ids for name, ids in persons.items() if len(ids) > 1}


def wilson(successes: int, trials: int, z: float = 1.96) -> tuple[float, float]:
    """The interval of a share by Wilson (1927), for ``z`` standard deviations."""
    if not trials:
        return 0.0, 1.0
    share, weight = successes / trials, z * z / trials
    middle = (share + weight / 2) / (1 + weight)
    half = z * math.sqrt(share * (1 - share) / trials + weight / trials / 4) / (1 + weight)
    return max(0.0, middle - half), min(1.0, middle + half)


def _share(successes: int, trials: int) -> str:
    if not trials:
        return "-"
    low, high = wilson(successes, trials)
    return f"{successes / trials:.3f} [{low:.3f}, {high:.3f}] ({successes}/{trials})"
