"""Archive pages (RFC 5005) are read one by one, to their end and no further."""

from typing import Any

import pytest

from models import get_settings
from models.database import in_transaction
from tasks.podcasts.store.due_times import schedule_poll_now
from tests.factories import NOW, execute, one, rows
from tests.integration.tasks.polling.test_polling import crawl, followed, poll, rss
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer

ATOM = 'xmlns:atom="http://www.w3.org/2005/Atom"'


def page(*guids: str, title: str = "A podcast", **links: str) -> Answer:
    """A document with links such as ``next="/2"`` and ``prev_archive="/2"``."""
    written = "".join(
        f'<atom:link rel="{relation.replace("_", "-")}" href="{url}"/>'
        for relation, url in links.items()
    )
    body = rss(*guids, title=title).decode().replace("<rss ", f"<rss {ATOM} ", 1)
    return Answer(body=body.replace("<channel>", f"<channel>{written}", 1).encode())


def progress() -> dict[str, Any]:
    (row,) = rows("SELECT * FROM archive_progress")
    return row


def guids() -> list[str]:
    return [row["guid"] for row in rows("SELECT guid FROM episode ORDER BY guid")]


def add_pages(publisher: FaultServer, **pages: Answer) -> int:
    """Add a podcast whose feed is ``head``; the archive pages are served under their names."""
    for name, answer in pages.items():
        publisher.serve(f"/{name}", answer)
    return followed(publisher.url("/head"))


@pytest.mark.parametrize("relation", ["next", "prev_archive"])
def test_each_poll_reads_one_archive_page(publisher: FaultServer, relation: str) -> None:
    podcast = add_pages(
        publisher,
        head=page("5", "4", **{relation: "/b"}),
        b=page("3", "2", **{relation: "/c", "prev": "/head"}),
        c=page("1"),
    )
    assert poll(podcast).new == 2
    assert (crawl()["next_poll_reason"], progress()["state"]) == ("archive", "reading")
    assert 55 < crawl()["wait"] < 70
    assert poll(podcast).new == 2
    assert (progress()["pages"], progress()["next_url"]) == (1, publisher.url("/c"))
    assert poll(podcast).new == 1
    assert guids() == ["1", "2", "3", "4", "5"]
    ended = progress()
    assert (ended["state"], ended["reason"], ended["pages"], ended["new"]) == (
        ("done", "all_read", 2, 3)
    )
    assert crawl()["next_poll_at"] == ended["feed_due_at"]
    assert crawl()["next_poll_reason"] != "archive"
    assert poll(podcast).outcome == "unchanged"
    assert [request.path for request in publisher.requests] == ["/head", "/b", "/c", "/head"]


def test_archive_page_changes_no_known_episode(publisher: FaultServer) -> None:
    old = page("2", "1", title="The old title")
    edited = Answer(body=old.body.replace(b"Episode 2", b"Before the edit"))
    podcast = add_pages(publisher, head=page("2", title="The title", next="/b"), b=edited)
    poll(podcast)
    before = rows("SELECT xmin::text FROM podcast UNION ALL SELECT xmin::text FROM episode")
    stored_body = one("SELECT body FROM feed_body")
    assert poll(podcast).new == 1
    after = rows(
        "SELECT xmin::text FROM podcast UNION ALL SELECT xmin::text FROM episode WHERE guid = '2'"
    )
    assert after == before
    assert one("SELECT title FROM episode WHERE guid = '2'") == "Episode 2"
    assert one("SELECT body FROM feed_body") == stored_body
    assert crawl()["body_hash"] is not None


def test_archive_pages_in_a_loop_end_the_archive(publisher: FaultServer) -> None:
    podcast = add_pages(
        publisher,
        head=page("4", next="/b"),
        b=page("3", next="/c"),
        c=page("2", next="/b"),
    )
    for _ in range(3):
        poll(podcast)
    assert (progress()["state"], progress()["reason"]) == ("failed", "page_loop")
    assert guids() == ["2", "3", "4"]
    assert crawl()["next_poll_reason"] != "archive"


def test_archive_page_back_to_feed_is_a_loop(publisher: FaultServer) -> None:
    podcast = add_pages(publisher, head=page("2", next="/b"), b=page("1", next="/head"))
    for _ in range(2):
        poll(podcast)
    assert progress()["reason"] == "page_loop"


def test_endless_archive_ends_at_the_setting(
    publisher: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVERHEARD_FEED_MAX_ARCHIVE_PAGES", "3")
    get_settings.cache_clear()
    publisher.serve("/head", page("0", next="/1"))
    for n in range(1, 9):
        publisher.serve(f"/{n}", page(f"{n}", next=f"/{n + 1}"))
    podcast = followed(publisher.url("/head"))
    for _ in range(4):
        poll(podcast)
    assert guids() == ["0", "1", "2", "3"]
    assert (progress()["state"], progress()["reason"]) == ("failed", "too_many_pages")


def test_setting_of_zero_reads_no_archive_page(
    publisher: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVERHEARD_FEED_MAX_ARCHIVE_PAGES", "0")
    get_settings.cache_clear()
    poll(add_pages(publisher, head=page("1", next="/b")))
    assert rows("SELECT * FROM archive_progress") == []
    assert crawl()["next_poll_reason"] != "archive"


@pytest.mark.parametrize(
    ("bad", "reason", "state"),
    [
        (Answer(404), "http_404", "failed"),
        (Answer(500), "http_500", "reading"),
        (Answer(429, headers={"Retry-After": "7200"}), "http_429", "reading"),
        (Answer(body=b"<!doctype html><html></html>"), "html", "failed"),
        (Answer(body=rss("1")[:-30]), "truncated", "reading"),
        (Answer(302, headers={"Location": "http://10.0.0.1/"}), "address_refused", "failed"),
        (Answer(302, headers={"Location": "file:///etc/passwd"}), "scheme_refused", "failed"),
    ],
)
def test_failed_archive_page_records_reason_only(
    publisher: FaultServer, bad: Answer, reason: str, state: str
) -> None:
    podcast = add_pages(publisher, head=page("2", next="/b"), b=bad)
    poll(podcast)
    assert poll(podcast).reason == reason
    failed = progress()
    assert (failed["state"], failed["reason"], failed["error_count"]) == (state, reason, 1)
    assert failed["next_url"] == (publisher.url("/b") if state == "reading" else None)
    row = crawl()
    assert (row["error_count"], row["failing_since"], row["claim_token"]) == (0, None, None)
    assert row["next_poll_at"] > row["polled_at"]
    assert guids() == ["2"]


def test_failing_archive_page_is_given_up(
    publisher: FaultServer,
) -> None:
    podcast = add_pages(publisher, head=page("2", next="/b"), b=Answer(500))
    poll(podcast)
    execute("UPDATE archive_progress SET feed_due_at = now() + interval '30 days'")
    for _ in range(5):
        assert crawl()["next_poll_reason"] == "archive"
        poll(podcast)
    assert (progress()["state"], progress()["reason"]) == ("failed", "http_500")
    assert poll(podcast).outcome == "unchanged"


def test_requested_feed_goes_before_its_archive(publisher: FaultServer) -> None:
    podcast = add_pages(publisher, head=page("2", next="/b"), b=page("1"))
    poll(podcast)
    in_transaction(schedule_poll_now, [podcast], NOW, skip_validators=False)
    poll(podcast)
    assert [request.path for request in publisher.requests] == ["/head", "/head"]
    poll(podcast)
    assert guids() == ["1", "2"]


def test_new_archive_is_read_up_to_the_known_one(
    publisher: FaultServer,
) -> None:
    podcast = add_pages(
        publisher,
        head=page("3", prev_archive="/2025"),
        **{"2025": page("2", prev_archive="/2024"), "2024": page("1")},
    )
    for _ in range(3):
        poll(podcast)
    publisher.serve("/head", page("5", prev_archive="/2026"))
    publisher.serve("/2026", page("4", "3", prev_archive="/2025"))
    sent = len(publisher.requests)
    for _ in range(2):
        poll(podcast)
    assert [request.path for request in publisher.requests[sent:]] == ["/head", "/2026"]
    assert guids() == ["1", "2", "3", "4", "5"]
    assert progress()["reason"] == "all_read"


def test_failed_archive_is_read_again_on_request(publisher: FaultServer) -> None:
    podcast = add_pages(publisher, head=page("2", next="/b"), b=Answer(404))
    for _ in range(2):
        poll(podcast)
    publisher.serve("/b", page("1"))
    in_transaction(schedule_poll_now, [podcast], NOW, skip_validators=True)
    for _ in range(2):
        poll(podcast)
    assert guids() == ["1", "2"]
    assert progress()["state"] == "done"


def test_credentials_are_sent_to_archive_but_not_stored(
    publisher: FaultServer,
) -> None:
    publisher.serve("/head", page("2", next="/b"))
    publisher.serve("/b", page("1"))
    private = publisher.url("/head").replace("http://", "http://me:secret@")
    podcast = followed(private)
    for _ in range(2):
        poll(podcast)
    (seen,) = publisher.seen("/b")
    assert seen.headers["authorization"].startswith("Basic ")
    assert "secret" not in str(rows("SELECT next_url, first_url, seen FROM archive_progress"))
