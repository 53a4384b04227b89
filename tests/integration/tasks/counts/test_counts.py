"""Counts equal the sums of the rows, whatever happens to episodes and podcasts."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel import Session

from models import PodcastState
from models.database import in_transaction
from tasks.counts.store.updates import updating_counts
from tasks.transcripts.values import Segment
from tests.conftest import empty_database
from tests.factories import (
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
)

pytestmark = pytest.mark.usefixtures("database")

TALK = spoken("Ann Smith: Hello.", "Bob Jones: Hello.", "Ann Smith: Well.")
FIRST_DAY = date(2026, 1, 1)

# What the counts must be, in SQL that is independent of the code that maintains them.
_TRUTH = """
    SELECT p.name, count(a.id) AS appearances, count(DISTINCT e.id) AS episodes,
           count(DISTINCT e.podcast_id) AS podcasts,
           min(e.stats_date) AS first_on, max(e.stats_date) AS last_on
    FROM person p
    LEFT JOIN (speaker s JOIN episode e ON e.id = s.episode_id AND e.duplicate_of IS NULL
        JOIN podcast q ON q.id = e.podcast_id AND q.state <> 'removed'
        JOIN appearance a ON a.speaker_id = s.id) ON s.person_id = p.id
    GROUP BY p.id ORDER BY p.slug
"""
_STORED = """
    SELECT name, appearances, episodes, podcasts, first_on, last_on FROM person ORDER BY slug
"""
_BY_DAY = """
    SELECT p.name, coalesce(sum(d.appearances), 0)::bigint AS appearances,
           coalesce(sum(d.spoken_ms), 0)::bigint AS spoken_ms,
           coalesce(sum(d.episodes), 0)::int AS episodes
    FROM person p LEFT JOIN person_day d ON d.person_id = p.id GROUP BY p.id ORDER BY p.slug
"""
_BY_PODCAST = _BY_DAY.replace("person_day", "person_podcast")
_TOTALS = "SELECT name, appearances, spoken_ms, episodes FROM person ORDER BY slug"


def assert_exact() -> None:
    assert rows(_STORED) == rows(_TRUTH)
    assert rows(_BY_DAY) == rows(_TOTALS) == rows(_BY_PODCAST)
    assert differences() == 0


def change_episode(session: Session, episode: int, **columns: object) -> None:
    """Change an episode like a writer: with its lock, within ``updating_counts``."""
    session.connection().execute(
        text("SELECT FROM episode WHERE id = :id FOR NO KEY UPDATE"), {"id": episode}
    )
    assignments = ", ".join(f"{name} = :{name}" for name in columns)
    with updating_counts(session, [episode]):
        session.connection().execute(
            text(f"UPDATE episode SET {assignments} WHERE id = :id"),  # noqa: S608
            {"id": episode, **columns},
        )


def test_counts_of_a_redated_episode_move_to_the_new_day() -> None:
    episode = new_episode()
    in_transaction(store, episode, TALK)
    in_transaction(change_episode, episode, stats_date=FIRST_DAY)
    assert one("SELECT array_agg(DISTINCT day) FROM person_day") == [FIRST_DAY]
    assert one("SELECT first_on FROM person WHERE slug = 'ann-smith'") == FIRST_DAY
    assert_exact()


def test_counts_exclude_a_podcast_while_it_is_removed() -> None:
    podcast = in_transaction(add_podcast)
    episode = in_transaction(add_episode, podcast)
    in_transaction(store, episode, TALK)
    before = figures()
    in_transaction(set_podcast_state, podcast, PodcastState.removed)
    assert set(figures().values()) == {(0, 0, 0, 0)}
    assert one("SELECT count(*) FROM appearance") == len(TALK)
    assert_exact()
    in_transaction(set_podcast_state, podcast, PodcastState.active)
    assert figures() == before
    assert_exact()


def test_counts_exclude_an_episode_while_it_is_a_duplicate() -> None:
    podcast = in_transaction(add_podcast)
    first, second = (in_transaction(add_episode, podcast) for _ in range(2))
    for episode in (first, second):
        in_transaction(store, episode, TALK)
    in_transaction(change_episode, second, duplicate_of=first)
    assert figures()["Ann Smith"] == (2, 1, 1, 20_000)
    assert_exact()
    in_transaction(change_episode, second, duplicate_of=None)
    assert figures()["Ann Smith"] == (4, 2, 1, 40_000)
    assert_exact()


def test_counts_of_a_removed_podcast_appear_when_it_returns() -> None:
    podcast = in_transaction(add_podcast)
    episode = in_transaction(add_episode, podcast)
    in_transaction(set_podcast_state, podcast, PodcastState.removed)
    in_transaction(store, episode, TALK)
    assert figures()["Ann Smith"] == (0, 0, 0, 0)
    in_transaction(set_podcast_state, podcast, PodcastState.active)
    assert figures()["Ann Smith"] == (2, 1, 1, 20_000)
    assert_exact()


def test_counts_of_a_rolled_back_transaction_are_unchanged() -> None:
    episode = new_episode()

    def fails(session: Session) -> None:
        store(session, episode, TALK)
        raise InterruptedError

    with pytest.raises(InterruptedError):
        in_transaction(fails)
    assert figures() == {}
    assert_exact()


# Three episodes of two podcasts, and changes to them in any order.
LABELS = st.sampled_from(["", "Ann Smith", "Bob Jones", "Ánn Smith", "Music"])
SEGMENTS = st.lists(
    st.builds(Segment, LABELS, st.sampled_from("abc"), st.integers(0, 9), st.integers(0, 9)),
    max_size=6,
)
EPISODES = st.integers(0, 2)
Step = Callable[[Session, Sequence[int], Sequence[int]], object]


def storing(episode: int, segments: list[Segment]) -> Step:
    return lambda session, _, episodes: store(session, episodes[episode], segments)


def redating(episode: int, days: int) -> Step:
    day = FIRST_DAY + timedelta(days=days)
    return lambda session, _, episodes: change_episode(session, episodes[episode], stats_date=day)


def marking_duplicate(episode: int, of: int | None) -> Step:
    def step(session: Session, _: Sequence[int], episodes: Sequence[int]) -> None:
        original = None if of is None or of == episode else episodes[of]
        change_episode(session, episodes[episode], duplicate_of=original)

    return step


def setting_state(podcast: int, state: PodcastState) -> Step:
    return lambda session, podcasts, _: set_podcast_state(session, podcasts[podcast], state)


STEPS = st.lists(
    st.one_of(
        st.builds(storing, EPISODES, SEGMENTS),
        st.builds(redating, EPISODES, st.integers(0, 2)),
        st.builds(marking_duplicate, EPISODES, st.none() | EPISODES),
        st.builds(
            setting_state,
            st.integers(0, 1),
            st.sampled_from([PodcastState.active, PodcastState.removed, PodcastState.paused]),
        ),
    ),
    max_size=12,
)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(STEPS)
def test_counts_equal_the_rows_after_any_changes(
    steps: list[Step],
) -> None:
    empty_database()
    podcasts = [in_transaction(add_podcast) for _ in range(2)]
    episodes = [in_transaction(add_episode, podcasts[number % 2]) for number in range(3)]
    for step in steps:
        in_transaction(step, podcasts, episodes)
    assert_exact()
