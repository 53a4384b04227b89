"""What is kept between requests is given only while it is what would be found anew."""

from collections.abc import Callable

import httpx
import pytest
from sqlalchemy import text
from sqlmodel import Session

from models import PodcastState
from models.database import engine, in_transaction
from models.questions.changes import WholeState, begin_epoch, state_of_everything
from tasks.counts.recount import recount
from tasks.feeds.store import set_podcast_state
from tasks.topics.store import store_topics
from tests.factories import add_podcast, execute, new_episode, one, spoken, store
from web.kept import Kept, kept
from web.reading import snapshot

pytestmark = pytest.mark.usefixtures("database")


def state() -> WholeState:
    with snapshot() as session:
        return state_of_everything(session)


@pytest.fixture
def episode() -> int:
    episode = new_episode()
    in_transaction(store, episode, spoken("Ann Smith: Hello.", "Bob Jones: Hello."))
    return episode


def podcast_of(episode: int) -> int:
    return int(one("SELECT podcast_id FROM episode WHERE id = :id", id=episode))


def _repaired() -> None:
    execute("UPDATE person_day SET appearances = 9")
    in_transaction(recount, fix=True)


def _found_topics(podcast: int) -> None:
    """What its feed said long ago is kept as topics now; its own row is as it was."""
    execute("UPDATE podcast SET categories = '[\"Tea\"]'")
    before = state()
    in_transaction(store_topics, [podcast], (), ())
    assert state() != before
    assert one("SELECT count(*) FROM episode_topic") == 1


_CHANGES: dict[str, Callable[[int], object]] = {
    "a transcript": lambda e: in_transaction(store, e, spoken("Ann Smith: Hello.")),
    "a podcast more": lambda _: in_transaction(add_podcast),
    "a podcast less": lambda e: in_transaction(
        set_podcast_state, podcast_of(e), PodcastState.removed
    ),
    "a name": lambda _: execute("UPDATE person SET name = 'Ann Other' WHERE slug = 'ann-smith'"),
    "a day": lambda e: execute("UPDATE episode SET counted_on = '2020-01-01' WHERE id = :e", e=e),
    "a repair": lambda _: _repaired(),
    "the topics of a podcast from before there were any": lambda e: _found_topics(podcast_of(e)),
    "another history": lambda _: in_transaction(begin_epoch),
}


@pytest.mark.parametrize("change", _CHANGES)
def test_after_a_change_the_state_is_another(episode: int, change: str) -> None:
    before = state()
    _CHANGES[change](episode)
    assert state() != before


def test_what_changes_nothing_that_is_shown_leaves_the_state_as_it_is(episode: int) -> None:
    before = state()
    in_transaction(store, episode, spoken("Ann Smith: Hello.", "Bob Jones: Hello."))
    execute("UPDATE crawl SET error_count = 0")
    assert state() == before


def test_a_transaction_that_began_first_and_commits_last_is_another_state(episode: int) -> None:
    other = new_episode()
    with engine().connect() as slow:
        slow.execute(text("UPDATE episode SET title = 'slow' WHERE id = :id"), {"id": episode})
        execute("UPDATE episode SET title = 'fast' WHERE id = :id", id=other)
        before = state()
        assert state() == before
        slow.commit()
    assert state() != before


def test_one_that_began_first_and_found_its_subject_noted_later_is_another_state(
    episode: int,
) -> None:
    with engine().connect() as slow:
        slow.execute(text("SELECT pg_current_xact_id()"))
        execute("UPDATE episode SET title = 'fast' WHERE id = :id", id=episode)
        slow.execute(text("UPDATE episode SET title = 'slow' WHERE id = :id"), {"id": episode})
        before = state()
        slow.commit()
    assert state() != before


def test_in_a_restored_dump_whose_versions_are_ahead_every_commit_is_another_state(
    episode: int,
) -> None:
    execute("UPDATE change SET version = version + 1000000")
    before = state()
    execute("UPDATE episode SET title = 'new' WHERE id = :id", id=episode)
    assert state() != before


def test_a_question_is_asked_once_while_nothing_changes_and_again_after(episode: int) -> None:
    asked: list[str] = []

    def title(session: Session, episode: int) -> list[dict[str, str]]:
        asked.append("")
        query = text("SELECT title FROM episode WHERE id = :id")
        return [dict(session.connection().execute(query, {"id": episode}).mappings().one())]

    def answer() -> list[dict[str, str]]:
        with snapshot() as session:
            return kept(session, title, episode)

    answer()[0]["title"] = "what a page made of it"
    assert answer() == answer() == [{"title": one("SELECT title FROM episode")}]
    assert len(asked) == 1
    execute("UPDATE episode SET title = 'New' WHERE id = :id", id=episode)
    assert answer() == [{"title": "New"}]
    assert len(asked) == 2


def test_only_so_many_rows_are_kept_and_those_asked_for_last_stay() -> None:
    answers, now = Kept(most_rows=6), state()
    for _ in range(3):  # the same again takes no more room
        answers.keep("first", now, [1, 1])
    answers.keep("second", now, [2, 2, 2])
    answers.find("first", now)
    answers.keep("third", now, [3, 3])
    assert [answers.find(key, now) for key in ("first", "second", "third")] == [
        ([1, 1],), None, ([3, 3],),
    ]  # fmt: skip
    answers.keep("fourth", now, [4] * 7)  # more than there is room for
    assert not any(answers.find(key, now) for key in ("first", "third", "fourth"))
    answers.keep("fifth", now, [5] * 6)
    assert answers.find("fifth", now)


@pytest.mark.parametrize("path", ["/", "/podcasts", "/charts?days=all&of=podcasts"])
def test_a_page_shows_a_new_number_at_once(client: httpx.Client, episode: int, path: str) -> None:
    before = client.get(path).text
    assert client.get(path).text == before
    in_transaction(store, episode, spoken(*(f"Ann Smith: {n} times." for n in range(4321))))
    assert "4,321" not in before
    assert "4,321" in client.get(path).text
