"""Decisions and stores at the same time: the counts end as if one had come after the other."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from models.database import in_transaction, transaction
from tasks.identity import decisions
from tasks.ingest.count_appearances import count_transcript
from tasks.speakers.decision_values import DecisionRefused, RecordedDecision
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
    until_somebody_waits_for_a_lock,
)

pytestmark = pytest.mark.usefixtures("database")

TALK = spoken("Ann Smith: Hello.", "Bob Jones: Hi.", "Ann Smith: Well.")


@pytest.fixture(autouse=True)
def _stored(database: str) -> None:
    """Ann and Bob are known, and so are their numbers."""
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


def undone(event: RecordedDecision) -> Callable[[], RecordedDecision]:
    return lambda: decide("undo", event_id=event.id)


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
    ids=["merge", "unmerge", "suppress", "unsuppress", "nobody", "somebody"],
)
def test_a_decision_that_comes_while_a_store_has_not_committed_sees_its_speakers(
    begin: Callable[[], Callable[[], RecordedDecision]], expected: dict[str, int]
) -> None:
    decision = begin()
    episode = new_episode()
    with ThreadPoolExecutor(1) as pool:
        with transaction() as session:
            assert lock_episode(session, episode)
            count_transcript(session, episode, TALK)
            deciding = pool.submit(decision)
            until_somebody_waits_for_a_lock()
        deciding.result(timeout=60)
    assert counts() == expected
    assert differences() == 0


@pytest.mark.parametrize("decision", [merge, suppress, hide], ids=lambda each: each.__name__)
def test_a_store_that_comes_while_a_decision_has_not_committed_follows_it(
    decision: Callable[[], RecordedDecision],
) -> None:
    """The speakers were resolved before: what holds is read after the decision's commit."""
    episode = new_episode()
    resolved, decided = threading.Event(), threading.Event()

    def storing() -> None:
        with transaction() as session:
            assert lock_episode(session, episode)
            resolved.set()
            assert decided.wait(60)
            count_transcript(session, episode, TALK)

    with ThreadPoolExecutor(1) as pool:
        parse = pool.submit(storing)
        assert resolved.wait(60)
        decision()  # waits for no store that has not come to its speakers
        decided.set()
        parse.result(timeout=60)
    assert counts() == ({"bob-jones": 6} if decision is merge else {"bob-jones": 2})
    assert differences() == 0


def test_a_merge_commits_while_a_parse_that_resolved_to_the_merged_person_is_under_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Between the match and the counts of the parse the merge is taken whole."""
    episode, merged = new_episode(), []

    def hold_after_a_merge(*asked: Any) -> Any:
        assert one("SELECT count(*) FROM speaker WHERE episode_id = :id", id=episode) == 0
        with ThreadPoolExecutor(1) as pool:  # by another connection, to its commit
            merged.append(pool.submit(merge).result(timeout=60))
        return attribute_new_speakers(*asked)

    monkeypatch.setattr("tasks.ingest.count_appearances.hold_new", hold_after_a_merge)
    in_transaction(store, episode, TALK)
    assert len(merged) == 1
    assert counts() == {"bob-jones": 6}
    assert (
        one("SELECT count(*) FROM speaker WHERE matched_person_id = :id", id=person("ann-smith"))
        == 2
    )
    assert differences() == 0


def test_a_merge_holds_up_no_reader_and_no_store_of_others() -> None:
    others = new_episode()
    with transaction() as session:
        ann, bob = person("ann-smith"), person("bob-jones")
        fields = {"person_id": ann, "target_person_id": bob}
        decisions.decide(session, "merge", "ann", "because", now=NOW, **fields)
        in_transaction(store, others, spoken("Cat Moore: Hello."))  # ends, or the test never does
        assert counts() == {"ann-smith": 2, "bob-jones": 1, "cat-moore": 1}
    assert counts() == {"bob-jones": 3, "cat-moore": 1}
    assert differences() == 0


def at_once(works: Sequence[Callable[[], object]]) -> None:
    together = threading.Barrier(len(works))

    def begin(work: Callable[[], object]) -> object:
        together.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        running: list[Future[object]] = [pool.submit(begin, work) for work in works]
        for one_of_them in running:
            one_of_them.result(timeout=120)


def test_merges_in_both_directions_and_stores_at_once_leave_one_survivor_and_exact_counts() -> None:
    ann, bob = person("ann-smith"), person("bob-jones")
    podcast = in_transaction(add_podcast)
    episodes = [in_transaction(add_episode, podcast) for _ in range(6)]

    def join(person_id: int, into_id: int) -> object:
        try:
            return decide("merge", person_id=person_id, target_person_id=into_id)
        except DecisionRefused as refused:
            return refused

    works: list[Callable[[], object]] = [lambda: join(ann, bob), lambda: join(bob, ann)]
    works += [lambda e=e: in_transaction(store, e, TALK) for e in episodes]  # type: ignore[misc]
    at_once(works)
    assert list(counts().values()) == [3 * (1 + len(episodes))]
    assert one("SELECT count(*) FROM identity_event") == 1
    assert differences() == 0
