"""Feeds that move: followed to the new address, merged with what is there, and told apart again."""

from collections.abc import Iterator
from typing import Any

import pytest

from models.database import in_transaction
from tasks.podcasts.store.add import add_by_url
from tasks.podcasts.store.merge import merge_podcasts, unmerge_podcast
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
from tests.integration.tasks.polling.test_polling import answer, followed, poll, rss
from tests.servers.answers import Answer, redirect
from tests.servers.fault_server import FaultServer

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def _counts_hold() -> Iterator[None]:
    yield
    assert differences() == 0


def let_days_pass() -> None:
    execute("UPDATE crawl SET redirect_since = redirect_since - interval '3 days'")


def address(podcast: int) -> dict[str, Any]:
    (row,) = rows(
        "SELECT p.feed_url, c.url, c.redirect_url, c.redirect_polls, p.state FROM podcast p "
        "JOIN crawl c ON c.podcast_id = p.id WHERE p.id = :id",
        id=podcast,
    )
    return row


def test_a_feed_that_redirects_for_days_is_followed_to_its_new_address(
    publisher: FaultServer,
) -> None:
    new = publisher.serve("/new", answer("1"))
    old = publisher.serve("/old", answer("1"), redirect(new, 301))
    podcast = followed(old)
    for _ in range(3):
        poll(podcast)
    assert address(podcast)["url"] == old
    assert (address(podcast)["redirect_url"], address(podcast)["redirect_polls"]) == (new, 2)
    let_days_pass()
    poll(podcast)
    row = address(podcast)
    assert (row["url"], row["feed_url"], row["redirect_url"]) == (new, new, None)
    assert rows("SELECT feed_url, why FROM feed_url_history") == [
        {"feed_url": old, "why": "moved_for_days"}
    ]
    assert poll(podcast).outcome == "unchanged"
    assert one("SELECT count(*) FROM episode") == 1


def test_a_temporary_redirect_moves_nobody(publisher: FaultServer) -> None:
    new = publisher.serve("/new", answer("1"))
    podcast = followed(publisher.serve("/old", redirect(new, 302)))
    for _ in range(4):
        poll(podcast)
        let_days_pass()
    assert address(podcast)["redirect_url"] is None
    assert address(podcast)["url"] == publisher.url("/old")


def test_a_redirect_that_stops_is_forgotten(publisher: FaultServer) -> None:
    new = publisher.serve("/new", answer("1"))
    podcast = followed(publisher.serve("/old", redirect(new, 301), answer("1")))
    poll(podcast)
    assert address(podcast)["redirect_url"] == new
    poll(podcast)
    assert address(podcast)["redirect_url"] is None


def test_an_address_that_is_gone_is_left_for_what_the_feed_said(publisher: FaultServer) -> None:
    new = publisher.serve("/new", answer("1", "2"))
    hint = f"<itunes:new-feed-url>{new}</itunes:new-feed-url></channel>".encode()
    body = (
        rss("1")
        .replace(b"</channel>", hint)
        .replace(b"<rss ", b'<rss xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" ')
    )
    podcast = followed(publisher.serve("/old", Answer(body=body), Answer(404)))
    poll(podcast)
    assert address(podcast)["url"] == publisher.url("/old")  # a hint alone moves nobody
    poll(podcast)
    assert address(podcast)["url"] == new
    assert poll(podcast).new == 1


def test_an_address_that_was_left_still_means_its_podcast(publisher: FaultServer) -> None:
    new = publisher.serve("/new", answer("1"))
    old = publisher.serve("/old", redirect(new, 301))
    podcast = followed(old)
    poll(podcast)
    let_days_pass()
    poll(podcast)
    let_days_pass()
    poll(podcast)
    assert address(podcast)["url"] == new
    again = in_transaction(add_by_url, old)
    assert (again.result, again.podcast_id) == ("already", podcast)
    assert one("SELECT count(*) FROM podcast") == 1


def test_two_addresses_of_one_podcast_become_one(publisher: FaultServer) -> None:
    new = publisher.serve("/new", answer("2", "1"))
    survivor = followed(new)
    poll(survivor)
    old = publisher.serve("/old", answer("1", "0"), redirect(new, 301))
    podcast = followed(old)
    for _ in range(3):
        poll(podcast)
        let_days_pass()
    poll(podcast)
    assert address(podcast)["state"] == "duplicate"
    assert one("SELECT duplicate_of FROM podcast WHERE id = :id", id=podcast) == survivor
    kept = rows("SELECT guid FROM episode WHERE podcast_id = :id ORDER BY guid", id=survivor)
    assert [row["guid"] for row in kept] == ["0", "1", "2"]


def test_a_podcast_that_was_removed_is_not_brought_back_by_a_redirect(
    publisher: FaultServer,
) -> None:
    new = publisher.serve("/new", answer("1"))
    removed = followed(new)
    poll(removed)
    in_transaction(remove, removed)
    podcast = followed(publisher.serve("/old", answer("1"), redirect(new, 301)))
    for _ in range(4):
        poll(podcast)
        let_days_pass()
    assert address(podcast)["url"] == publisher.url("/old")
    assert address(removed)["state"] == "removed"


def two_podcasts() -> tuple[int, int]:
    """Two addresses of one podcast: one episode in both, and one that only the second has."""
    first, second = (in_transaction(add_podcast) for _ in range(2))
    for podcast, guids in ((first, ("a",)), (second, ("a", "b"))):
        for guid in guids:
            episode = in_transaction(add_episode, podcast, guid=guid)
            in_transaction(store, episode, spoken("Jane Doe: one", "Jane Doe: two"))
    return first, second


def test_merging_counts_what_is_in_both_once_and_loses_nothing() -> None:
    first, second = two_podcasts()
    before = figures()
    merged = in_transaction(merge_podcasts, duplicate_id=second, survivor_id=first)
    assert (merged.same, merged.received) == (1, 1)
    assert one("SELECT appearances FROM person") == 4
    assert one("SELECT podcasts FROM person") == 1
    assert differences() == 0
    assert in_transaction(unmerge_podcast, second)
    assert figures() == before


def test_what_was_only_read_for_the_duplicate_is_read_again_for_the_survivor() -> None:
    first, second = (in_transaction(add_podcast) for _ in range(2))
    unread = in_transaction(add_episode, first, guid="a")
    read = in_transaction(add_episode, second, guid="a", transcripts=["https://t.example/a"])
    in_transaction(store, read, spoken("Jane Doe: one"))
    execute("UPDATE transcript SET is_selected = true, body_hash = 'x'")
    merged = in_transaction(merge_podcasts, duplicate_id=second, survivor_id=first)
    assert merged.read_again == 1
    assert rows("SELECT subject, stage FROM job") == [{"subject": unread, "stage": "parse"}]


def test_unmerging_what_was_never_merged_does_nothing() -> None:
    first, _ = two_podcasts()
    assert not in_transaction(unmerge_podcast, first)
