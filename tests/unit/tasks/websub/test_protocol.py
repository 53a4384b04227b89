"""What hubs are offered, asked and believed: the pure part of WebSub."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.feeds.values import Feed
from tasks.http.values import ResponseHeaders
from tasks.websub.discovery import discover_hub
from tasks.websub.protocol import LONGEST_LEASE, form, lease_of, next_attempt_at, verify_intent
from tasks.websub.signatures import SignedBody
from tasks.websub.values import HubOffer, KnownSubscription, PendingHubRequest

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
URL, HUB, TOPIC = "https://a.example/feed", "https://hub.example/", "https://a.example/self"
NOTHING = ResponseHeaders()
ASKED = KnownSubscription(1, 2, URL, TOPIC, "secret", "wanted", "subscribe", 0)


def feed(*hubs: str, self_url: str | None = TOPIC) -> Feed:
    return Feed("rss", hubs=hubs, self_url=self_url)


def test_the_first_hub_that_can_be_asked_is_the_one() -> None:
    hubs = ("ftp://hub.example/", "https://u:p@hub.example/", "x" * 2000, HUB, "https://b.example")
    assert discover_hub(URL, feed(*hubs), NOTHING) == HubOffer(HUB, TOPIC)


def test_without_a_name_of_its_own_a_feed_is_known_by_its_address() -> None:
    assert discover_hub(URL, feed(HUB, self_url=None), NOTHING) == HubOffer(HUB, URL)


def test_headers_go_before_the_document() -> None:
    headers = ResponseHeaders(hubs=("https://b.example/",), self_url=URL)
    assert discover_hub(URL, feed(HUB), headers) == HubOffer("https://b.example/", URL)


@pytest.mark.parametrize(
    ("url", "document"),
    [
        (URL, feed()),
        (URL, feed("not a url")),
        ("https://user:word@a.example/feed", feed(HUB)),
        (URL, feed(HUB, self_url="https://a.example/feed?token=s3cr3t")),
        (URL, feed(HUB, self_url="javascript:alert(1)")),
    ],
)
def test_no_hub_and_no_secret_is_no_offer(url: str, document: Feed) -> None:
    assert discover_hub(url, document, NOTHING) is None


def test_a_form_says_what_is_asked_and_only_who_subscribes_gives_a_secret() -> None:
    asking = PendingHubRequest(1, 2, HUB, TOPIC + "?a=b&c", "token", "s3cr3t", "subscribe", 0)
    said = parse_qs(form(asking, "https://us.example/below/").decode(), strict_parsing=True)
    assert said == {
        "hub.callback": ["https://us.example/below/websub/token"],
        "hub.mode": ["subscribe"],
        "hub.topic": [TOPIC + "?a=b&c"],
        "hub.lease_seconds": ["864000"],
        "hub.secret": ["s3cr3t"],
    }


@given(st.one_of(st.none(), st.text(), st.integers().map(str)))
def test_a_lease_is_none_or_within_bounds_whatever_is_said(said: str | None) -> None:
    lease = lease_of(said)
    assert lease is None or timedelta() < lease <= LONGEST_LEASE


@given(st.integers(1, 10**12).map(str), st.floats(0, 1))
def test_a_renewal_is_before_the_lease_ends_unless_that_is_within_the_hour(
    said: str, jitter: float
) -> None:
    judged = verify_intent(ASKED, "subscribe", TOPIC, said, NOW, jitter)
    assert judged.due_at is not None
    assert judged.lease_expires_at is not None
    assert judged.due_at >= NOW + HOUR
    assert judged.due_at < judged.lease_expires_at or judged.due_at == NOW + HOUR


@pytest.mark.parametrize(
    ("mode", "topic", "lease", "reason"),
    [
        ("subscribe", URL, "60", "wrong_topic"),
        ("unsubscribe", TOPIC, None, "not_intended"),
        ("", TOPIC, "60", "not_intended"),
        ("subscribe", TOPIC, "0", "bad_lease"),
        ("subscribe", TOPIC, "60", ""),
    ],
)
def test_only_what_was_asked_is_confirmed(
    mode: str, topic: str, lease: str | None, reason: str
) -> None:
    judged = verify_intent(ASKED, mode, topic, lease, NOW, 0.5)
    assert (judged.accepted, judged.reason) == (not reason, reason)


def test_the_waits_double_and_never_end() -> None:
    waits = [(next_attempt_at(NOW, errors, 0.5) - NOW) / HOUR for errors in (0, 1, 2, 3, 7, 1000)]
    assert waits == [1, 1, 2, 4, 64, 72]


@given(st.lists(st.binary(), max_size=5), st.sampled_from(["sha1", "sha256", "sha384", "sha512"]))
def test_a_signature_holds_for_its_body_in_any_pieces(pieces: list[bytes], method: str) -> None:
    whole = b"".join(pieces)
    digest = hmac.new(b"secret", whole, getattr(hashlib, method)).hexdigest()
    for secret, genuine in (("secret", True), ("Secret", False)):
        body = SignedBody(secret, f"{method.upper()}={digest.upper()}")
        for piece in pieces:
            body.feed(piece)
        assert body.is_genuine() is genuine


@given(st.one_of(st.none(), st.text(max_size=80)))
def test_anything_else_is_no_signature(said: str | None) -> None:
    body = SignedBody("secret", said)
    body.feed(b"news")
    assert not body.is_genuine()
