"""Podcasts are added, found, paused, resumed and removed; each is one for all URL spellings."""

import secrets

import pytest
from sqlmodel import Session

from models.database import in_transaction, transaction
from tasks.podcasts.store.add import add_by_url
from tasks.podcasts.store.find import find_podcast
from tasks.podcasts.store.pause import pause, resume
from tasks.podcasts.store.remove import remove
from tests.factories import (
    add_episode,
    add_podcast,
    differences,
    execute,
    figures,
    one,
    rows,
    spoken,
    store,
)

pytestmark = pytest.mark.usefixtures("database")

URL = "https://podcast.example/feed.xml"


def added(url: str = URL, *, seen: bool = True) -> int:
    """A podcast that was added, and whose feed was polled unless ``seen`` is False."""
    podcast_id = in_transaction(add_by_url, url).podcast_id
    assert podcast_id is not None
    if seen:
        execute(
            "UPDATE podcast SET state = 'active', title = 'A podcast' WHERE id = :id", id=podcast_id
        )
        execute("UPDATE crawl SET last_ok_at = now(), next_poll_at = now() + interval '1 hour'")
    return podcast_id


def state() -> str:
    return str(one("SELECT state FROM podcast ORDER BY id LIMIT 1"))


def next_poll() -> object:
    return one("SELECT next_poll_at FROM crawl")


@pytest.mark.parametrize(
    "spelling",
    [
        "http://podcast.example/feed.xml",
        "https://PODCAST.example:443/feed.xml",
        "https://podcast.example/feed.xml#top",
        "feed://podcast.example/feed.xml",
    ],
)
def test_other_spelling_of_url_is_the_same_podcast(spelling: str) -> None:
    first = added()
    again = in_transaction(add_by_url, spelling)
    assert (again.result, again.podcast_id) == ("already", first)
    assert one("SELECT count(*) FROM podcast") == 1


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://podcast.example/feed", "scheme_refused"),
        ("file:///etc/passwd", "scheme_refused"),
        ("podcast.example/feed", "scheme_refused"),
        ("https:///feed", "bad_url"),
        ("http://2130706433/", "bad_url"),
        ("https://podcast.example/" + "a" * 5000, "bad_url"),
    ],
)
def test_invalid_url_is_refused_with_a_reason(url: str, reason: str) -> None:
    refused = in_transaction(add_by_url, url)
    assert (refused.result, refused.reason) == ("refused", reason)
    assert refused.message
    assert one("SELECT count(*) FROM podcast") == 0


def test_longest_accepted_url_is_stored() -> None:
    noise = secrets.token_urlsafe(3500)[:4000]
    assert in_transaction(add_by_url, f"https://podcast.example/{noise}").result == "added"


def test_new_podcast_is_pending_and_due_at_once() -> None:
    added(seen=False)
    assert state() == "pending"
    assert one("SELECT next_poll_at <= clock_timestamp() FROM crawl")
    assert one("SELECT next_due_at <= clock_timestamp() FROM host")


def test_paused_podcast_is_not_polled_and_still_counts() -> None:
    podcast = added()
    in_transaction(store, in_transaction(add_episode, podcast), spoken("Ann Smith: Hello."))
    assert in_transaction(pause, podcast)
    assert (state(), next_poll()) == ("paused", None)
    assert figures()["Ann Smith"][0] == 1
    assert not in_transaction(pause, podcast)
    assert in_transaction(resume, podcast)
    assert state() == "active"
    assert one("SELECT next_poll_at <= clock_timestamp() FROM crawl")


def test_removed_podcast_keeps_rows_and_can_be_added_again() -> None:
    podcast = added()
    in_transaction(store, in_transaction(add_episode, podcast), spoken("Ann Smith: Hello."))
    assert in_transaction(remove, podcast)
    assert (state(), next_poll()) == ("removed", None)
    assert one("SELECT removed_at FROM podcast") is not None
    assert one("SELECT count(*) FROM appearance") == 1
    assert figures()["Ann Smith"][0] == 0
    again = in_transaction(add_by_url, URL)
    assert (again.result, again.podcast_id, state()) == ("added", podcast, "active")
    assert one("SELECT removed_at FROM podcast") is None
    assert figures()["Ann Smith"][0] == 1
    assert differences() == 0


def test_podcast_removed_while_pending_is_pending_again() -> None:
    podcast = added(seen=False)
    in_transaction(remove, podcast)
    in_transaction(add_by_url, URL)
    assert state() == "pending"


def bring_to(podcast: int, other: str) -> None:
    survivor = in_transaction(add_podcast) if other == "duplicate" else None
    execute(
        "UPDATE podcast SET state = :state, duplicate_of = :survivor WHERE id = :id",
        state=other,
        survivor=survivor,
        id=podcast,
    )


@pytest.mark.parametrize("other", ["pending", "refused", "removed", "duplicate"])
def test_podcast_that_is_not_polled_cannot_be_paused(other: str) -> None:
    podcast = added()
    bring_to(podcast, other)
    assert not in_transaction(pause, podcast)
    assert state() == other


@pytest.mark.parametrize("other", ["pending", "refused", "removed", "duplicate", "gone", "active"])
def test_podcast_that_is_not_paused_cannot_be_resumed(other: str) -> None:
    podcast = added()
    bring_to(podcast, other)
    assert not in_transaction(resume, podcast)
    assert state() == other


def test_podcast_is_found_by_id_and_any_spelling_of_url() -> None:
    podcast = added()
    for spelling in (str(podcast), URL, "http://podcast.example/feed.xml"):
        match = in_transaction(find_podcast, spelling)
        assert match is not None
        assert match.id == podcast
    assert in_transaction(find_podcast, "https://other.example/") is None
    assert in_transaction(find_podcast, "nonsense") is None
    assert in_transaction(find_podcast, "9" * 30) is None


def test_secrets_of_private_feed_are_in_crawl_row_only() -> None:
    private = "https://ann:s3cretpw@podcast.example/feed.xml?token=t0ps3cretvalue"
    added(private)
    shown = rows("SELECT row_to_json(p)::text AS json FROM podcast p")[0]["json"]
    assert "s3cretpw" not in shown
    assert "t0ps3cretvalue" not in str(one("SELECT feed_url FROM podcast"))
    assert one("SELECT url FROM crawl") == private
    assert "s3cret" not in str(one("SELECT name FROM host"))


def test_adding_again_does_not_wait_for_references() -> None:
    added()

    def add_without_waiting(session: Session) -> str:
        session.connection().exec_driver_sql("SET LOCAL lock_timeout = '100ms'")
        return add_by_url(session, URL).result

    with transaction() as session:  # like the first appearance of a person in this podcast
        session.connection().exec_driver_sql("SELECT id FROM podcast FOR KEY SHARE")
        assert in_transaction(add_without_waiting) == "already"
