"""The demo world: its server follows HTTP, and its files match expected.json."""

import gzip
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from http.client import HTTPConnection, HTTPResponse
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

import pytest

from tasks.feeds.parser.parse import parse_feed
from tasks.feeds.values import Item
from tasks.speakers.names.display_name import better_display
from tasks.speakers.names.names import slug_of
from tasks.speakers.names.single_label import match_label
from tasks.transcripts.parse import parse_transcript
from workers.local.demo.files import FEEDS, LAST_MODIFIED, feed_urls
from workers.local.demo.server import demo_world


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with demo_world() as url:
        yield url


@cache
def expected() -> Any:
    return json.loads((files("workers.local.demo") / "expected.json").read_text("utf-8"))


def fetch(url: str, method: str = "GET", **headers: str) -> tuple[HTTPResponse, bytes]:
    """Send one request with the target unchanged; normalizing clients would hide traversal."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=5)
    try:
        target = url.removeprefix(f"{parts.scheme}://{parts.netloc}")
        connection.request(
            method, target, headers={k.replace("_", "-"): headers[k] for k in headers}
        )
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def test_feeds_link_to_their_own_server(base_url: str) -> None:
    for url in feed_urls(base_url):
        response, body = fetch(url)
        assert response.status == 200
        assert base_url.encode() in body
        assert b"{base_url}" not in body


def test_feed_with_matching_etag_is_not_modified(base_url: str) -> None:
    url = base_url + FEEDS[0]
    response, _ = fetch(url)
    etag = response.headers["ETag"]
    assert fetch(url, If_None_Match=f'"other", {etag}')[0].status == 304
    assert fetch(url, If_Modified_Since=LAST_MODIFIED)[0].status == 304
    not_modified, body = fetch(url, If_None_Match=etag, If_Modified_Since="nonsense")
    assert (not_modified.status, not_modified.headers["ETag"], body) == (304, etag, b"")


def test_feed_with_other_validators_is_sent(base_url: str) -> None:
    url = base_url + FEEDS[0]
    older = "Wed, 27 Aug 2025 06:00:00 GMT"
    assert fetch(url, If_Modified_Since=older)[0].status == 200
    assert fetch(url, If_None_Match='"other"', If_Modified_Since=LAST_MODIFIED)[0].status == 200
    assert fetch(url, If_Modified_Since="nonsense")[0].status == 200


def test_large_body_is_compressed_if_accepted(base_url: str) -> None:
    url = base_url + FEEDS[0]
    plain, body = fetch(url)
    packed, smaller = fetch(url, Accept_Encoding="gzip, deflate")
    assert plain.headers["Content-Encoding"] is None
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(smaller) < len(body) == len(gzip.decompress(smaller))
    small = fetch(f"{base_url}/lamp-room/001-chapters.json", Accept_Encoding="gzip")[0]
    assert small.headers["Content-Encoding"] is None


def test_head_sends_headers_of_get_without_body(base_url: str) -> None:
    url = base_url + FEEDS[1]
    response, body = fetch(url, "HEAD")
    assert body == b""
    assert response.headers["Content-Length"] == str(len(fetch(url)[1]))
    assert response.headers["Content-Type"] == "application/atom+xml; charset=utf-8"


@pytest.mark.parametrize(
    "path",
    [
        "/lamp-room/004.srt",
        "/lamp-room",
        "/../server.py",
        "/lamp-room/../../server.py",
        "/%2e%2e/server.py",
        "/lamp-room/..%2f..%2fexpected.json",
        "//etc/passwd",
        "/lamp-room/feed.xml%00",
    ],
)
def test_only_world_files_are_served(base_url: str, path: str) -> None:
    assert fetch(base_url + path)[0].status == 404


def test_other_methods_and_bad_requests_are_refused(base_url: str) -> None:
    assert fetch(base_url + FEEDS[0], "POST")[0].status == 405
    assert fetch(base_url + FEEDS[0], "GET / broken")[0].status == 400


def test_used_port_is_reported_at_once(base_url: str) -> None:
    with (
        pytest.raises(OSError, match="address already in use"),
        demo_world(urlsplit(base_url).port or 0),
    ):
        pass


def test_process_prints_its_url_and_stops_on_signal() -> None:
    command = [sys.executable, "-m", "workers.local.demo.server", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        base_url = process.stdout.readline().strip()
        assert fetch(base_url + FEEDS[0])[0].status == 200
        process.terminate()
        assert process.wait(timeout=5) == 0


@pytest.mark.parametrize("path", FEEDS)
def test_feeds_have_expected_episodes(base_url: str, path: str) -> None:
    podcast = podcast_at(path)
    feed = parse_feed(fetch(base_url + path)[1], url=base_url + path)
    assert feed.title == podcast["title"]
    assert [
        (item.guid, item.title, item.published_at, len(item.transcripts))
        for item in reversed(feed.items)
    ] == [
        (
            episode["guid"],
            episode["title"],
            datetime.fromisoformat(episode["published_at"]).astimezone(UTC),
            episode["offered"],
        )
        for episode in podcast["episodes"]
    ]


@pytest.mark.parametrize("path", FEEDS)
def test_transcripts_have_expected_counts(base_url: str, path: str) -> None:
    feed = parse_feed(fetch(base_url + path)[1], url=base_url + path)
    counted = {item.guid: labels_of(item) for item in feed.items}
    assert counted == {
        episode["guid"]: episode["labels"] for episode in podcast_at(path)["episodes"]
    }


def test_labels_resolve_to_expected_people() -> None:
    shown: dict[str, str] = {}
    counts: Counter[str] = Counter()
    for podcast in expected()["podcasts"]:
        for episode in podcast["episodes"]:
            for label, count in episode["labels"].items():
                if name := match_label(label).name:
                    shown[name.key] = better_display(
                        shown.get(name.key, name.display), name.display
                    )
                    counts[name.key] += count
    assert {(shown[key], slug_of(key), counts[key]) for key in counts} == {
        (person["name"], person["slug"], person["appearances"]) for person in expected()["people"]
    }


def podcast_at(path: str) -> Any:
    return next(podcast for podcast in expected()["podcasts"] if podcast["feed"] == path)


def labels_of(item: Item) -> dict[str, int]:
    """Segments by label of the first listed transcript that exists."""
    for link in item.transcripts:
        response, body = fetch(link.url)
        if response.status == 200:
            transcript = parse_transcript(body, declared_type=link.type)
            return dict(Counter(segment.label for segment in transcript.segments))
    return {}
