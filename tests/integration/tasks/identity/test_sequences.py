"""Any sequence of decisions, with re-ingests between them, undone in reverse, leaves no trace."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.database import in_transaction
from tasks.identity import decisions as identify
from tasks.speakers.decision_values import DecisionRefused, RecordedDecision
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
    """Three episodes of two podcasts, the people in them, and the decisions that were taken."""

    podcasts: list[int]
    episodes: list[int]
    people: list[int] = field(default_factory=list)
    taken: list[RecordedDecision] = field(default_factory=list)

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
        """All that decisions may change; who came of an undone split is nobody of their own."""
        split_off = "SELECT target_person_id FROM identity_event WHERE kind = 'split'"
        people = f"SELECT * FROM person WHERE id NOT IN ({split_off}) ORDER BY id"  # noqa: S608
        return [rows(people), *(rows(query) for query in UNCHANGING)]

    def decide(self, what: Callable[..., RecordedDecision], **more: Any) -> None:
        """Take a decision, or leave it when it contradicts the others."""
        try:
            event = in_transaction(what, "ann", "because", now=NOW, **more)
        except DecisionRefused:
            return
        if event.kind != "undo":
            self.taken.append(event)


class Step(NamedTuple):
    """A decision of any kind in any scope, an undo of any earlier one, or a re-ingest."""

    kind: str
    who: int
    whom: int
    label: str
    name: str
    place: int
    scope: str

    def take(self, world: World) -> None:
        if self.kind == "ingest":
            world.ingest(self.place)
        elif self.kind != "undo":
            world.decide(getattr(identify, self.kind), **self.said(world))
        elif world.taken:
            event = world.taken[(4 * self.place + self.who) % len(world.taken)]
            world.decide(identify.undo, event_id=event.id)

    def said(self, world: World) -> dict[str, Any]:
        podcast = {"podcast_id": world.podcasts[self.place % 2]}
        episode = {"episode_id": world.episodes[self.place]}
        scope = {"podcast": podcast, "episode": episode, "everywhere": {}}[self.scope]
        person, label = {"person_id": world.people[self.who]}, {"label": self.label}
        other, name = world.people[self.whom], {"name": self.name}
        said: dict[str, dict[str, Any]] = {
            "merge": person | {"into_id": other},
            "never_merge": person | {"target_person_id": other},
            "split": person | name | scope,
            "rename": person | name,
            "suppress": person,
            "alias": person | label | (podcast if scope else {}),
            "assign": person | label | episode,
            "not_a_person": label | scope,
            "release": (label if self.whom % 2 else person) | scope,
            "quarantine": (label if self.whom % 2 else person) | scope,
        }
        return said[self.kind]


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


def go_and_return(steps: list[Step]) -> None:
    """Take all steps, see that all figures hold, and take everything back."""
    empty_database()
    world = World.new()
    before = world.state()
    for number, each in enumerate(steps):
        each.take(world)
        if number % 50 == 0:
            assert differences() == 0
    for number in range(3):
        world.ingest(number)
    assert differences() == 0
    assert len(steps) < 500 or len(world.taken) > 50  # refusals do not make it easy
    for event in reversed(world.taken):
        world.decide(identify.undo, event_id=event.id)
    assert rows("SELECT id FROM identity_event WHERE kind <> 'undo' AND undone_by IS NULL") == []
    assert world.state() == before
    assert differences() == 0
    for number in range(3):
        world.ingest(number)
    assert world.state() == before


QUIET = settings(deadline=None, suppress_health_check=list(HealthCheck))


@settings(QUIET, max_examples=15)
@given(st.lists(STEP, max_size=30))
def test_any_decisions_undone_in_reverse_give_back_the_first_state(steps: list[Step]) -> None:
    go_and_return(steps)


@pytest.mark.slow
@settings(QUIET, max_examples=1)
@given(st.integers(0, 2**32))
def test_five_hundred_decisions_undone_in_reverse_give_back_the_first_state(seed: int) -> None:
    """Drawn by a generator of our own: hypothesis prefers what is short and simple."""
    chance = random.Random(seed)  # noqa: S311  no secret
    go_and_return([Step(*map(chance.choice, CHOICES)) for _ in range(500)])
