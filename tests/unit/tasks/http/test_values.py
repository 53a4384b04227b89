"""What the values of fetching say about themselves, and the fields of answers."""

from datetime import UTC, datetime

import httpx
import pytest

from tasks.http.headers import response_headers
from tasks.http.retry_after import retry_after_seconds
from tasks.http.values import Fetched, FetchRequest, Hop, body_hash, status_failure

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Mon, 23 Nov 2026 12:01:30 GMT", 90.0),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(value, NOW) == seconds


def fields(values: dict[str, str]) -> httpx.Headers:
    return httpx.Headers(values)


def test_hub_and_self_are_read_from_link_fields() -> None:
    link = (
        '<https://hub.example/>; rel="hub", </feed>; rel=self, <https://h2.example/>; rel="x hub"'
    )
    headers = response_headers(fields({"Link": link}), "https://example.com/old")
    assert headers.hubs == ("https://hub.example/", "https://h2.example/")
    assert headers.self_url == "https://example.com/feed"


def test_a_field_unfit_to_keep_counts_as_absent() -> None:
    headers = response_headers(fields({"ETag": "x" * 5000, "Date": "a\x07b"}), "https://e.com")
    assert headers.etag is None
    assert headers.date is None


def hop(url: str, status: int, location: str) -> Hop:
    return Hop(url, status, location)


def test_a_move_is_permanent_as_far_as_every_redirect_was() -> None:
    hops = (
        hop("http://a/", 301, "https://a/"),
        hop("https://a/", 308, "https://b/"),
        hop("https://b/", 302, "https://c/"),
        hop("https://c/", 301, "https://d/"),
    )
    assert Fetched(200, "https://d/", hops=hops).permanent_url == "https://b/"
    assert Fetched(200, "https://d/", hops=hops[2:]).permanent_url is None
    assert Fetched(200, "https://d/").permanent_url is None


def test_a_step_down_from_https_is_never_a_permanent_move() -> None:
    hops = (hop("https://a/", 301, "http://a/"),)
    assert Fetched(200, "http://a/", hops=hops).permanent_url is None


@pytest.mark.parametrize(("status", "retriable"), [(404, False), (410, False), (503, True)])
def test_a_status_without_a_body_is_a_failure_to_who_needs_one(
    status: int, retriable: bool
) -> None:
    failure = status_failure(Fetched(status, "https://a/"))
    assert failure is not None
    assert (failure.reason, failure.retriable) == (f"http_{status}", retriable)


def test_an_answer_with_a_body_is_no_failure() -> None:
    assert status_failure(Fetched(200, "https://a/", body=b"")) is None


def test_values_do_not_print_the_url_that_they_hold() -> None:
    url = "https://me:secret@example.com/"
    assert "secret" not in repr(FetchRequest(url)) + repr(
        Fetched(200, url, hops=(hop(url, 301, url),))
    )


def test_a_body_is_known_by_its_blake2b_256() -> None:
    expected = "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"
    assert body_hash(b"").hex() == expected
