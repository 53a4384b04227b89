"""The WebSub protocol: discovery, request forms, intent verification, signatures."""

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
from tasks.websub.protocol import (
    MAX_LEASE,
    next_attempt_at,
    parse_lease,
    request_form,
    verify_intent,
)
from tasks.websub.signatures import SignedBody
from tasks.websub.values import HubOffer, KnownSubscription, PendingHubRequest

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
URL, HUB, TOPIC = "https://a.example/feed", "https://hub.example/", "https://a.example/self"
NOTHING = ResponseHeaders()
KNOWN = KnownSubscription(1, 2, URL, TOPIC, "secret", "wanted", "subscribe", 0)


def feed(*hubs: str, self_url: str | None = TOPIC) -> Feed:
    return Feed("rss", hubs=hubs, self_url=self_url)


def test_first_usable_hub_is_discovered() -> None:
    hubs = ("ftp://hub.example/", "https://u:p@hub.example/", "x" * 2000, HUB, "https://b.example")
    assert discover_hub(URL, feed(*hubs), NOTHING) == HubOffer(HUB, TOPIC)


def test_feed_without_self_link_has_its_url_as_topic() -> None:
    assert discover_hub(URL, feed(HUB, self_url=None), NOTHING) == HubOffer(HUB, URL)


def test_link_headers_go_before_document_links() -> None:
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
def test_private_or_hubless_feed_offers_no_hub(url: str, document: Feed) -> None:
    assert discover_hub(url, document, NOTHING) is None


def test_request_form_has_the_fields_of_websub() -> None:
    pending = PendingHubRequest(1, 2, HUB, TOPIC + "?a=b&c", "token", "s3cr3t", "subscribe", 0)
    fields = parse_qs(
        request_form(pending, "https://us.example/below/").decode(), strict_parsing=True
    )
    assert fields == {
        "hub.callback": ["https://us.example/below/websub/token"],
        "hub.mode": ["subscribe"],
        "hub.topic": [TOPIC + "?a=b&c"],
        "hub.lease_seconds": ["864000"],
        "hub.secret": ["s3cr3t"],
    }


@given(st.one_of(st.none(), st.text(), st.integers().map(str)))
def test_lease_is_invalid_or_within_bounds(raw: str | None) -> None:
    lease = parse_lease(raw)
    assert lease is None or timedelta() < lease <= MAX_LEASE


@given(st.integers(1, 10**12).map(str), st.floats(0, 1))
def test_renewal_is_before_lease_end_and_after_an_hour(lease: str, jitter: float) -> None:
    verdict = verify_intent(KNOWN, "subscribe", TOPIC, lease, NOW, jitter)
    assert verdict.due_at is not None
    assert verdict.lease_expires_at is not None
    assert verdict.due_at >= NOW + HOUR
    assert verdict.due_at < verdict.lease_expires_at or verdict.due_at == NOW + HOUR


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
def test_only_pending_requests_are_verified(
    mode: str, topic: str, lease: str | None, reason: str
) -> None:
    verdict = verify_intent(KNOWN, mode, topic, lease, NOW, 0.5)
    assert (verdict.accepted, verdict.reason) == (not reason, reason)


def test_hub_backoff_doubles_and_never_ends() -> None:
    waits = [(next_attempt_at(NOW, errors, 0.5) - NOW) / HOUR for errors in (0, 1, 2, 3, 7, 1000)]
    assert waits == [1, 1, 2, 4, 64, 72]


@given(st.lists(st.binary(), max_size=5), st.sampled_from(["sha1", "sha256", "sha384", "sha512"]))
def test_signature_matches_body_in_any_pieces(pieces: list[bytes], method: str) -> None:
    whole = b"".join(pieces)
    digest = hmac.new(b"secret", whole, getattr(hashlib, method)).hexdigest()
    for secret, genuine in (("secret", True), ("Secret", False)):
        body = SignedBody(secret, f"{method.upper()}={digest.upper()}")
        for piece in pieces:
            body.feed(piece)
        assert body.is_genuine() is genuine


@given(st.one_of(st.none(), st.text(max_size=80)))
def test_invalid_signature_is_rejected(signature: str | None) -> None:
    body = SignedBody("secret", signature)
    body.feed(b"body")
    assert not body.is_genuine()
