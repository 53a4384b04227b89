"""Concurrent stores give the same counts as one worker, in any order."""

import random
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import PodcastState
from models.database import in_transaction, transaction
from models.database.sql import execute, statement
from tasks.transcripts.values import Segment
from tests.conftest import empty_database
from tests.factories import (
    TODAY,
    add_episode,
    add_podcast,
    differences,
    figures,
    new_episode,
    one,
    rows,
    set_podcast_state,
    spoken,
    store,
    transcript_of,
    until_a_statement_waits_for_a_lock,
)

pytestmark = pytest.mark.usefixtures("database")

# Forms of a few names, so that several transactions add the same person at once.
LABELS = st.sampled_from(
    ["José García", "JOSE GARCIA", "jose garcia", "Dr. Jose Garcia", "Ann Smith", "ANN SMITH", ""]
)
TRANSCRIPT = st.lists(
    st.builds(Segment, LABELS, st.sampled_from("abc"), st.integers(0, 9), st.integers(0, 9)),
    max_size=5,
)
TALK = spoken("Ann Smith: Hello.")
WORK = st.lists(st.tuples(st.integers(0, 3), TRANSCRIPT), min_size=2, max_size=8)


def make_episodes(number: int = 4) -> list[int]:
    podcast = in_transaction(add_podcast)
    return [in_transaction(add_episode, podcast) for _ in range(number)]


def at_once(work: Sequence[tuple[int, list[Segment]]]) -> None:
    """Store all of it at the same time, each item in its own transaction."""
    together = threading.Barrier(len(work))

    def one_of_them(episode: int, segments: list[Segment]) -> None:
        together.wait()
        in_transaction(store, episode, segments)

    with ThreadPoolExecutor(len(work)) as pool:
        for future in [pool.submit(one_of_them, *each) for each in work]:
            future.result(timeout=60)


def names_and_counts() -> tuple[dict[str, tuple[int, int, int, int]], list[dict[str, object]]]:
    days = """
        SELECT p.slug, d.day, d.appearances, d.episodes, d.spoken_ms
        FROM person_day d JOIN person p ON p.id = d.person_id ORDER BY 1, 2
    """
    return {k: v for k, v in figures().items() if any(v)}, rows(days)


def stored_alone(
    work: Sequence[tuple[int, list[Segment]]],
) -> tuple[dict[str, tuple[int, int, int, int]], list[dict[str, object]]]:
    empty_database()
    episodes = make_episodes()
    for number, segments in work:
        in_transaction(store, episodes[number], segments)
    return names_and_counts()


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(WORK, st.randoms(use_true_random=False))
def test_concurrent_stores_in_any_order_give_the_same_counts(
    work: list[tuple[int, list[Segment]]], order: random.Random
) -> None:
    # One transcript per episode: of several, the last one would win, and their order is open.
    work = list(dict(work).items())
    expected = stored_alone(work)
    shuffled = order.sample(work, len(work))
    assert stored_alone(shuffled) == expected
    empty_database()
    episodes = make_episodes()
    at_once([(episodes[number], segments) for number, segments in shuffled])
    assert names_and_counts() == expected
    assert differences() == 0


def test_name_stored_everywhere_at_once_is_one_person() -> None:
    forms = ["JOSE GARCIA", "Jose Garcia", "José García", "jose garcia", "Dr. José García"] * 2
    at_once(
        [
            (episode, spoken(f"{form}: Hola.", "Ann Smith: Hello."))
            for episode, form in zip(make_episodes(len(forms)), forms, strict=True)
        ]
    )
    assert figures() == {
        "Ann Smith": (10, 10, 1, 100_000),
        "José García": (10, 10, 1, 100_000),
    }
    assert differences() == 0


def test_people_in_opposite_orders_do_not_deadlock() -> None:
    people = [f"{letter}nn Smith" for letter in "ABCDEFGH"]
    forward = spoken(*(f"{name}: Hello." for name in people))
    backward = spoken(*(f"{name}: Hello." for name in reversed(people)))
    at_once(
        [(e, (forward, backward)[n % 2]) for n, e in enumerate(make_episodes(8)) for _ in range(2)]
    )
    assert set(figures().values()) == {(8, 8, 1, 80_000)}
    assert differences() == 0


def test_person_counted_in_two_podcasts_at_once_has_the_sum() -> None:
    """A store that waits for another's commit adds to all of its counts."""
    in_transaction(store, new_episode(), TALK)
    early, late = new_episode(stats_date=TODAY - timedelta(9)), new_episode()
    with transaction() as session, ThreadPoolExecutor(1) as pool:
        store(session, early, TALK)
        other = pool.submit(in_transaction, store, late, TALK)
        until_a_statement_waits_for_a_lock()
        session.commit()
        other.result(timeout=60)
    assert figures() == {"Ann Smith": (3, 3, 3, 30_000)}
    assert one("SELECT first_on FROM person") == TODAY - timedelta(9)
    assert differences() == 0


def test_store_waits_for_person_locks_before_writing_counts() -> None:
    """All stores lock persons before their counts; otherwise two could deadlock."""
    talk = spoken("Ann Smith: Hello.", "Bob Jones: Hello.")
    first, second = make_episodes(2)
    in_transaction(store, first, talk)
    with ThreadPoolExecutor(1) as pool, transaction() as session:
        execute(
            session, statement("SELECT FROM person ORDER BY id DESC LIMIT 1 FOR NO KEY UPDATE"), {}
        )
        waiting = pool.submit(in_transaction, store, second, talk)
        until_a_statement_waits_for_a_lock()
        for table in ("person_day", "person_podcast"):
            assert execute(session, statement(f"SELECT FROM {table} FOR UPDATE NOWAIT"), {}) == 2
        session.commit()
        waiting.result(timeout=60)
    assert set(figures().values()) == {(2, 2, 1, 20_000)}
    assert differences() == 0


def test_episode_stored_by_several_has_one_whole_transcript() -> None:
    (episode,) = make_episodes(1)
    versions = [spoken(f"Ann Smith: {n}.", f"Bob Jones: {n}.") for n in range(6)]
    at_once([(episode, version) for version in versions])
    stored = transcript_of(episode)
    assert stored in [[(s.label, s.text) for s in version] for version in versions]
    assert set(figures().values()) == {(1, 1, 1, 10_000)}
    assert differences() == 0


def test_podcast_removed_during_stores_counts_nowhere() -> None:
    podcast = in_transaction(add_podcast)
    episodes = [in_transaction(add_episode, podcast) for _ in range(6)]
    with ThreadPoolExecutor(1) as pool:
        removed = pool.submit(in_transaction, set_podcast_state, podcast, PodcastState.removed)
        at_once([(episode, spoken("Ann Smith: Hello.")) for episode in episodes])
        removed.result(timeout=60)
    assert figures() == {"Ann Smith": (0, 0, 0, 0)}
    assert one("SELECT count(*) FROM appearance") == 6
    assert differences() == 0
