"""Values of HTTP, and the header fields of responses."""

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
def test_retry_after_parses_seconds_and_dates(value: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(value, NOW) == seconds


def fields(values: dict[str, str]) -> httpx.Headers:
    return httpx.Headers(values)


def test_link_fields_give_hub_and_self_urls() -> None:
    link = (
        '<https://hub.example/>; rel="hub", </feed>; rel=self, <https://h2.example/>; rel="x hub"'
    )
    headers = response_headers(fields({"Link": link}), "https://example.com/old")
    assert headers.hubs == ("https://hub.example/", "https://h2.example/")
    assert headers.self_url == "https://example.com/feed"


def test_header_too_long_or_unprintable_counts_as_absent() -> None:
    headers = response_headers(fields({"ETag": "x" * 5000, "Date": "a\x07b"}), "https://e.com")
    assert headers.etag is None
    assert headers.date is None


def hop(url: str, status: int, location: str) -> Hop:
    return Hop(url, status, location)


def test_permanent_url_ends_at_the_first_temporary_redirect() -> None:
    hops = (
        hop("http://a/", 301, "https://a/"),
        hop("https://a/", 308, "https://b/"),
        hop("https://b/", 302, "https://c/"),
        hop("https://c/", 301, "https://d/"),
    )
    assert Fetched(200, "https://d/", hops=hops).permanent_url == "https://b/"
    assert Fetched(200, "https://d/", hops=hops[2:]).permanent_url is None
    assert Fetched(200, "https://d/").permanent_url is None


def test_permanent_url_ignores_a_redirect_from_https_to_http() -> None:
    hops = (hop("https://a/", 301, "http://a/"),)
    assert Fetched(200, "http://a/", hops=hops).permanent_url is None


@pytest.mark.parametrize(("status", "retriable"), [(404, False), (410, False), (503, True)])
def test_status_failure_of_a_response_without_body(status: int, retriable: bool) -> None:
    failure = status_failure(Fetched(status, "https://a/"))
    assert failure is not None
    assert (failure.reason, failure.retriable) == (f"http_{status}", retriable)


def test_status_failure_of_a_response_with_body_is_none() -> None:
    assert status_failure(Fetched(200, "https://a/", body=b"")) is None


def test_http_values_repr_has_no_url() -> None:
    url = "https://me:secret@example.com/"
    assert "secret" not in repr(FetchRequest(url)) + repr(
        Fetched(200, url, hops=(hop(url, 301, url),))
    )


def test_body_hash_is_blake2b_256() -> None:
    expected = "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"
    assert body_hash(b"").hex() == expected
