"""Identity decisions apply at once, survive re-ingests, and can be undone completely."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from models.database import in_transaction
from models.queries.people import find_slug
from models.queries.person import surviving_slug
from tasks.counts.store.recount import recount
from tasks.identity import decisions
from tasks.identity.store.decision_log import record
from tasks.speakers.decisions import Decision, DecisionRefused, RecordedDecision
from tasks.speakers.store.attribution import check_attributions
from tasks.transcripts.values import Segment
from tests.factories import (
    NOW,
    add_episode,
    add_podcast,
    differences,
    execute,
    one,
    rows,
    spoken,
    store,
)

pytestmark = pytest.mark.usefixtures("database")

FIRST = spoken("Ann Smith: Hello.", "Anne Smith: Well.", "Anne Smith: Yes.", "Host: Welcome.")
SECOND = spoken("Ann Smith: Good evening.", "Bob Jones: Hi.", "Host: Welcome back.")


@dataclass
class World:
    """Two podcasts with one episode each, and how they are ingested again."""

    podcasts: list[int]
    episodes: list[int]

    def ingest(self) -> None:
        for episode, segments in zip(self.episodes, (FIRST, SECOND), strict=True):
            in_transaction(store, episode, segments)


@pytest.fixture
def world(database: str) -> World:
    del database
    podcasts = [in_transaction(add_podcast) for _ in range(2)]
    episodes = [in_transaction(add_episode, podcast) for podcast in podcasts]
    world = World(podcasts, episodes)
    world.ingest()
    return world


def person(slug: str) -> int:
    return int(one("SELECT id FROM person WHERE slug = :slug", slug=slug))


def decide(kind: str, **fields: Any) -> RecordedDecision:
    return in_transaction(decisions.decide, kind, "ann", "because", now=NOW, **fields)


def undo(decision: RecordedDecision) -> RecordedDecision:
    return decide("undo", decision_id=decision.id)


def state() -> list[Any]:
    """Everything that a decision may change, except the decision log."""
    queries = (
        "SELECT * FROM person ORDER BY id",
        "SELECT * FROM speaker ORDER BY id",
        "SELECT * FROM person_day ORDER BY person_id, day",
        "SELECT * FROM person_podcast ORDER BY person_id, podcast_id",
        "SELECT * FROM person_name ORDER BY id",
        "SELECT * FROM appearance ORDER BY id",
        "SELECT * FROM suggestion ORDER BY id",
    )
    return [rows(query) for query in queries]


def status(label: str, episode: int) -> tuple[Any, ...]:
    (row,) = rows(
        "SELECT p.slug, s.status, s.status_reason FROM speaker s "
        "LEFT JOIN person p ON p.id = s.person_id WHERE label = :label AND episode_id = :episode",
        label=label,
        episode=episode,
    )
    return tuple(row.values())


def counts() -> dict[str, int]:
    query = "SELECT slug, appearances FROM person WHERE appearances > 0 ORDER BY slug"
    return {row["slug"]: row["appearances"] for row in rows(query)}


def refused(kind: str, **fields: Any) -> str:
    before = state()
    with pytest.raises(DecisionRefused) as caught:
        decide(kind, **fields)
    assert state() == before
    return caught.value.reason


Decide = Callable[[World], RecordedDecision]
DECISIONS: dict[str, tuple[Decide, dict[str, int]]] = {
    "merge counts for the remaining person": (
        lambda _: decide(
            "merge", person_id=person("anne-smith"), target_person_id=person("ann-smith")
        ),
        {"ann-smith": 4, "bob-jones": 1},
    ),
    "split in a podcast counts for a new person": (
        lambda world: decide(
            "split",
            person_id=person("ann-smith"),
            name="Ann Smith",
            podcast_id=world.podcasts[1],
        ),
        {"ann-smith": 1, "ann-smith-2": 1, "anne-smith": 2, "bob-jones": 1},
    ),
    "rename shows the chosen name": (
        lambda _: decide("rename", person_id=person("ann-smith"), name="Annie"),
        {"ann-smith": 2, "anne-smith": 2, "bob-jones": 1},
    ),
    "alias applies in one podcast": (
        lambda world: decide(
            "alias",
            person_id=person("bob-jones"),
            label="HOST",
            podcast_id=world.podcasts[0],
        ),
        {"ann-smith": 2, "anne-smith": 2, "bob-jones": 2},
    ),
    "alias of a full name applies everywhere": (
        lambda _: decide("alias", person_id=person("bob-jones"), label="Ann Smith"),
        {"anne-smith": 2, "bob-jones": 3},
    ),
    "assigned speaker counts": (
        lambda world: decide(
            "assign",
            person_id=person("bob-jones"),
            episode_id=world.episodes[0],
            label="Host",
        ),
        {"ann-smith": 2, "anne-smith": 2, "bob-jones": 2},
    ),
    "label is not a person everywhere": (
        lambda _: decide("not_a_person", label="Ann Smith"),
        {"anne-smith": 2, "bob-jones": 1},
    ),
    "label is not a person in a podcast": (
        lambda world: decide("not_a_person", label="ann smith", podcast_id=world.podcasts[1]),
        {"ann-smith": 1, "anne-smith": 2, "bob-jones": 1},
    ),
    "label is not a person in an episode": (
        lambda world: decide("not_a_person", label="Ann Smith", episode_id=world.episodes[0]),
        {"ann-smith": 1, "anne-smith": 2, "bob-jones": 1},
    ),
    "suppressed person is not counted": (
        lambda _: decide("suppress", person_id=person("ann-smith")),
        {"anne-smith": 2, "bob-jones": 1},
    ),
    "quarantined person is not counted": (
        lambda world: decide(
            "quarantine", person_id=person("ann-smith"), podcast_id=world.podcasts[0]
        ),
        {"ann-smith": 1, "anne-smith": 2, "bob-jones": 1},
    ),
}


@pytest.mark.parametrize("name", DECISIONS)
def test_decision_applies_survives_reingest_and_can_be_undone(world: World, name: str) -> None:
    take, expected = DECISIONS[name]
    before = state()
    decision = take(world)
    assert counts() == expected
    after = state()
    assert after != before
    assert differences() == 0
    world.ingest()
    assert state() == after
    undo(decision)
    created = one("SELECT count(*) FROM person WHERE merged_into IS NOT NULL")  # by the split
    assert [row for row in state()[0] if row["merged_into"] is None] == before[0]
    assert created == (decision.kind == "split")
    assert state()[1:] == before[1:]
    assert differences() == 0


def test_chained_merges_count_for_last_person_until_undone(
    world: World,
) -> None:
    anne, ann, bob = person("anne-smith"), person("ann-smith"), person("bob-jones")
    first = decide("merge", person_id=anne, target_person_id=ann)
    decide("merge", person_id=ann, target_person_id=bob)
    assert counts() == {"bob-jones": 5}
    assert in_transaction(surviving_slug, "anne-smith") == "bob-jones"
    assert in_transaction(find_slug, "Anne Smith", "anne smith") == "bob-jones"
    undo(first)
    assert counts() == {"anne-smith": 2, "bob-jones": 3}
    assert in_transaction(surviving_slug, "anne-smith") == "anne-smith"
    world.ingest()
    assert counts() == {"anne-smith": 2, "bob-jones": 3}


def test_split_person_merged_back_restores_counts(world: World) -> None:
    ann = person("ann-smith")
    before = counts()
    decide("split", person_id=ann, name="Ann", podcast_id=world.podcasts[0])
    assert counts()["ann"] == 1
    decide("merge", person_id=person("ann"), target_person_id=ann)
    assert counts() == before
    assert in_transaction(surviving_slug, "ann") == "ann-smith"


def test_narrower_scope_wins_then_later_decision(world: World) -> None:
    bob, anne = person("bob-jones"), person("anne-smith")
    first, second = world.podcasts
    decide("not_a_person", label="Host")
    decide("alias", person_id=bob, label="Host", podcast_id=first)
    decide("not_a_person", label="Host", podcast_id=second)
    decide("alias", person_id=anne, label="Host", podcast_id=second)
    assert status("Host", world.episodes[0]) == ("bob-jones", "counted", "alias")
    assert status("Host", world.episodes[1]) == ("anne-smith", "counted", "alias")


def test_split_person_is_not_suppressed_with_original(world: World) -> None:
    ann = person("ann-smith")
    decide("split", person_id=ann, name="Ann", podcast_id=world.podcasts[0])
    decide("suppress", person_id=ann)
    assert counts() == {"ann": 1, "anne-smith": 2, "bob-jones": 1}
    assert in_transaction(find_slug, "ann-smith", "ann smith") is None


def test_undone_rename_shows_better_form_seen_meanwhile(
    world: World,
) -> None:
    renamed = decide("rename", person_id=person("bob-jones"), name="Robert")
    better = [*SECOND, Segment("Bób Jones", "Ciao.", 90_000, 91_000)]
    in_transaction(store, world.episodes[1], better)
    in_transaction(store, world.episodes[0], spoken("Bób Jones: Ciao."))
    assert one("SELECT name FROM person WHERE slug = 'bob-jones'") == "Robert"
    assert in_transaction(find_slug, "Robert", "robert") == "bob-jones"
    undo(renamed)
    assert one("SELECT name FROM person WHERE slug = 'bob-jones'") == "Bób Jones"


def test_contradicting_decision_is_refused_with_reason(world: World) -> None:
    ann, anne, bob = person("ann-smith"), person("anne-smith"), person("bob-jones")
    decide("never_merge", person_id=anne, target_person_id=bob)
    decide("merge", person_id=anne, target_person_id=ann)
    assert refused("merge", person_id=anne, target_person_id=ann) == "already_decided"
    assert refused("merge", person_id=ann, target_person_id=anne) == "same_person"
    assert refused("merge", person_id=anne, target_person_id=bob) == "already_merged"
    assert refused("merge", person_id=bob, target_person_id=ann) == "never_merge"
    assert refused("never_merge", person_id=ann, target_person_id=anne) == "same_person"
    assert refused("suppress", person_id=anne) == "already_merged"
    assert refused("split", person_id=ann, name="", podcast_id=world.podcasts[0]) == "no_name"
    assert refused("split", person_id=ann, name="Ann") == "no_scope"
    assert refused("alias", person_id=ann, label="Host") == "one_word_name"
    assert refused("alias", person_id=ann, label=" ", podcast_id=world.podcasts[0]) == "no_label"
    assert refused("rename", person_id=ann, name=" ") == "no_name"
    assert refused("undo", decision_id=0) == "no_such_decision"
    unknown = {"episode_id": world.episodes[0], "label": "Carl"}
    assert refused("assign", person_id=ann, **unknown) == "no_such_speaker"
    decide("suppress", person_id=bob)
    decide("split", person_id=ann, name="Ann", podcast_id=world.podcasts[1])
    assert refused("merge", person_id=bob, target_person_id=person("ann")) == "person_suppressed"


def test_undo_is_final_and_happens_once(world: World) -> None:
    ann, bob = person("ann-smith"), person("bob-jones")
    decision = decide("merge", person_id=ann, target_person_id=bob)
    undone = undo(decision)
    assert refused("undo", decision_id=decision.id) == "already_undone"
    assert refused("undo", decision_id=undone.id) == "no_such_decision"
    again = decide("merge", person_id=ann, target_person_id=bob)
    assert counts() == {"anne-smith": 2, "bob-jones": 3}
    assert again.id != decision.id
    assert one("SELECT undone_by FROM identity_event WHERE id = :id", id=decision.id) == undone.id
    del world


def test_split_undo_is_refused_while_its_person_is_used(world: World) -> None:
    ann, bob = person("ann-smith"), person("bob-jones")
    split = decide("split", person_id=ann, name="Ann", podcast_id=world.podcasts[0])
    merge = decide("merge", person_id=bob, target_person_id=person("ann"))
    assert refused("undo", decision_id=split.id) == "referenced_by_later_decision"
    undo(merge)
    undo(split)
    assert in_transaction(surviving_slug, "ann") == "ann-smith"


def test_decision_with_known_uuid_is_not_recorded_twice(world: World) -> None:
    del world
    decision = Decision(0, "suppress", person_id=person("ann-smith"))
    uuid = uuid4()
    decisions = [
        in_transaction(record, decision, uuid, "ann", "because", NOW, new_person="")
        for _ in range(2)
    ]
    assert decisions[0].id == decisions[1].id
    assert one("SELECT count(*) FROM identity_event") == 1


@pytest.fixture
def assigned(world: World) -> World:
    """The host of the first episode is assigned to Bob Jones and has three segments."""
    segments = [*FIRST, *spoken("Host: Any questions?", "Host: Good bye.")]
    in_transaction(store, world.episodes[0], segments)
    decide(
        "assign",
        person_id=person("bob-jones"),
        episode_id=world.episodes[0],
        label="Host",
    )
    return world


def ingest_first(world: World, *turns: str) -> None:
    in_transaction(store, world.episodes[0], spoken(*turns))


def test_assignment_follows_its_text_to_another_label(assigned: World) -> None:
    ingest_first(assigned, "Speaker 1: Welcome.", "Speaker 1: Good bye.", "Host: Any questions?")
    assert status("Speaker 1", assigned.episodes[0]) == ("bob-jones", "assigned", "assign")
    assert status("Host", assigned.episodes[0]) == (None, "unknown", "")
    assert one("SELECT count(*) FROM suggestion") == 0
    assert differences() == 0


def test_lost_assignment_suggests_review_until_text_returns(
    assigned: World,
) -> None:
    ingest_first(assigned, "Host: All new.", "Host: Nothing is left.", "Ann Smith: Welcome.")
    assert status("Host", assigned.episodes[0]) == (None, "unknown", "")
    assert one("SELECT kind FROM suggestion") == "reassign"
    ingest_first(assigned, "Host: Welcome.", "Host: Any questions?", "Host: Good bye.")
    assert status("Host", assigned.episodes[0]) == ("bob-jones", "assigned", "assign")
    assert one("SELECT count(*) FROM suggestion") == 0


def test_text_of_two_speakers_is_assigned_to_neither(assigned: World) -> None:
    texts = ["Welcome.", "Any questions?", "Good bye."]
    ingest_first(assigned, *(f"A: {text}" for text in texts), *(f"B: {text}" for text in texts))
    assert one("SELECT count(*) FROM speaker WHERE status = 'assigned'") == 0
    assert one("SELECT kind FROM suggestion") == "reassign"


def test_recount_repairs_speaker_that_contradicts_decision(
    world: World,
) -> None:
    del world
    decide("merge", person_id=person("anne-smith"), target_person_id=person("ann-smith"))
    right = state()
    execute("UPDATE speaker SET person_id = matched_person_id")
    assert differences() > 0
    in_transaction(recount, check_attributions, fix=True)
    assert state() == right
    assert differences() == 0
