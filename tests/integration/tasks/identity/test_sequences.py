"""Any sequence of decisions and re-ingests, undone in reverse, restores the first state."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.database import in_transaction
from tasks.identity import decisions
from tasks.speakers.decisions import DecisionRefused, RecordedDecision
from tests.conftest import empty_database
from tests.factories import NOW, add_episode, add_podcast, differences, rows, spoken, store

pytestmark = pytest.mark.usefixtures("database")

NAMES = ["Ann Smith", "Anne Smith", "Bob Jones", "Cat Moore"]
LABELS = [*NAMES, "Host", "cat moore"]
TALKS = [
    spoken("Ann Smith: a", "Bob Jones: b", "Host: c", "Host: d"),
    spoken("Anne Smith: a", "Ann Smith: b", "Host: c"),
    spoken("cat moore: a", "Bob Jones: b", "Bob Jones: c", "a question"),
]
UNCHANGING = (
    "SELECT * FROM speaker ORDER BY id",
    "SELECT * FROM person_day ORDER BY person_id, day",
    "SELECT * FROM person_podcast ORDER BY person_id, podcast_id",
    "SELECT * FROM person_name ORDER BY id",
    "SELECT * FROM appearance ORDER BY id",
    "SELECT * FROM suggestion ORDER BY id",
)


@dataclass
class World:
    """Three episodes of two podcasts, their people, and the decisions made so far."""

    podcasts: list[int]
    episodes: list[int]
    people: list[int] = field(default_factory=list)
    decided: list[RecordedDecision] = field(default_factory=list)

    @classmethod
    def new(cls) -> "World":
        podcasts = [in_transaction(add_podcast) for _ in range(2)]
        episodes = [in_transaction(add_episode, podcasts[number % 2]) for number in range(3)]
        world = cls(podcasts, episodes)
        for number in range(3):
            world.ingest(number)
        world.people = [row["id"] for row in rows("SELECT id FROM person ORDER BY slug")]
        return world

    def ingest(self, number: int) -> None:
        in_transaction(store, self.episodes[number], TALKS[number])

    def state(self) -> list[Any]:
        """Everything that decisions may change, except people created by a split."""
        split_off = "SELECT target_person_id FROM identity_event WHERE kind = 'split'"
        people = f"SELECT * FROM person WHERE id NOT IN ({split_off}) ORDER BY id"  # noqa: S608
        return [rows(people), *(rows(query) for query in UNCHANGING)]

    def decide(self, kind: str, **fields: Any) -> None:
        """Make a decision unless it contradicts earlier ones."""
        try:
            decision = in_transaction(decisions.decide, kind, "ann", "because", now=NOW, **fields)
        except DecisionRefused:
            return
        if decision.kind != "undo":
            self.decided.append(decision)


class Step(NamedTuple):
    """A decision of any kind in any scope, an undo of any earlier one, or a re-ingest."""

    kind: str
    person: int
    other: int
    label: str
    name: str
    episode: int
    scope: str

    def run(self, world: World) -> None:
        if self.kind == "ingest":
            world.ingest(self.episode)
        elif self.kind != "undo":
            world.decide(self.kind, **self.fields(world))
        elif world.decided:
            decision = world.decided[(4 * self.episode + self.person) % len(world.decided)]
            world.decide("undo", decision_id=decision.id)

    def fields(self, world: World) -> dict[str, Any]:
        podcast = {"podcast_id": world.podcasts[self.episode % 2]}
        episode = {"episode_id": world.episodes[self.episode]}
        scope = {"podcast": podcast, "episode": episode, "everywhere": {}}[self.scope]
        person, label = {"person_id": world.people[self.person]}, {"label": self.label}
        other, name = world.people[self.other], {"name": self.name}
        fields: dict[str, dict[str, Any]] = {
            "merge": person | {"target_person_id": other},
            "never_merge": person | {"target_person_id": other},
            "split": person | name | scope,
            "rename": person | name,
            "suppress": person,
            "alias": person | label | (podcast if scope else {}),
            "assign": person | label | episode,
            "not_a_person": label | scope,
            "release": (label if self.other % 2 else person) | scope,
            "quarantine": (label if self.other % 2 else person) | scope,
        }
        return fields[self.kind]


CHOICES: tuple[Sequence[Any], ...] = (
    [
        *("ingest", "undo", "merge", "merge", "never_merge", "split", "rename", "suppress"),
        *("alias", "assign", "not_a_person", "release", "quarantine"),
    ],
    range(4),
    range(4),
    LABELS,
    NAMES,
    range(3),
    ["podcast", "episode", "everywhere"],
)
STEP = st.builds(Step, *map(st.sampled_from, CHOICES))


def run_and_undo(steps: list[Step]) -> None:
    """Run all steps, check the counts, and undo everything in reverse."""
    empty_database()
    world = World.new()
    before = world.state()
    for number, step in enumerate(steps):
        step.run(world)
        if number % 50 == 0:
            assert differences() == 0
    for number in range(3):
        world.ingest(number)
    assert differences() == 0
    assert len(steps) < 500 or len(world.decided) > 50  # enough decisions were not refused
    for decision in reversed(world.decided):
        world.decide("undo", decision_id=decision.id)
    assert rows("SELECT id FROM identity_event WHERE kind <> 'undo' AND undone_by IS NULL") == []
    assert world.state() == before
    assert differences() == 0
    for number in range(3):
        world.ingest(number)
    assert world.state() == before


QUIET = settings(deadline=None, suppress_health_check=list(HealthCheck))


@settings(QUIET, max_examples=15)
@given(st.lists(STEP, max_size=30))
def test_decisions_undone_in_reverse_restore_first_state(steps: list[Step]) -> None:
    run_and_undo(steps)


@pytest.mark.slow
@settings(QUIET, max_examples=1)
@given(st.integers(0, 2**32))
def test_500_decisions_undone_in_reverse_restore_first_state(seed: int) -> None:
    """Drawn by ``random``, since hypothesis prefers short and simple sequences."""
    chance = random.Random(seed)  # noqa: S311  not a secret
    run_and_undo([Step(*map(chance.choice, CHOICES)) for _ in range(500)])
