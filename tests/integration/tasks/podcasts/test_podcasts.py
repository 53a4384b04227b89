"""Following, pausing, removing: each podcast once, under any spelling, and without its secrets."""

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


def followed(url: str = URL, *, seen: bool = True) -> int:
    """A podcast that was asked for, and whose feed was seen unless told otherwise."""
    podcast_id = in_transaction(add_by_url, url).podcast_id
    assert podcast_id is not None
    if seen:
        execute("UPDATE podcast SET state = 'active', title = 'A podcast' WHERE id = :id",
                id=podcast_id)  # fmt: skip
        execute("UPDATE crawl SET last_ok_at = now(), next_poll_at = now() + interval '1 hour'")
    return podcast_id


def state() -> str:
    return str(one("SELECT state FROM podcast"))


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
def test_another_spelling_of_an_address_is_the_same_podcast(spelling: str) -> None:
    first = followed()
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
def test_an_address_that_is_never_fetched_is_refused_with_a_reason(url: str, reason: str) -> None:
    refused = in_transaction(add_by_url, url)
    assert (refused.result, refused.reason) == ("refused", reason)
    assert refused.message
    assert one("SELECT count(*) FROM podcast") == 0


def test_the_longest_address_that_is_accepted_can_be_stored() -> None:
    noise = secrets.token_urlsafe(3500)[:4000]
    assert in_transaction(add_by_url, f"https://podcast.example/{noise}").result == "added"


def test_a_new_podcast_is_due_at_once_and_not_yet_shown_as_one() -> None:
    followed(seen=False)
    assert state() == "pending"
    assert one("SELECT next_poll_at <= clock_timestamp() FROM crawl")
    assert one("SELECT next_due_at <= clock_timestamp() FROM host")


def test_a_paused_podcast_is_not_polled_and_still_counts() -> None:
    podcast = followed()
    in_transaction(store, in_transaction(add_episode, podcast), spoken("Ann Smith: Hello."))
    assert in_transaction(pause, podcast)
    assert (state(), next_poll()) == ("paused", None)
    assert figures()["Ann Smith"][0] == 1
    assert not in_transaction(pause, podcast)
    assert in_transaction(resume, podcast)
    assert state() == "active"
    assert one("SELECT next_poll_at <= clock_timestamp() FROM crawl")


def test_a_removed_podcast_leaves_a_tombstone_and_comes_back_whole() -> None:
    podcast = followed()
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


def test_a_podcast_removed_before_it_was_ever_seen_is_pending_when_it_is_asked_for_again() -> None:
    podcast = followed(seen=False)
    in_transaction(remove, podcast)
    in_transaction(add_by_url, URL)
    assert state() == "pending"


@pytest.mark.parametrize("other", ["pending", "refused", "removed", "duplicate"])
def test_only_what_is_polled_can_be_paused(other: str) -> None:
    podcast = followed()
    execute("UPDATE podcast SET state = :state", state=other)
    assert not in_transaction(pause, podcast)
    assert state() == other


@pytest.mark.parametrize("other", ["pending", "refused", "removed", "duplicate", "gone", "active"])
def test_only_what_is_paused_can_be_resumed(other: str) -> None:
    podcast = followed()
    execute("UPDATE podcast SET state = :state", state=other)
    assert not in_transaction(resume, podcast)
    assert state() == other


def test_a_podcast_is_found_by_its_id_and_by_any_spelling_of_its_address() -> None:
    podcast = followed()
    for said in (str(podcast), URL, "http://podcast.example/feed.xml"):
        found = in_transaction(find_podcast, said)
        assert found is not None
        assert found.id == podcast
    assert in_transaction(find_podcast, "https://other.example/") is None
    assert in_transaction(find_podcast, "nonsense") is None
    assert in_transaction(find_podcast, "9" * 30) is None


def test_the_secrets_of_a_private_feed_are_in_its_crawl_row_only() -> None:
    private = "https://ann:s3cretpw@podcast.example/feed.xml?token=t0ps3cretvalue"
    followed(private)
    shown = rows("SELECT row_to_json(p)::text AS said FROM podcast p")[0]["said"]
    assert "s3cretpw" not in shown
    assert "t0ps3cretvalue" not in str(one("SELECT feed_url FROM podcast"))
    assert one("SELECT url FROM crawl") == private
    assert "s3cret" not in str(one("SELECT name FROM host"))


def test_following_again_does_not_wait_for_who_refers_to_the_podcast() -> None:
    followed()

    def impatiently(session: Session) -> str:
        session.connection().exec_driver_sql("SET LOCAL lock_timeout = '100ms'")
        return add_by_url(session, URL).result

    with transaction() as session:  # as the row of a person's first appearance in it does
        session.connection().exec_driver_sql("SELECT id FROM podcast FOR KEY SHARE")
        assert in_transaction(impatiently) == "already"
