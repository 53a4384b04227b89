"""News of feeds on standard input, and the one door that all hints come through."""

import io
import os
import sys
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from models.database import in_transaction
from tasks.podcasts.store.notifications import NotificationResult, apply_notifications
from tests.factories import NOW, add_podcast, execute, one, rows
from tests.integration.commands import Run, run
from workers.cli.podping import addresses

__all__ = ["run"]

LATER = NOW + timedelta(hours=6)
MINUTE = timedelta(minutes=1)

Feed = Callable[[bytes], None]


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Feed:
    """Put bytes on standard input."""

    def give(data: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    return give


def test_followed_feeds_are_due_and_the_others_are_counted(run: Run, given: Feed) -> None:
    podcast = in_transaction(add_podcast, url="https://podcast.example/feed", due=LATER)
    other = in_transaction(add_podcast, url="https://other.example/feed", due=LATER)
    execute("UPDATE crawl SET next_poll_at = now() + interval '6 hours', polled_at = :t", t=NOW)
    given(
        b"http://podcast.example/feed/\r\n\n# a comment\nhttps://nobody.example/\n"
        b"not an address\nftp://podcast.example/feed\n\xff\xfe\nhttps://podcast.example/feed"
    )
    found = run("podping", "--json")
    assert found.code == 0
    assert found.json == {"lines": 6, "followed": 2, "hastened": 1, "unknown": 4}
    due = rows("SELECT podcast_id, notified_by FROM crawl WHERE next_poll_at <= now()")
    assert due == [{"podcast_id": podcast, "notified_by": "podping"}]
    assert other != podcast


def test_it_says_what_came_of_it_and_nothing_is_nothing(run: Run, given: Feed) -> None:
    given(b"")
    assert run("podping").out.startswith("0 addresses")


def test_each_line_takes_effect_when_it_comes() -> None:
    reading, writing = os.pipe()
    seen: list[list[str]] = []
    first = threading.Event()

    def read() -> None:
        with os.fdopen(reading, "rb") as stream:
            for group in addresses(stream):
                seen.append(group)
                first.set()

    reader = threading.Thread(target=read)
    reader.start()
    os.write(writing, b"https://one.example/\nhttps://tw")
    assert first.wait(30)
    assert seen == [["https://one.example/"]]
    os.write(writing, b"o.example/\n" + b"x" * 200_000 + b"\nhttps://three.example/")
    os.close(writing)
    reader.join(30)
    urls = [url for group in seen for url in group]
    assert urls[:2] == ["https://one.example/", "https://two.example/"]
    assert urls[3:] == ["https://three.example/"]
    assert len(urls[2]) > 4096  # no address


def tell(*urls: str, now: object = NOW) -> NotificationResult:
    return in_transaction(apply_notifications, urls, "podping", now)


@pytest.mark.usefixtures("database")
class TestNotified:
    """What a hint does to a feed."""

    def test_a_feed_that_moved_or_was_merged_is_known_by_its_former_address(self) -> None:
        survivor = in_transaction(add_podcast, url="https://new.example/", due=LATER)
        merged = in_transaction(add_podcast, url="https://merged.example/", due=None)
        execute(
            "INSERT INTO feed_url_history (podcast_id, url_key, feed_url, left_at, why) "
            "VALUES (:id, 'old.example/', 'https://old.example/', :now, 'https')",
            id=survivor, now=NOW,
        )  # fmt: skip
        execute(
            "UPDATE podcast SET state = 'duplicate', duplicate_of = :to WHERE id = :id",
            id=merged, to=survivor,
        )  # fmt: skip
        assert tell("https://old.example/") == NotificationResult(1, 1, 0)
        assert one("SELECT next_poll_reason FROM crawl WHERE podcast_id = :id", id=survivor) == (
            "notified"
        )
        execute("UPDATE crawl SET next_poll_at = :at WHERE podcast_id = :id", at=LATER, id=survivor)
        assert tell("http://merged.example") == NotificationResult(1, 1, 0)

    def test_its_host_is_due_with_it(self) -> None:
        in_transaction(add_podcast, url="https://a.example/", due=LATER)
        tell("https://a.example/")
        assert one("SELECT next_due_at FROM host") == NOW

    @pytest.mark.parametrize(
        ("polled", "errors", "due"),
        [(MINUTE / 2, 0, MINUTE / 2), (2 * MINUTE, 0, 0 * MINUTE), (2 * MINUTE, 3, 8 * MINUTE),
         (timedelta(hours=1), 3, 0 * MINUTE)],
    )  # fmt: skip
    def test_there_is_a_distance_to_the_last_look(
        self, polled: timedelta, errors: int, due: timedelta
    ) -> None:
        in_transaction(add_podcast, url="https://a.example/", due=LATER)
        execute("UPDATE crawl SET polled_at = :at, error_count = :n", at=NOW - polled, n=errors)
        tell("https://a.example/")
        assert one("SELECT next_poll_at FROM crawl") == NOW + due

    def test_one_that_is_due_sooner_stays_so(self) -> None:
        in_transaction(add_podcast, url="https://a.example/", due=NOW - MINUTE)
        assert tell("https://a.example/").brought_forward == 0
        row = rows("SELECT next_poll_at, next_poll_reason, notified_by FROM crawl")[0]
        assert list(row.values()) == [NOW - MINUTE, "new", "podping"]

    def test_one_that_is_paused_stays_so(self) -> None:
        in_transaction(add_podcast, url="https://a.example/", due=None)
        assert tell("https://a.example/") == NotificationResult(0, 1, 0)
        assert one("SELECT next_poll_at FROM crawl") is None

    def test_one_whose_server_said_when_stays_so(self) -> None:
        in_transaction(add_podcast, url="https://a.example/", due=LATER)
        execute("UPDATE crawl SET next_poll_reason = 'retry_after'")
        tell("https://a.example/")
        assert one("SELECT next_poll_at FROM crawl") == LATER
