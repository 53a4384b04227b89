"""Concurrent decisions and ingests: counts end as if one had run after the other."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from models.database import in_transaction, transaction
from tasks.identity import decisions
from tasks.ingest.count_appearances import count_appearances
from tasks.speakers.decisions import DecisionRefused, RecordedDecision
from tasks.speakers.store.attribution import attribute_new_speakers
from tasks.transcripts.store import lock_episode
from tests.factories import (
    NOW,
    add_episode,
    add_podcast,
    differences,
    new_episode,
    one,
    rows,
    spoken,
    store,
    until_a_statement_waits_for_a_lock,
)

pytestmark = pytest.mark.usefixtures("database")

TALK = spoken("Ann Smith: Hello.", "Bob Jones: Hi.", "Ann Smith: Well.")


@pytest.fixture(autouse=True)
def _stored(database: str) -> None:
    """Ann and Bob are known and counted."""
    del database
    in_transaction(store, new_episode(), TALK)


def person(slug: str) -> int:
    return int(one("SELECT id FROM person WHERE slug = :slug", slug=slug))


def counts() -> dict[str, int]:
    query = "SELECT slug, appearances FROM person WHERE appearances > 0 ORDER BY slug"
    return {row["slug"]: row["appearances"] for row in rows(query)}


def decide(kind: str, **fields: Any) -> RecordedDecision:
    return in_transaction(decisions.decide, kind, "ann", "because", now=NOW, **fields)


def merge() -> RecordedDecision:
    return decide("merge", person_id=person("ann-smith"), target_person_id=person("bob-jones"))


def suppress() -> RecordedDecision:
    return decide("suppress", person_id=person("ann-smith"))


def hide() -> RecordedDecision:
    return decide("not_a_person", label="Ann Smith")


def undone(decision: RecordedDecision) -> Callable[[], RecordedDecision]:
    return lambda: decide("undo", decision_id=decision.id)


@pytest.mark.parametrize(
    ("begin", "expected"),
    [
        (lambda: merge, {"bob-jones": 6}),
        (lambda: undone(merge()), {"ann-smith": 4, "bob-jones": 2}),
        (lambda: suppress, {"bob-jones": 2}),
        (lambda: undone(suppress()), {"ann-smith": 4, "bob-jones": 2}),
        (lambda: hide, {"bob-jones": 2}),
        (lambda: undone(hide()), {"ann-smith": 4, "bob-jones": 2}),
    ],
    ids=["merge", "undo merge", "suppress", "undo suppress", "hide", "undo hide"],
)
def test_decision_waits_for_uncommitted_ingest(
    begin: Callable[[], Callable[[], RecordedDecision]], expected: dict[str, int]
) -> None:
    decision = begin()
    episode = new_episode()
    with ThreadPoolExecutor(1) as pool:
        with transaction() as session:
            assert lock_episode(session, episode)
            count_appearances(session, episode, TALK)
            deciding = pool.submit(decision)
            until_a_statement_waits_for_a_lock()
        deciding.result(timeout=60)
    assert counts() == expected
    assert differences() == 0


@pytest.mark.parametrize("decision", [merge, suppress, hide], ids=lambda each: each.__name__)
def test_ingest_follows_decision_made_after_resolve(
    decision: Callable[[], RecordedDecision],
) -> None:
    """Speakers are resolved before the decision; attributions are read after its commit."""
    episode = new_episode()
    resolved, decided = threading.Event(), threading.Event()

    def ingest() -> None:
        with transaction() as session:
            assert lock_episode(session, episode)
            resolved.set()
            assert decided.wait(60)
            count_appearances(session, episode, TALK)

    with ThreadPoolExecutor(1) as pool:
        parse = pool.submit(ingest)
        assert resolved.wait(60)
        decision()  # does not wait for an ingest that has not attributed its speakers
        decided.set()
        parse.result(timeout=60)
    assert counts() == ({"bob-jones": 6} if decision is merge else {"bob-jones": 2})
    assert differences() == 0


def test_merge_commits_between_match_and_counts_of_ingest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The merge runs completely between the matching and the counting of an ingest."""
    episode, merged = new_episode(), []

    def attribute_after_merge(*args: Any) -> Any:
        assert one("SELECT count(*) FROM speaker WHERE episode_id = :id", id=episode) == 0
        with ThreadPoolExecutor(1) as pool:  # on another connection, up to its commit
            merged.append(pool.submit(merge).result(timeout=60))
        return attribute_new_speakers(*args)

    monkeypatch.setattr(
        "tasks.ingest.count_appearances.attribute_new_speakers", attribute_after_merge
    )
    in_transaction(store, episode, TALK)
    assert len(merged) == 1
    assert counts() == {"bob-jones": 6}
    assert (
        one("SELECT count(*) FROM speaker WHERE matched_person_id = :id", id=person("ann-smith"))
        == 2
    )
    assert differences() == 0


def test_merge_blocks_neither_readers_nor_other_ingests() -> None:
    others = new_episode()
    with transaction() as session:
        ann, bob = person("ann-smith"), person("bob-jones")
        fields = {"person_id": ann, "target_person_id": bob}
        decisions.decide(session, "merge", "ann", "because", now=NOW, **fields)
        in_transaction(store, others, spoken("Cat Moore: Hello."))  # hangs if it is blocked
        assert counts() == {"ann-smith": 2, "bob-jones": 1, "cat-moore": 1}
    assert counts() == {"bob-jones": 3, "cat-moore": 1}
    assert differences() == 0


def run_concurrently(works: Sequence[Callable[[], object]]) -> None:
    barrier = threading.Barrier(len(works))

    def begin(work: Callable[[], object]) -> object:
        barrier.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        running: list[Future[object]] = [pool.submit(begin, work) for work in works]
        for future in running:
            future.result(timeout=120)


def test_concurrent_opposite_merges_leave_exact_counts() -> None:
    ann, bob = person("ann-smith"), person("bob-jones")
    podcast = in_transaction(add_podcast)
    episodes = [in_transaction(add_episode, podcast) for _ in range(6)]

    def try_merge(person_id: int, target_id: int) -> object:
        try:
            return decide("merge", person_id=person_id, target_person_id=target_id)
        except DecisionRefused as refused:
            return refused

    works: list[Callable[[], object]] = [lambda: try_merge(ann, bob), lambda: try_merge(bob, ann)]
    works += [lambda e=e: in_transaction(store, e, TALK) for e in episodes]  # type: ignore[misc]
    run_concurrently(works)
    assert list(counts().values()) == [3 * (1 + len(episodes))]
    assert one("SELECT count(*) FROM identity_event") == 1
    assert differences() == 0
