"""The precheck finds every episode that resolving one by one would change, and hardly another."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel import Session

from models.database import dry_run, in_transaction
from tasks.speakers.resolve import episodes_needing_resolution, resolve_episode
from tasks.speakers.store.evidence import begin_resolving, episode_evidence, evidence_by_episode
from tasks.speakers.store.speakers import stored_speakers
from tests.conftest import empty_database
from tests.factories import add_episode, add_podcast, execute, spoken, store, writes

pytestmark = pytest.mark.usefixtures("database")

# Full names, their variants and parts, misspelt names, and diarized speakers.
LABELS = [
    "Jane Doe", "JANE DOE", "Jane B. Doe", "Jayne Doe", "Doe Jane", "Jane", "JD", "J. Doe",
    "Zoë Smith", "Zoe Smith", "Bo Roe", "Bo", "Speaker 1", "Speaker 2", "Applause", "",
]  # fmt: skip
WORDS = ["Hello.", "I'm Jane Doe.", "Please welcome Bo Roe.", "Thanks, Zoe."]
TURN = st.tuples(st.sampled_from(LABELS), st.sampled_from(WORDS))
PAGES = ["https://jane.example/me", "https://x.com/bo", ""]
TAG = st.builds(
    lambda name, href: {"name": name, "role": "guest", "group": "cast", "href": href},
    st.sampled_from(["Jane Doe", "Janet Doe", "Bo Roe", "Zoe Smith"]),
    st.sampled_from(PAGES),
)
EPISODE = st.fixed_dictionaries(
    {
        "turns": st.lists(TURN, min_size=1, max_size=5),
        "tags": st.lists(TAG, max_size=2),
        "title": st.sampled_from(["One", "With Bo Roe", "Jane Doe talks"]),
    }
)
SHOW = st.lists(EPISODE, min_size=2, max_size=7)


def _episode(*labels: str, title: str = "One", tags: tuple[dict[str, str], ...] = ()) -> Any:
    return {"title": title, "tags": list(tags), "turns": [(label, "Hello.") for label in labels]}


JANE = {"name": "Jane Doe", "role": "guest", "group": "cast", "href": "https://x.com/jane"}
RESOLVED = [
    _episode("Jane Doe", "Zorro", tags=(JANE, {"name": "Zorro", "group": "cast"})),
    _episode("Jane B. Doe", "Jane Doe", "Speaker 1", tags=(JANE,)),
    _episode("Zoë Smith", "Bo Roe", title="With Bo Roe"),
    _episode("Zoë Smith", "Zoe Smith", "Ann"),
    _episode("Zoe Smith", "Bo Roe", "Ann", "bo roe"),
]


def stored(shows: list[list[dict[str, Any]]]) -> dict[int, list[int]]:
    """Store these shows as parse jobs store them; the episodes of each podcast."""
    empty_database()
    podcasts = [in_transaction(add_podcast) for _ in shows]
    return {
        podcast: [_stored(podcast, one) for one in show]
        for podcast, show in zip(podcasts, shows, strict=True)
    }


def _stored(podcast_id: int, about: dict[str, Any]) -> int:
    def added(session: Session) -> int:
        episode_id = add_episode(session, podcast_id, title=about["title"])
        params = {"id": episode_id, "tags": json.dumps(about["tags"])}
        statement = text("UPDATE episode SET persons = CAST(:tags AS jsonb) WHERE id = :id")
        session.connection().execute(statement, params)
        store(
            session, episode_id, spoken(*(f"{label}: {words}" for label, words in about["turns"]))
        )
        return episode_id

    return in_transaction(added)


def written_alone(session: Session, episode_id: int) -> bool:
    """Whether resolving this episode writes anything."""
    with writes(session) as written:
        resolve_episode(session, episode_id)
    return bool(written)


def precheck(podcast_id: int, episodes: list[int]) -> list[int]:
    podcast, _ = in_transaction(begin_resolving, podcast_id)
    return episodes_needing_resolution(podcast, episodes)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(SHOW, min_size=1, max_size=2))
def test_precheck_finds_every_episode_that_changes(
    shows: list[list[dict[str, Any]]],
) -> None:
    for podcast, episodes in stored(shows).items():
        for _ in range(2):  # after they were stored, and after they were resolved
            alone = [one for one in episodes if dry_run(written_alone, one)]
            assert set(alone) <= set(precheck(podcast, episodes))
            for one in alone:
                in_transaction(resolve_episode, one)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(SHOW)
@example(RESOLVED)
def test_evidence_is_the_same_for_one_and_many_episodes(
    show: list[dict[str, Any]],
) -> None:
    def compare(session: Session, podcast_id: int, episodes: list[int]) -> None:
        segment_counts = {
            one: {row.label: row.stats.appearances for row in stored_speakers(session, one)}
            for one in episodes
        }
        podcast, _ = begin_resolving(session, podcast_id)
        together = evidence_by_episode(session, podcast, segment_counts)
        assert together == {
            one: episode_evidence(session, one, segment_counts[one]) for one in episodes
        }

    for podcast, episodes in stored([show]).items():
        in_transaction(compare, podcast, episodes)


BEHIND_THE_BACK = {
    "nothing": "SELECT 1",
    "a worse form of a name is shown": "UPDATE person SET name = 'BO ROE' WHERE slug = 'bo-roe'",
    "a name means nobody": "DELETE FROM person_name WHERE key = 'bo roe'",
    "a mention is gone": "DELETE FROM mention",
    "a page is nobody's": "DELETE FROM person_link",
    "a page is somebody else's": """
        WITH other AS (INSERT INTO person (name, slug, state) VALUES ('Jane Roe', 'j-r', 'active')
                       RETURNING id)
        UPDATE person_link SET person_id = (SELECT id FROM other)
    """,
    "another form means somebody else": """
        WITH other AS (INSERT INTO person (name, slug, state) VALUES ('J. Doe', 'j-d', 'active')
                       RETURNING id)
        UPDATE person_name SET person_id = (SELECT id FROM other) WHERE key = 'jane b doe'
    """,
    "a match is another": "UPDATE speaker SET evidence = 'none' WHERE label = 'Bo Roe'",
    "a matcher was another": "UPDATE speaker SET version = 1 WHERE label = 'Ann'",
}


@pytest.mark.parametrize("change", BEHIND_THE_BACK.values(), ids=BEHIND_THE_BACK.keys())
def test_precheck_finds_any_row_that_was_tampered_with(change: str) -> None:
    ((podcast, episodes),) = stored([RESOLVED]).items()
    for one in episodes * 2:
        in_transaction(resolve_episode, one)
    assert precheck(podcast, episodes) == []
    execute(change)
    alone = [one for one in episodes if dry_run(written_alone, one)]
    assert precheck(podcast, episodes) == alone
    assert bool(alone) == (change != "SELECT 1")


def test_precheck_finds_an_episode_stored_after_the_snapshot() -> None:
    ((podcast, episodes),) = stored([[_episode("Jane Doe"), _episode("Jane Doe")]]).items()

    snapshot, _ = in_transaction(begin_resolving, podcast)
    assert episodes_needing_resolution(snapshot, episodes) == []
    in_transaction(store, episodes[0], spoken("Bo Roe: Hello."))
    assert episodes_needing_resolution(snapshot, episodes) == [episodes[0]]


def test_precheck_passes_over_a_deleted_episode() -> None:
    ((podcast, episodes),) = stored([[_episode("Jane Doe"), _episode("Bo Roe")]]).items()
    execute("DELETE FROM appearance WHERE episode_id = :id", id=episodes[0])
    execute("DELETE FROM speaker WHERE episode_id = :id", id=episodes[0])
    execute("DELETE FROM episode WHERE id = :id", id=episodes[0])
    assert precheck(podcast, episodes) == [episodes[0]]
