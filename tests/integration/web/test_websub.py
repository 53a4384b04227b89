"""WebSub against a real hub: subscribed, verified, pushed to, renewed, left; and attacked."""

import socket
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import redis
import structlog
from sqlmodel import Session

import tasks.websub.tasks
import web.websub
from models import get_settings
from models.database import database_time, in_transaction
from models.queries.feeds import SubscriptionCount, subscriptions
from tasks.http.settings import fetch_loop
from tasks.jobs.broker import queue_length
from tasks.podcasts.store.pause import pause, resume
from tasks.polling.poller import poll_claimed_feeds
from tasks.polling.store.claims import claim_due_feeds, renew_claim
from tasks.websub.store import purge_subscriptions
from tasks.websub.tasks import send_due_hub_requests, update_subscriptions
from tests.factories import claim_by_hand, execute, one, rows
from tests.integration.tasks.polling.test_polling import crawl, followed, poll, rss
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer, Seen
from tests.servers.hub import CHALLENGE, Hub, port_of, running_hub
from workers.celery_app import app

pytestmark = pytest.mark.slow


@pytest.fixture
def hub(publisher: FaultServer, web_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub that may be posted to, and a public URL at which it reaches us."""
    with running_hub() as hub:
        allowed = ",".join(f"127.0.0.1/32:{port}" for port in (publisher.port, port_of(hub.url)))
        monkeypatch.setenv("OVERHEARD_ALLOWED_NETWORKS", allowed)
        monkeypatch.setenv("OVERHEARD_PUBLIC_URL", f"{web_url}/")
        get_settings.cache_clear()
        fetch_loop().close()
        fetch_loop.cache_clear()
        yield hub


def document(hub_url: str, topic: str, *guids: str) -> bytes:
    links = f'<atom:link rel="hub" href="{hub_url}"/><atom:link rel="self" href="{topic}"/>'
    body = rss(*guids).replace(b"<channel>", f"<channel>{links}".encode())
    return body.replace(b"<rss ", b'<rss xmlns:atom="http://www.w3.org/2005/Atom" ')


def offering(publisher: FaultServer, hub: Hub, *guids: str, path: str = "/feed") -> str:
    """Serve a feed that offers the hub; its address."""
    url = publisher.url(path)
    return publisher.serve(path, Answer(body=document(hub.url, url, *guids)))


def followed_feed(publisher: FaultServer, hub: Hub) -> int:
    podcast = followed(offering(publisher, hub, "1"))
    assert poll(podcast).succeeded
    return podcast


def ask() -> bool:
    """One tick, and the task that it sends; whether there was anything to ask."""
    due = in_transaction(update_subscriptions)
    send_due_hub_requests()
    return due


def subscription() -> dict[str, Any]:
    (row,) = rows("SELECT * FROM subscription ORDER BY id")
    return row


def due_now() -> None:
    execute("UPDATE subscription SET due_at = now() - interval '1 second'")


@pytest.fixture
def podcast(publisher: FaultServer, hub: Hub) -> int:
    """A podcast that is followed, subscribed at its hub and verified."""
    podcast = followed_feed(publisher, hub)
    assert ask()
    assert subscription()["state"] == "active"
    return podcast


def test_subscription_is_requested_and_verified_with_a_lease(
    publisher: FaultServer, hub: Hub
) -> None:
    followed_feed(publisher, hub)
    assert ask()
    (request,) = hub.requests
    token = urlsplit(request["hub.callback"]).path.removeprefix("/websub/")
    assert (request["hub.mode"], request["hub.topic"]) == ("subscribe", publisher.url("/feed"))
    assert request["hub.lease_seconds"] == "864000"
    assert len(token) >= 40
    assert len(request["hub.secret"]) >= 40
    (answered,) = hub.verifications
    assert (answered.status_code, answered.text) == (200, CHALLENGE)
    assert answered.headers["content-type"].startswith("text/plain")
    row = subscription()
    assert (row["state"], row["asking"], row["reason"]) == ("active", "", None)
    assert row["lease_expires_at"] - row["verified_at"] == timedelta(seconds=86_400)
    assert 0.7 < (row["due_at"] - row["verified_at"]) / timedelta(seconds=86_400) < 0.95
    assert not ask()
    assert len(hub.requests) == 1


def test_link_headers_go_before_links_in_the_document(publisher: FaultServer, hub: Hub) -> None:
    topic = publisher.url("/canonical")
    links = f'<{hub.url}>; rel="hub", <{topic}>; rel="self"'
    body = document("https://other-hub.example/", publisher.url("/feed"), "1")
    poll(followed(publisher.serve("/feed", Answer(body=body, headers={"Link": links}))))
    assert (crawl()["hub_url"], crawl()["topic_url"]) == (hub.url, topic)


def test_subscription_without_public_url_is_not_requested(
    publisher: FaultServer, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    podcast = followed_feed(publisher, hub)
    monkeypatch.delenv("OVERHEARD_PUBLIC_URL")
    get_settings.cache_clear()
    ask()
    assert hub.requests == []
    assert crawl()["hub_url"] == hub.url  # known, for the day that there is one
    assert crawl()["podcast_id"] == podcast


def test_a_private_feed_is_nobody_elses_to_know(publisher: FaultServer, hub: Hub) -> None:
    url = publisher.url("/feed?token=s3cr3t")
    publisher.serve("/feed?token=s3cr3t", Answer(body=document(hub.url, url, "1")))
    assert poll(followed(url)).succeeded
    assert crawl()["hub_url"] is None
    assert not ask()


def test_a_push_is_a_hint_and_the_poller_fetches(
    publisher: FaultServer, hub: Hub, podcast: int
) -> None:
    execute("UPDATE crawl SET polled_at = polled_at - interval '1 hour'")
    offering(publisher, hub, "1", "2")
    assert hub.distribute(b"<rss>this is never read</rss>") == [202]
    row = crawl()
    assert (row["next_poll_reason"], row["notified_by"]) == ("notified", "websub")
    token = in_transaction(lambda s: claim_due_feeds(s, database_time(s), 10))
    assert token is not None
    (result,) = poll_claimed_feeds(token)
    assert (result.podcast_id, result.new) == (podcast, 1)
    assert crawl()["next_poll_reason"] != "notified"
    assert (subscription()["pushes"], subscription()["reason"]) == (1, None)


def test_confirmed_hub_replaces_polls_until_it_misses(
    publisher: FaultServer, hub: Hub, podcast: int
) -> None:
    poll(podcast)
    assert crawl()["next_poll_reason"] != "pushed"  # it promised, and has shown nothing yet
    hub.distribute()
    execute("UPDATE crawl SET next_poll_reason = 'rhythm', notified_at = now() - interval '1 hour'")
    poll(podcast)
    assert crawl()["next_poll_reason"] == "pushed"
    assert crawl()["wait"] >= 12 * 3600
    offering(publisher, hub, "1", "2")
    assert poll(podcast).new == 1  # and no hub notified us
    assert (subscription()["confirmed_at"], subscription()["reason"]) == (None, "push_missed")
    poll(podcast)
    assert crawl()["next_poll_reason"] != "pushed"


def test_poll_after_a_push_without_change_is_repeated_once(hub: Hub, podcast: int) -> None:
    hub.distribute()
    poll(podcast)
    assert crawl()["next_poll_reason"] == "recheck"
    assert 600 <= crawl()["wait"] < 700
    poll(podcast)
    assert crawl()["next_poll_reason"] == "pushed"


def test_many_pushes_cause_one_poll_per_interval(
    publisher: FaultServer, hub: Hub, podcast: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVERHEARD_NOTIFICATION_MIN_INTERVAL_SECONDS", "600")
    get_settings.cache_clear()
    execute("UPDATE crawl SET next_poll_at = now() + interval '1 day'")
    before = crawl()["polled_at"]
    hub.distribute()
    written = one("SELECT xmin::text FROM crawl")
    for number in range(20):
        hub.distribute(str(number).encode())
    assert one("SELECT xmin::text FROM crawl") == written
    assert crawl()["next_poll_at"] == before + timedelta(seconds=600)
    token = in_transaction(lambda s: claim_due_feeds(s, database_time(s), 10))
    assert token is None
    assert len(publisher.seen("/feed")) == 1
    assert podcast


def test_push_during_a_poll_makes_another_poll_due(
    publisher: FaultServer, hub: Hub, podcast: int
) -> None:
    execute("UPDATE crawl SET next_poll_at = now() - interval '1 second'")

    def amid(_: Seen) -> Answer:
        hub.distribute()
        hub.distribute()
        return Answer(body=document(hub.url, publisher.url("/feed"), "1"))

    publisher.serve_by("/feed", amid)
    poll(podcast)
    row = crawl()
    assert row["next_poll_reason"] == "notified"
    assert row["next_poll_at"] == row["notified_at"] + timedelta(seconds=60)


def test_push_does_not_override_retry_after(hub: Hub, podcast: int) -> None:
    execute("UPDATE crawl SET next_poll_reason = 'retry_after', error_count = 1")
    before = crawl()["next_poll_at"]
    assert hub.distribute() == [202]
    assert crawl()["next_poll_at"] == before
    assert podcast


def test_a_subscription_is_renewed_under_the_same_callback(hub: Hub, podcast: int) -> None:
    hub.distribute()
    before = subscription()
    due_now()
    hub.lease = "172800"
    assert ask()
    after = subscription()
    assert len(hub.requests) == 2
    assert hub.requests[0]["hub.callback"] == hub.requests[1]["hub.callback"]
    assert after["lease_expires_at"] > before["lease_expires_at"] + timedelta(hours=23)
    assert after["confirmed_at"] == before["confirmed_at"]
    assert in_transaction(subscriptions, after["verified_at"]) == [
        SubscriptionCount("active", subscriptions=1, confirmed=1, failing=0)
    ]
    assert podcast


@pytest.mark.parametrize("confirms", [True, False])
def test_pause_unsubscribes_and_resume_subscribes(
    hub: Hub, podcast: int, *, confirms: bool
) -> None:
    token = subscription()["token"]
    in_transaction(pause, podcast)
    hub.verifies = confirms
    for _ in range(5):
        ask()
        execute("UPDATE subscription SET due_at = now() WHERE due_at IS NOT NULL")
    assert hub.requests[1]["hub.mode"] == "unsubscribe"
    assert "hub.secret" not in hub.requests[1]
    assert (subscription()["state"], subscription()["due_at"]) == ("ended", None)
    assert hub.push(hub.forged()) == 410 if not confirms else hub.subscribed == []
    hub.verifies = True
    in_transaction(resume, podcast)
    ask()
    assert subscription()["state"] == "active"
    assert subscription()["token"] != token


def test_another_hub_takes_the_place_of_the_former(
    publisher: FaultServer, hub: Hub, podcast: int
) -> None:
    body = document(hub.url + "?second", publisher.url("/feed"), "1", "2")
    publisher.serve("/feed", Answer(body=body))
    poll(podcast)
    execute("UPDATE subscription SET created_at = created_at - interval '2 days'")
    ask()
    states = rows("SELECT hub, state FROM subscription ORDER BY id")
    assert [row["state"] for row in states] == ["ended", "active"]
    first, *together = [form["hub.mode"] for form in hub.requests]
    assert first == "subscribe"
    assert sorted(together) == ["subscribe", "unsubscribe"]


def test_changing_topic_urls_subscribe_once_a_day(
    publisher: FaultServer, hub: Hub, podcast: int
) -> None:
    for name in ("a", "b", "c"):
        body = document(hub.url, publisher.url(f"/feed?{name}"), "1")
        publisher.serve("/feed", Answer(body=body))
        poll(podcast)
        ask()
    assert [form["hub.mode"] for form in hub.requests] == ["subscribe", "unsubscribe"]
    assert subscription()["state"] == "ended"
    in_transaction(purge_subscriptions, subscription()["verified_at"] + timedelta(seconds=1))
    assert rows("SELECT * FROM subscription") == []
    ask()
    assert subscription()["topic"] == publisher.url("/feed?c")


def test_a_tick_sends_one_message_for_what_is_due(
    publisher: FaultServer, hub: Hub, broker: "redis.Redis", broker_url: str
) -> None:
    del broker
    app.conf.broker_url = broker_url
    tasks.websub.tasks.maintain_subscriptions()
    assert queue_length(app, "poll") == 0
    followed_feed(publisher, hub)
    tasks.websub.tasks.maintain_subscriptions()
    assert queue_length(app, "poll") == 1


@pytest.mark.parametrize(
    ("status", "retry_after", "reason"),
    [
        (500, "", "http_500"),
        (429, "864000", "http_429"),
        (302, "", "http_302"),
        (404, "", "http_404"),
    ],
)
def test_failing_hub_stores_its_reason_and_is_retried(
    publisher: FaultServer, hub: Hub, status: int, retry_after: str, reason: str
) -> None:
    followed_feed(publisher, hub)
    hub.status, hub.retry_after = status, retry_after
    hub.location = hub.url + "/elsewhere"
    with structlog.testing.capture_logs() as lines:
        ask()
    row = subscription()
    assert (row["state"], row["reason"], row["error_count"]) == ("wanted", reason, 1)
    wait = row["due_at"] - row["asked_at"]
    assert wait > (timedelta(days=6) if retry_after else timedelta(minutes=44))
    assert [line["reason"] for line in lines if line["event"] == "subscription_failed"] == [reason]
    assert len(hub.requests) == 1


def test_hub_that_never_verifies_is_retried_with_backoff(publisher: FaultServer, hub: Hub) -> None:
    followed_feed(publisher, hub)
    hub.verifies = False
    for errors in range(3):
        assert ask()
        row = subscription()
        assert (row["state"], row["reason"]) == ("wanted", "unverified")
        assert row["error_count"] == errors
        due_now()
    hub.verifies = True
    ask()
    assert (subscription()["state"], subscription()["error_count"]) == ("active", 0)


def test_a_redirect_that_keeps_the_method_is_followed(publisher: FaultServer, hub: Hub) -> None:
    followed_feed(publisher, hub)
    with running_hub() as moved:
        execute("UPDATE crawl SET hub_url = :url", url=moved.url)
        moved.status, moved.location, moved.verifies = 307, hub.url, False
        allowed = f"{get_settings().allowed_networks},127.0.0.1/32:{port_of(moved.url)}"
        get_settings().allowed_networks = allowed
        fetch_loop().close()
        fetch_loop.cache_clear()
        ask()
        assert len(moved.requests) == 1
    assert subscription()["state"] == "active"


@pytest.mark.parametrize("status", [307, 308])
def test_hub_redirect_to_a_private_ip_is_not_followed(
    publisher: FaultServer, hub: Hub, status: int
) -> None:
    followed_feed(publisher, hub)
    with running_hub() as inner:
        hub.status, hub.location = status, inner.url
        ask()
        assert inner.requests == []
    assert subscription()["reason"] == "address_refused"


def test_hub_at_a_private_ip_gets_no_request(publisher: FaultServer, hub: Hub) -> None:
    with running_hub() as inner:
        body = document(inner.url, publisher.url("/feed"), "1")
        poll(followed(publisher.serve("/feed", Answer(body=body))))
        ask()
        assert inner.requests == []
    assert subscription()["reason"] == "address_refused"
    assert hub.requests == []


def test_denied_subscription_is_retried_after_a_week(hub: Hub, podcast: int) -> None:
    hub.distribute()
    answer = hub.verify(hub.requests[0], mode="denied", reason="no\x1b[31m more of you")
    assert answer.status_code == 200
    row = subscription()
    assert (row["state"], row["reason"], row["message"]) == (
        "denied",
        "denied",
        "no [31m more of you",
    )
    assert row["due_at"] > row["asked_at"] + timedelta(days=6)
    assert row["confirmed_at"] is None
    assert hub.distribute() == [404]
    poll(podcast)
    assert crawl()["next_poll_reason"] != "pushed"
    due_now()
    ask()
    assert subscription()["state"] == "active"


def test_nobody_else_can_deny(hub: Hub, podcast: int) -> None:
    assert hub.verify(hub.requests[0], mode="denied", topic="https://x.example/").status_code == 404
    assert subscription()["state"] == "active"
    assert podcast


@pytest.mark.parametrize("lease", ["0", "-1", "", "1e9", "00", "²", "a day"])
def test_a_lease_of_no_length_is_not_confirmed(
    publisher: FaultServer, hub: Hub, lease: str
) -> None:
    followed_feed(publisher, hub)
    hub.lease = lease
    ask()
    assert hub.verifications[0].status_code == 404
    row = subscription()
    assert (row["state"], row["reason"], row["error_count"]) == ("wanted", "bad_lease", 1)
    assert not ask()


@pytest.mark.parametrize(
    ("lease", "lasts"),
    [("9" * 400, timedelta(days=30)), ("1", timedelta(seconds=1)), (None, timedelta(days=1))],
)
def test_odd_lease_is_bounded(
    publisher: FaultServer, hub: Hub, lease: str | None, lasts: timedelta
) -> None:
    followed_feed(publisher, hub)
    hub.lease = lease
    ask()
    row = subscription()
    assert (row["state"], row["lease_expires_at"] - row["verified_at"]) == ("active", lasts)
    assert row["due_at"] - row["verified_at"] >= timedelta(hours=1)


@pytest.mark.parametrize(
    "other",
    [
        {"topic": "https://other.example/feed"},
        {"mode": "unsubscribe"},
        {"mode": ""},
        {"challenge": ""},
        {"challenge": "c" * 2000},
        {"mode": "publish"},
        {"topic": None},
    ],
)
def test_what_we_did_not_ask_for_is_not_confirmed(
    publisher: FaultServer, hub: Hub, other: dict[str, str | None]
) -> None:
    followed_feed(publisher, hub)
    hub.verifies = False
    ask()
    assert hub.verify(hub.requests[0], **other).status_code == 404
    assert subscription()["state"] == "wanted"


def test_a_verification_that_comes_again_is_not_confirmed_again(hub: Hub, podcast: int) -> None:
    """Or who saw one could make a subscription last for ever."""
    before = subscription()["lease_expires_at"]
    assert hub.verify(hub.requests[0]).status_code == 404
    assert subscription()["lease_expires_at"] == before
    assert podcast


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_every_method_of_the_specification_is_understood(
    hub: Hub, podcast: int, method: str
) -> None:
    hub.method = method
    assert hub.distribute() == [202]
    assert subscription()["pushes"] == 1
    assert podcast


@pytest.mark.parametrize(
    "headers",
    [
        {"X_Hub_Signature": "sha256=" + "0" * 64},
        {"X_Hub_Signature": ""},
        {"X_Hub_Signature": "sha256="},
        {"X_Hub_Signature": "md5=abc"},
        {"X_Hub_Signature": "sha256"},
        {"X_Hub_Signature": "sha256=\xe4"},
    ],
)
def test_a_wrong_signature_is_acknowledged_and_ignored(
    hub: Hub, podcast: int, headers: dict[str, str]
) -> None:
    before = crawl()
    assert hub.distribute(b"news", **headers) == [202]
    row = subscription()
    assert (row["pushes"], row["refused"], row["reason"]) == (0, 1, "bad_signature")
    assert row["confirmed_at"] is None
    assert crawl() == before
    assert podcast


def test_a_signature_of_another_body_or_secret_is_wrong(hub: Hub, podcast: int) -> None:
    assert hub.push(hub.forged(secret="guessed")) == 202
    signed = "sha256=" + "ab" * 32
    assert hub.push(hub.forged(), b"other", X_Hub_Signature=signed) == 202
    assert (subscription()["pushes"], subscription()["refused"]) == (0, 2)
    assert podcast


def test_replayed_delivery_makes_no_second_poll(
    publisher: FaultServer, hub: Hub, podcast: int
) -> None:
    hub.distribute()
    poll(podcast)
    hub.distribute()  # the same bytes and signature again
    assert crawl()["next_poll_at"] >= crawl()["polled_at"] + timedelta(seconds=60)
    assert len(publisher.seen("/feed")) == 2


def test_a_delivery_about_another_topic_is_ignored(hub: Hub, podcast: int) -> None:
    assert hub.distribute(Link='<https://other.example/feed>; rel="self"') == [202]
    assert (subscription()["pushes"], subscription()["reason"]) == (0, "wrong_topic")
    assert podcast


def test_an_unknown_callback_is_nobodys(hub: Hub, podcast: int, client: httpx.Client) -> None:
    unknown = "x" * 43
    for path in (f"/websub/{unknown}", "/websub/short", "/websub/" + "y" * 3000):
        assert client.post(path, content=b"news").status_code == 404
        params = {"hub.mode": "subscribe", "hub.topic": "t", "hub.challenge": "c"}
        assert client.get(path, params=params).status_code == 404
    assert hub.push(hub.forged(callback=hub.forged().callback + "x")) == 404
    assert podcast


def test_a_huge_body_is_refused_before_it_is_read(
    hub: Hub, podcast: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVERHEARD_FEED_MAX_BYTES", "1000")
    get_settings.cache_clear()
    assert hub.distribute(b"x" * 1001) == [413]
    assert (subscription()["pushes"], subscription()["reason"]) == (0, "too_large")
    assert hub.distribute(b"x" * 1000) == [202]
    assert podcast


def connection(hub: Hub) -> tuple[socket.socket, str]:
    """A connection to the callback's server, and the callback's path."""
    parts = urlsplit(hub.forged().callback)
    return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=30), parts.path


def test_a_body_without_end_is_refused_at_the_limit(
    hub: Hub, podcast: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVERHEARD_FEED_MAX_BYTES", "1000")
    get_settings.cache_clear()
    sock, path = connection(hub)
    with sock:
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        sock.sendall(head.encode() + b"3e8\r\n" + b"x" * 1000 + b"\r\n3e8\r\n" + b"x" * 1000)
        assert sock.recv(100).startswith(b"HTTP/1.1 413")
    assert subscription()["reason"] == "too_large"
    assert podcast


def test_a_body_that_never_comes_is_given_up(
    hub: Hub, podcast: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web.websub, "BODY_SECONDS", 0.2)
    sock, path = connection(hub)
    with sock:
        sock.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nx".encode())
        assert sock.recv(100).startswith(b"HTTP/1.1 408")
    assert subscription()["reason"] == "timeout"
    assert podcast


def test_the_secret_parts_are_in_no_log_line(hub: Hub, podcast: int, client: httpx.Client) -> None:
    row = subscription()
    with structlog.testing.capture_logs() as lines:
        hub.distribute()
        hub.push(hub.forged(secret="wrong"))
        due_now()
        ask()
        client.get(f"/websub/{row['token']}")
    assert {
        "notification_received",
        "notification_rejected",
        "subscription_verified",
        "request",
    } <= {line["event"] for line in lines}
    assert row["token"] not in str(lines)
    assert row["secret"] not in str(lines)
    assert podcast


def test_pushes_of_one_host_respect_its_rate_limit(publisher: FaultServer, hub: Hub) -> None:
    podcasts = [followed(offering(publisher, hub, "1", path=f"/{n}")) for n in range(8)]
    poll_claimed_feeds(claim_by_hand(*podcasts))
    while ask():
        pass
    assert len(hub.subscribed) == 8
    execute("UPDATE crawl SET polled_at = polled_at - interval '1 hour'")
    assert hub.distribute() == [202] * 8
    token = in_transaction(lambda s: claim_due_feeds(s, database_time(s), 100))
    assert token is not None

    def one_claim(session: Session) -> bool:
        return renew_claim(session, token, database_time(session), 60)

    assert in_transaction(one_claim)
    assert in_transaction(lambda s: claim_due_feeds(s, database_time(s), 100)) is None
    assert len(poll_claimed_feeds(token)) == 8
    assert publisher.max_parallel[""] <= 4
