"""Every kind of bad response: the crawl row, the next poll and the log line that follow."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import NamedTuple

import pytest
from structlog.testing import capture_logs

from models import get_settings
from tasks.polling.poller import poll_claimed_feeds
from tests.factories import claim_by_hand, execute, one
from tests.integration.tasks.polling.test_polling import answer, crawl, followed, poll, rss
from tests.servers.answers import Answer, encoded, gzip_bomb, gzipped, redirect, trickle, zstd_bomb
from tests.servers.fault_server import FaultServer

MINUTES, HOUR, DAY = 600.0, 3600.0, 86_400.0
BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "'
    + b"lol" * 1000
    + b'">'
    + b"".join(b'<!ENTITY %c "&%c;&%c;">' % (c + 1, c, c) for c in range(ord("a"), ord("z")))
    + b"]><rss><channel><title>&z;</title></channel></rss>"
)


class Fault(NamedTuple):
    """A faulty response of a polled feed, and the expected result.

    ``first`` is the backoff after a first failure in seconds, plus or minus a quarter by jitter.
    """

    name: str
    bad: Answer
    reason: str
    status: int | None = None
    first: float = MINUTES
    next_reason: str = "backoff"


def retry_after(seconds: int) -> dict[str, str]:
    return {"Retry-After": str(seconds)}


FAULTS = [
    *(
        Fault(f"status {status}", Answer(status), f"http_{status}", status, first)
        for status, first in (
            *((status, HOUR) for status in (400, 401, 402, 403, 404, 405, 406, 418, 451)),
            *((status, MINUTES) for status in (408, 425, 429, 500, 502, 503, 504, 521, 599)),
        )
    ),
    Fault("gone", Answer(410), "http_410", 410, 30 * DAY, "gone"),
    Fault("no content", Answer(204, no_length=True), "empty", 204, HOUR),
    Fault("a part", Answer(206, body=rss("2")), "http_206", 206, HOUR),
    Fault("rest", Answer(429, headers=retry_after(7200)), "http_429", 429, 2 * HOUR, "retry_after"),
    Fault("down", Answer(503, headers=retry_after(5400)), "http_503", 503, 1.5 * HOUR,
        "retry_after"),
    Fault("delay", answer("2", delay_seconds=30), "timeout"),
    Fault("trickle", trickle(rss("2"), seconds=0.1), "timeout"),
    Fault("silence", Answer(hang=True), "timeout"),
    Fault("reset", Answer(reset=True), "dropped"),
    Fault("drop", Answer(body=rss("2"), drop_after=40), "truncated", None, HOUR),
    Fault("drop of chunks", Answer(body=rss("2"), chunked=True, drop_after=40), "truncated", None,
        HOUR),
    Fault("truncation", Answer(body=rss("2")[:-30]), "truncated", 200, HOUR),
    Fault("cut gzip", encoded("gzip", gzipped(rss("2")).body[:-9]), "truncated", None, HOUR),
    Fault("length too long", Answer(body=rss("2"), content_length=9999), "truncated", None, HOUR),
    Fault("too large", Answer(body=rss("2") + b" " * 300_000), "too_large", None, HOUR),
    Fault("gzip bomb", gzip_bomb(4), "too_large", None, HOUR),
    Fault("zstd bomb", zstd_bomb(4), "too_large", None, HOUR),
    Fault("bomb in XML", Answer(body=BOMB), "entity_bomb", 200, HOUR),
    Fault("brotli", encoded("br", b"\x0b\x02\x80<rss/>\x03"), "bad_encoding", None, HOUR),
    Fault("no gzip", encoded("gzip", b"\x1f\x8b\x00 is no gzip"), "bad_encoding", None, HOUR),
    Fault("not HTTP", Answer(raw=b"SSH-2.0-OpenSSH_9.6\r\n"), "protocol_error", None, HOUR),
    Fault("a page", Answer(body=b"<!doctype html><html><body>Log in</body></html>"), "html", 200,
        HOUR),
    Fault("nothing", Answer(body=b""), "empty", 200, HOUR),
    Fault("circle", redirect("/feed"), "redirect_loop", None, HOUR),
    Fault("to a file", redirect("file:///etc/passwd"), "scheme_refused", None, HOUR),
    Fault("to a private address", redirect("http://10.0.0.1/"), "address_refused", None, HOUR),
    Fault("to the inside", redirect("http://169.254.169.254/latest"), "address_refused", None,
        HOUR),
    Fault("to a mapped address", redirect("http://[::ffff:10.0.0.1]/"), "address_refused", None,
        HOUR),
    Fault("to a number", redirect("http://2130706433/"), "bad_url", None, HOUR),
    Fault("to an octal number", redirect("http://0177.0.0.1/"), "bad_url", None, HOUR),
    Fault("to userinfo", redirect("http://good.example@10.0.0.1/"), "address_refused", None, HOUR),
    Fault("to another port", redirect("http://93.184.215.14:25/"), "port_refused", None, HOUR),
    Fault("to nowhere", Answer(302), "http_302", 302, HOUR),
]  # fmt: skip


@pytest.fixture(autouse=True)
def _short_limits(publisher: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    del publisher
    monkeypatch.setenv("OVERHEARD_FEED_MAX_BYTES", "200000")
    get_settings.cache_clear()


def shorten_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVERHEARD_FETCH_DEADLINE_SECONDS", "0.3")
    get_settings.cache_clear()


def polled_feed(publisher: FaultServer, *then: Answer) -> int:
    """A feed that was polled once and has no validators, so that it is sent again."""
    podcast = followed(publisher.serve("/feed", answer("1"), *then))
    assert poll(podcast).succeeded
    return podcast


@pytest.mark.parametrize("fault", FAULTS, ids=lambda row: row.name)
def test_fault_gives_row_next_poll_and_log_line(
    publisher: FaultServer, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    podcast = polled_feed(publisher, fault.bad)
    before = crawl()
    if fault.reason == "timeout":
        shorten_deadline(monkeypatch)
    with capture_logs() as lines:
        result = poll(podcast)
    assert (result.outcome, result.reason, result.status) == ("failed", fault.reason, fault.status)
    (line,) = [line for line in lines if line["event"] == "feed_failed"]
    assert (line["log_level"], line["reason"], line["podcast_id"]) == (
        ("warning", fault.reason, podcast)
    )
    assert line["message"]
    row = crawl()
    assert (row["last_error_reason"], row["error_count"]) == (fault.reason, 1)
    assert row["last_error"] == line["message"]
    assert row["last_status"] == (fault.status or before["last_status"])
    assert (row["failing_since"], row["claim_token"]) == (row["polled_at"], None)
    assert row["next_poll_reason"] == fault.next_reason
    assert 0.74 * fault.first < row["wait"] < 1.26 * fault.first
    assert (row["etag"], row["body_hash"]) == (before["etag"], before["body_hash"])
    assert (one("SELECT count(*) FROM episode"), one("SELECT title FROM podcast")) == (
        (1, "A podcast")
    )


def test_retry_after_may_be_a_date(publisher: FaultServer) -> None:
    at = datetime.now(UTC) + timedelta(hours=3)
    headers = {"Retry-After": format_datetime(at, usegmt=True)}
    poll(polled_feed(publisher, Answer(503, headers=headers)))
    assert crawl()["next_poll_reason"] == "retry_after"
    assert 2.9 * HOUR < crawl()["wait"] < 3.4 * HOUR


def test_six_redirects_are_too_many(publisher: FaultServer) -> None:
    podcast = polled_feed(publisher, redirect("/1"))
    for n in range(1, 6):
        publisher.serve(f"/{n}", redirect(f"/{n + 1}"))
    assert poll(podcast).reason == "too_many_redirects"
    assert crawl()["last_error_reason"] == "too_many_redirects"


def test_short_content_length_never_stores_half_a_feed(publisher: FaultServer) -> None:
    podcast = polled_feed(publisher, Answer(body=rss("2"), content_length=60))
    # Bytes after the declared length may arrive with it; then the second try reads all of them.
    result = poll(podcast)
    guids = one("SELECT string_agg(guid, ' ' ORDER BY guid) FROM episode")
    if result.succeeded:
        assert guids == "1 2"
    else:
        assert (result.reason, crawl()["error_count"], guids) == ("truncated", 1, "1")


GOOD = [
    *((f"redirect {status}", redirect("/new", status)) for status in (301, 302, 303, 307, 308)),
    ("relative redirect", redirect("new")),
    ("redirect without a scheme", redirect("//{host}/new")),
    ("gzip", gzipped(rss("1", "2"))),
    ("chunks", Answer(body=rss("1", "2"), chunked=True, piece_bytes=50)),
    ("no length", Answer(body=rss("1", "2"), no_length=True)),
    ("short delay", answer("1", "2", delay_seconds=0.05)),
    ("wrong type", Answer(body=rss("1", "2"), headers={"Content-Type": "text/html"})),
]


@pytest.mark.parametrize(("name", "odd"), GOOD, ids=[name for name, _ in GOOD])
def test_odd_but_valid_response_is_read(publisher: FaultServer, name: str, odd: Answer) -> None:
    target = odd.headers.get("Location", "").format(host=f"127.0.0.1:{publisher.port}")
    publisher.serve("/new", answer("1", "2"))
    podcast = polled_feed(publisher, redirect(target, odd.status) if target else odd)
    with capture_logs() as lines:
        result = poll(podcast)
    assert (result.outcome, result.new, result.status) == ("changed", 1, 200), name
    (line,) = [line for line in lines if line["event"] == "feed_changed"]
    assert (line["log_level"], line["new"], line["status"]) == ("info", 1, 200)
    row = crawl()
    assert (row["error_count"], row["last_error_reason"], row["last_status"]) == (0, None, 200)
    assert row["next_poll_at"] > row["polled_at"]


@pytest.mark.parametrize(
    ("declared", "written"),
    [("utf-8", "latin-1"), ("us-ascii", "utf-8"), ("utf-8", "utf-16"), ("no-such-set", "utf-8")],
)
def test_wrong_charset_label_is_corrected(
    publisher: FaultServer, declared: str, written: str
) -> None:
    document = rss("1", "2", title="Café Größe").decode().replace(
        '<?xml version="1.0"?>', f'<?xml version="1.0" encoding="{declared}"?>'
    )  # fmt: skip
    bad = Answer(
        body=document.encode(written), headers={"Content-Type": f"text/xml; charset={declared}"}
    )
    assert poll(polled_feed(publisher, bad)).new == 1
    assert one("SELECT title FROM podcast") == "Café Größe"


def test_unconditional_poll_detects_wrong_validators(
    publisher: FaultServer,
) -> None:
    podcast = followed(
        publisher.serve("/feed", answer("1", etag='"x"'), answer("1", "2", etag='"x"'))
    )
    poll(podcast)
    assert poll(podcast).status == 304
    execute("UPDATE crawl SET skip_validators = true")
    assert poll(podcast).new == 1


def test_hanging_feed_times_out_and_others_are_stored(
    publisher: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    shorten_deadline(monkeypatch)
    stuck = followed(publisher.serve("/stuck", Answer(hang=True)))
    good = followed(publisher.serve("/good", answer("1")))
    results = {
        result.podcast_id: result for result in poll_claimed_feeds(claim_by_hand(stuck, good))
    }
    assert (results[stuck].reason, results[good].outcome) == ("timeout", "changed")
