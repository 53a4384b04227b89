"""The change log misses nothing: not what committed late, not what was removed."""

import pytest
from sqlalchemy import text

from models import PodcastState
from models.database import engine, in_transaction
from models.queries.changes import (
    ChangeCursor,
    begin_epoch,
    changes_since,
    changes_to_come,
    epoch,
    is_from_another_server,
)
from tests.factories import (
    add_episode,
    add_podcast,
    execute,
    new_episode,
    one,
    set_podcast_state,
    spoken,
    store,
)
from tests.integration.waiting import everything_changed

pytestmark = pytest.mark.usefixtures("database")

BEGINNING = ChangeCursor()
TALK = spoken("Ann Smith: Hello.", "Bob Jones: Hello.")


def seen(since: ChangeCursor = BEGINNING, limit: int = 1000) -> list[ChangeCursor]:
    return in_transaction(changes_since, since, limit=limit)


def everything(since: ChangeCursor = BEGINNING) -> list[ChangeCursor]:
    return everything_changed(since)


def named(changes: list[ChangeCursor]) -> set[tuple[str, int]]:
    return {(change.kind, change.subject) for change in changes}


@pytest.fixture
def episode() -> int:
    episode = new_episode()
    in_transaction(store, episode, TALK)
    return episode


def test_a_stored_transcript_changes_its_episode_and_its_people(episode: int) -> None:
    people = {
        ("person", one("SELECT id FROM person WHERE slug = :s", s=s))
        for s in ("ann-smith", "bob-jones")
    }
    podcast = ("podcast", one("SELECT podcast_id FROM episode"))
    assert named(everything()) == {("episode", episode), podcast, *people}


def test_the_same_transcript_again_changes_nothing(episode: int) -> None:
    last = everything()[-1]
    in_transaction(store, episode, TALK)
    assert everything(last) == []


@pytest.mark.parametrize(
    "edit",
    [
        spoken("Ann Smith: Hello!", "Bob Jones: Hello."),
        spoken("Ann Smith: Hello.", "Ann Smith: Hello."),
        spoken("Ann Smith: Hello."),
        spoken("Speaker 2: Hello."),
    ],
    ids=["a word", "a speaker", "a segment less", "nobody named"],
)
def test_transcript_edit_notes_a_change_of_the_episode(episode: int, edit: list[object]) -> None:
    last = everything()[-1]
    in_transaction(store, episode, edit)
    assert ("episode", episode) in named(everything(last))


def test_what_is_changed_by_hand_is_noted_too(episode: int) -> None:
    last = everything()[-1]
    execute("UPDATE appearance SET text = 'Other words.' WHERE episode_id = :id", id=episode)
    assert named(everything(last)) == {("episode", episode)}


def test_removing_a_podcast_changes_each_of_its_episodes(episode: int) -> None:
    podcast = one("SELECT podcast_id FROM episode WHERE id = :id", id=episode)
    silent = in_transaction(add_episode, podcast)
    last = everything()[-1]
    in_transaction(set_podcast_state, podcast, PodcastState.removed)
    assert {("podcast", podcast), ("episode", episode), ("episode", silent)} <= named(
        everything(last)
    )


def test_podcast_title_change_notes_no_episode(episode: int) -> None:
    podcast = one("SELECT podcast_id FROM episode WHERE id = :id", id=episode)
    last = everything()[-1]
    execute("UPDATE podcast SET title = 'Another' WHERE id = :id", id=podcast)
    assert named(everything(last)) == {("podcast", podcast)}


def test_a_transaction_that_commits_late_is_not_missed() -> None:
    """The one that began first commits last; nothing after it is shown before it has ended."""
    first, second = new_episode(), new_episode()
    last = everything()[-1]
    with engine().connect() as slow:
        slow.execute(text("UPDATE episode SET title = 'slow' WHERE id = :id"), {"id": first})
        execute("UPDATE episode SET title = 'fast' WHERE id = :id", id=second)
        assert seen(last) == []
        assert in_transaction(changes_to_come, last, limit=10) == 1
        slow.commit()
    assert [change.subject for change in everything(last)] == [first, second]


def test_change_by_an_older_transaction_is_shown_again() -> None:
    episode = new_episode()
    last = everything()[-1]
    with engine().connect() as slow:
        slow.execute(text("SELECT pg_current_xact_id()"))
        execute("UPDATE episode SET title = 'fast' WHERE id = :id", id=episode)
        slow.execute(text("UPDATE episode SET title = 'slow' WHERE id = :id"), {"id": episode})
        assert seen(last) == []
        slow.commit()
    assert named(everything(last)) == {("episode", episode)}


def test_paging_one_by_one_shows_each_change_once(episode: int) -> None:
    del episode
    place, pages = BEGINNING, list[ChangeCursor]()
    all_of_them = everything()
    while page := seen(place, limit=1):
        pages, place = pages + page, page[-1]
    assert pages == all_of_them


def test_what_is_deleted_stays_in_the_log() -> None:
    episode = new_episode()
    last = everything()[-1]
    execute("DELETE FROM episode WHERE id = :id", id=episode)
    assert named(everything(last)) == {("episode", episode)}


def test_dump_restored_to_a_younger_server_starts_an_epoch(episode: int) -> None:
    everything()
    before = in_transaction(epoch)
    execute("UPDATE change_log SET version = version + 1000000000")
    assert in_transaction(is_from_another_server)
    in_transaction(begin_epoch)
    assert not in_transaction(is_from_another_server)
    assert in_transaction(epoch) != before
    assert ("episode", episode) in named(seen())


def test_a_healthy_log_is_of_this_server() -> None:
    assert not in_transaction(is_from_another_server)
    in_transaction(add_podcast)
    assert not in_transaction(is_from_another_server)
