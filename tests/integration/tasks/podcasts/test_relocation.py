"""Feeds that move: relocated to the new URL, merged with a podcast there, and unmerged."""

from collections.abc import Iterator
from typing import Any

import pytest

from models.database import in_transaction
from tasks.podcasts.store.add import add_by_url
from tasks.podcasts.store.remove import remove
from tests.factories import (
    differences,
    execute,
    one,
    rows,
)
from tests.integration.tasks.polling.test_polling import answer, followed, poll, rss
from tests.servers.answers import Answer, redirect
from tests.servers.fault_server import FaultServer

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def _counts_are_exact() -> Iterator[None]:
    yield
    assert differences() == 0


def age_redirects() -> None:
    execute("UPDATE crawl SET redirect_since = redirect_since - interval '3 days'")


def crawl_row(podcast: int) -> dict[str, Any]:
    (row,) = rows(
        "SELECT p.feed_url, c.url, c.redirect_url, c.redirect_polls, p.state FROM podcast p "
        "JOIN crawl c ON c.podcast_id = p.id WHERE p.id = :id",
        id=podcast,
    )
    return row


def test_feed_with_lasting_redirect_is_relocated(
    publisher: FaultServer,
) -> None:
    new = publisher.serve("/new", answer("1"))
    old = publisher.serve("/old", answer("1"), redirect(new, 301))
    podcast = followed(old)
    for _ in range(3):
        poll(podcast)
    assert crawl_row(podcast)["url"] == old
    assert (crawl_row(podcast)["redirect_url"], crawl_row(podcast)["redirect_polls"]) == (new, 2)
    age_redirects()
    poll(podcast)
    row = crawl_row(podcast)
    assert (row["url"], row["feed_url"], row["redirect_url"]) == (new, new, None)
    assert rows("SELECT feed_url, why FROM feed_url_history") == [
        {"feed_url": old, "why": "moved_for_days"}
    ]
    assert poll(podcast).outcome == "unchanged"
    assert one("SELECT count(*) FROM episode") == 1


def test_temporary_redirect_relocates_nothing(publisher: FaultServer) -> None:
    new = publisher.serve("/new", answer("1"))
    podcast = followed(publisher.serve("/old", redirect(new, 302)))
    for _ in range(4):
        poll(podcast)
        age_redirects()
    assert crawl_row(podcast)["redirect_url"] is None
    assert crawl_row(podcast)["url"] == publisher.url("/old")


def test_redirect_that_stops_is_forgotten(publisher: FaultServer) -> None:
    new = publisher.serve("/new", answer("1"))
    podcast = followed(publisher.serve("/old", redirect(new, 301), answer("1")))
    poll(podcast)
    assert crawl_row(podcast)["redirect_url"] == new
    poll(podcast)
    assert crawl_row(podcast)["redirect_url"] is None


def test_gone_feed_relocates_to_its_new_feed_url(publisher: FaultServer) -> None:
    new = publisher.serve("/new", answer("1", "2"))
    element = f"<itunes:new-feed-url>{new}</itunes:new-feed-url></channel>".encode()
    body = (
        rss("1")
        .replace(b"</channel>", element)
        .replace(b"<rss ", b'<rss xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" ')
    )
    podcast = followed(publisher.serve("/old", Answer(body=body), Answer(404)))
    poll(podcast)
    assert crawl_row(podcast)["url"] == publisher.url(
        "/old"
    )  # new_feed_url alone relocates nothing
    poll(podcast)
    assert crawl_row(podcast)["url"] == new
    assert poll(podcast).new == 1


def test_former_url_still_finds_its_podcast(publisher: FaultServer) -> None:
    new = publisher.serve("/new", answer("1"))
    old = publisher.serve("/old", redirect(new, 301))
    podcast = followed(old)
    poll(podcast)
    age_redirects()
    poll(podcast)
    age_redirects()
    poll(podcast)
    assert crawl_row(podcast)["url"] == new
    again = in_transaction(add_by_url, old)
    assert (again.result, again.podcast_id) == ("already", podcast)
    assert one("SELECT count(*) FROM podcast") == 1


def test_relocation_merges_podcasts_with_the_same_url(publisher: FaultServer) -> None:
    new = publisher.serve("/new", answer("2", "1"))
    survivor = followed(new)
    poll(survivor)
    old = publisher.serve("/old", answer("1", "2"), redirect(new, 301))
    podcast = followed(old)
    for _ in range(3):
        poll(podcast)
        age_redirects()
    poll(podcast)
    assert crawl_row(podcast)["state"] == "duplicate"
    assert one("SELECT duplicate_of FROM podcast WHERE id = :id", id=podcast) == survivor
    counted = rows("SELECT podcast_id, guid FROM episode WHERE duplicate_of IS NULL ORDER BY guid")
    assert [(row["podcast_id"], row["guid"]) for row in counted] == [
        (survivor, "1"),
        (survivor, "2"),
    ]


def test_redirect_does_not_restore_removed_podcast(
    publisher: FaultServer,
) -> None:
    new = publisher.serve("/new", answer("1"))
    removed = followed(new)
    poll(removed)
    in_transaction(remove, removed)
    podcast = followed(publisher.serve("/old", answer("1"), redirect(new, 301)))
    for _ in range(4):
        poll(podcast)
        age_redirects()
    assert crawl_row(podcast)["url"] == publisher.url("/old")
    assert crawl_row(removed)["state"] == "removed"
