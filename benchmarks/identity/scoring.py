"""Precision and recall of attributions, with Wilson intervals; pure."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.identity.labels import Labelled
from tasks.speakers.names.names import comparable


@dataclass(frozen=True, slots=True)
class StoredAttribution:
    """The stored attribution of a speaker: the person with all their names, and the method."""

    person_id: int | None
    names: frozenset[str]
    method: str


NOT_STORED = StoredAttribution(None, frozenset(), "absent")


@dataclass(frozen=True, slots=True)
class Score:
    """How many speakers are named, how many of them correctly, and how many could be named."""

    named: int
    right: int
    nameable: int

    @property
    def precision(self) -> str:
        """The share of named speakers that are named correctly, with its 95 % interval."""
        return _share(self.right, self.named)

    @property
    def recall(self) -> str:
        """The share of nameable speakers that are named correctly, with its 95 % interval."""
        return _share(self.right, self.nameable)


def is_right(one: Labelled, stored: StoredAttribution) -> bool:
    """Whether the stored person has an accepted name of the labelled person."""
    if one.person is None or stored.person_id is None:
        return False
    accepted = {comparable(form) for form in (one.person, *one.also)}
    return bool(accepted & stored.names)


def score(scored: Iterable[tuple[Labelled, StoredAttribution]]) -> Score:
    """Score of all rows together."""
    rows = list(scored)
    return Score(
        named=sum(stored.person_id is not None for _, stored in rows),
        right=sum(is_right(one, stored) for one, stored in rows),
        nameable=sum(one.person is not None for one, _ in rows),
    )


def scores_by(
    rows: Sequence[tuple[Labelled, StoredAttribution]],
    key: Callable[[tuple[Labelled, StoredAttribution]], str],
) -> dict[str, Score]:
    """Scores by a key, such as method, kind or show."""
    groups: dict[str, list[tuple[Labelled, StoredAttribution]]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return {name: score(group) for name, group in sorted(groups.items())}


def merged(rows: Iterable[tuple[Labelled, StoredAttribution]]) -> dict[int, set[str]]:
    """Stored persons who are several people of the set: the error that must not happen."""
    people: dict[int, set[str]] = defaultdict(set)
    for one, stored in rows:
        if stored.person_id is not None and one.person is not None:
            people[stored.person_id].add(one.person)
    return {person: names for person, names in people.items() if len(names) > 1}


def doubled(rows: Iterable[tuple[Labelled, StoredAttribution]]) -> Mapping[str, set[int]]:
    """People of the set who are stored correctly, but as several persons."""
    persons: dict[str, set[int]] = defaultdict(set)
    for one, stored in rows:
        if one.person is not None and stored.person_id is not None and is_right(one, stored):
            persons[one.person].add(stored.person_id)
    return {name: ids for name, ids in persons.items() if len(ids) > 1}


def wilson(successes: int, trials: int, z: float = 1.96) -> tuple[float, float]:
    """Confidence interval of a share (Wilson 1927), for ``z`` standard deviations."""
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
