"""Notifications on standard input, and what every notification does to a feed."""

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
from workers.cli.podping import url_batches

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


def test_podping_known_feeds_due_others_counted(run: Run, given: Feed) -> None:
    podcast = in_transaction(add_podcast, url="https://podcast.example/feed", due=LATER)
    other = in_transaction(add_podcast, url="https://other.example/feed", due=LATER)
    execute("UPDATE crawl SET next_poll_at = now() + interval '6 hours', polled_at = :t", t=NOW)
    given(
        b"http://podcast.example/feed/\r\n\n# a comment\nhttps://nobody.example/\n"
        b"not a URL\nftp://podcast.example/feed\n\xff\xfe\nhttps://podcast.example/feed"
    )
    ended = run("podping", "--json")
    assert ended.code == 0
    assert ended.json == {"lines": 6, "followed": 2, "brought_forward": 1, "unknown": 4}
    due = rows("SELECT podcast_id, notified_by FROM crawl WHERE next_poll_at <= now()")
    assert due == [{"podcast_id": podcast, "notified_by": "podping"}]
    assert other != podcast


def test_podping_empty_input_counts_nothing(run: Run, given: Feed) -> None:
    given(b"")
    assert run("podping").out.startswith("0 URLs")


def test_podping_each_line_is_read_on_arrival() -> None:
    reading, writing = os.pipe()
    batches: list[list[str]] = []
    first = threading.Event()

    def read() -> None:
        with os.fdopen(reading, "rb") as stream:
            for batch in url_batches(stream):
                batches.append(batch)
                first.set()

    reader = threading.Thread(target=read)
    reader.start()
    os.write(writing, b"https://one.example/\nhttps://tw")
    assert first.wait(30)
    assert batches == [["https://one.example/"]]
    os.write(writing, b"o.example/\n" + b"x" * 200_000 + b"\nhttps://three.example/")
    os.close(writing)
    reader.join(30)
    urls = [url for batch in batches for url in batch]
    assert urls[:2] == ["https://one.example/", "https://two.example/"]
    assert urls[3:] == ["https://three.example/"]
    assert len(urls[2]) > 4096  # too long for a URL


def notify(*urls: str, now: object = NOW) -> NotificationResult:
    return in_transaction(apply_notifications, urls, "podping", now)


@pytest.mark.usefixtures("database")
class TestNotified:
    """What a notification does to a feed."""

    def test_notification_former_url_finds_the_podcast(self) -> None:
        survivor = in_transaction(add_podcast, url="https://new.example/", due=LATER)
        merged = in_transaction(add_podcast, url="https://merged.example/", due=None)
        execute(
            "INSERT INTO feed_url_history (podcast_id, url_key, feed_url, left_at, why) "
            "VALUES (:id, 'old.example/', 'https://old.example/', :now, 'https')",
            id=survivor,
            now=NOW,
        )
        execute(
            "UPDATE podcast SET state = 'duplicate', duplicate_of = :to WHERE id = :id",
            id=merged,
            to=survivor,
        )
        assert notify("https://old.example/") == NotificationResult(1, 1, 0)
        assert one("SELECT next_poll_reason FROM crawl WHERE podcast_id = :id", id=survivor) == (
            "notified"
        )
        execute("UPDATE crawl SET next_poll_at = :at WHERE podcast_id = :id", at=LATER, id=survivor)
        assert notify("http://merged.example") == NotificationResult(1, 1, 0)

    def test_notification_makes_the_host_due(self) -> None:
        in_transaction(add_podcast, url="https://a.example/", due=LATER)
        notify("https://a.example/")
        assert one("SELECT next_due_at FROM host") == NOW

    @pytest.mark.parametrize(
        ("polled", "errors", "due"),
        [
            (MINUTE / 2, 0, MINUTE / 2),
            (2 * MINUTE, 0, 0 * MINUTE),
            (2 * MINUTE, 3, 8 * MINUTE),
            (timedelta(hours=1), 3, 0 * MINUTE),
        ],
    )
    def test_notification_waits_after_the_last_poll(
        self, polled: timedelta, errors: int, due: timedelta
    ) -> None:
        in_transaction(add_podcast, url="https://a.example/", due=LATER)
        execute("UPDATE crawl SET polled_at = :at, error_count = :n", at=NOW - polled, n=errors)
        notify("https://a.example/")
        assert one("SELECT next_poll_at FROM crawl") == NOW + due

    def test_notification_earlier_due_time_stays(self) -> None:
        in_transaction(add_podcast, url="https://a.example/", due=NOW - MINUTE)
        assert notify("https://a.example/").brought_forward == 0
        row = rows("SELECT next_poll_at, next_poll_reason, notified_by FROM crawl")[0]
        assert list(row.values()) == [NOW - MINUTE, "new", "podping"]

    def test_notification_paused_feed_stays_paused(self) -> None:
        in_transaction(add_podcast, url="https://a.example/", due=None)
        assert notify("https://a.example/") == NotificationResult(0, 1, 0)
        assert one("SELECT next_poll_at FROM crawl") is None

    def test_notification_retry_after_is_respected(self) -> None:
        in_transaction(add_podcast, url="https://a.example/", due=LATER)
        execute("UPDATE crawl SET next_poll_reason = 'retry_after'")
        notify("https://a.example/")
        assert one("SELECT next_poll_at FROM crawl") == LATER
