"""Redaction of secrets in URLs and log lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.http.redaction import is_private, public_url, scrub

UUID = "0b3c8f7e-52f1-4d0c-9a56-2f7f5a1f9b77"
TOKEN = "Zk3vQ9sT1xYb7LmN2pRw"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://me:pw@example.com/feed", "https://example.com/feed"),
        ("https://me@example.com:8443/feed", "https://example.com:8443/feed"),
        ("https://example.com/rss?auth=abc&id=7", "https://example.com/rss?auth=***&id=7"),
        ("https://example.com/rss?Token=abc", "https://example.com/rss?Token=***"),
        ("https://example.com/rss?access_token=abc", "https://example.com/rss?access_token=***"),
        ("https://example.com/rss?accessToken=abc", "https://example.com/rss?accessToken=***"),
        ("https://example.com/rss?api_key=abc", "https://example.com/rss?api_key=***"),
        ("https://s3.example/x?X-Amz-Signature=ab", "https://s3.example/x?X-Amz-Signature=***"),
        ("https://example.com/rss?sid=12", "https://example.com/rss?sid=***"),
        (f"https://example.com/rss?key={UUID}", "https://example.com/rss?key=***"),
        ("https://example.com/rss?u=a9Zk3vQ9sT1x", "https://example.com/rss?u=***"),
        (f"https://example.com/rss?x={TOKEN}", "https://example.com/rss?x=***"),
        (f"https://example.com/rss?{TOKEN}", "https://example.com/rss?***"),
        (
            f"https://api.example.com/feed/podcast/123/private/{UUID}.rss",
            "https://api.example.com/feed/podcast/123/private/***",
        ),
        (f"https://subscribers.example.fm/{UUID}", "https://subscribers.example.fm/***"),
        ("https://www.patreon.com/rss/show/a9Zk3vQ9sT1x", "https://www.patreon.com/rss/show/***"),
        ("https://x.example/eyJhbGciOiJIUzI1.rss", "https://x.example/***"),
        (f"https://x.example/{TOKEN}{TOKEN}/rss", "https://x.example/***/rss"),
    ],
)
def test_public_url_redacts_secrets_only(url: str, shown: str) -> None:
    assert public_url(url) == shown
    assert is_private(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/feed.xml",
        "https://feeds.megaphone.fm/GLT1412515089",
        "https://feeds.simplecast.com/54nAGcIl",
        f"https://feeds.redcircle.com/{UUID}",
        f"https://www.omnycontent.com/d/playlist/{UUID}/{UUID}/{UUID}/podcast.rss",
        "https://www.youtube.com/feeds/videos.xml?channel_id=UC4QZ_LsYcvcq7qOsOhpAX4A",
        "https://www.youtube.com/feeds/videos.xml?playlist_id=PLrAXtmErZgOeiKm4sgNOknGvNjby9efdf",
        "https://cdn.example.com/d41d8cd98f00b204e9800998ecf8427e/episode.vtt",
        "https://example.com/feed/?v=d41d8cd98f00b204e9800998ecf8427e",
        "https://example.com/?feed=podcast&key=show",
        "https://example.com/?session=&x=1",
        "https://example.com/feed?podcastId=5f2b1c3d4e5f6a7b8c9d0e1f",
        "https://example.com/why-we-love-2024-and-other-short-stories-of-the-year/feed",
        "https://example.com/feed?title=why-we-love-2024-and-other-stories",
        "https://example.com/feed?since=20240101000000000000000",
        "https://feeds.buzzsprout.com/1234567.rss",
        "https://example.com/private/feed.xml",
        "https://episodes.example/aHR0cHM6Ly9tZWRpYS5yc3MuY29tL2Z1bmRhbWVudGFscy9mZWVkLnhtbA",
        "https://anchor.fm/s/a1b2c3d4/podcast/rss",
    ],
)
def test_public_url_without_secret_is_unchanged(url: str) -> None:
    assert public_url(url) == url
    assert not is_private(url)


def test_public_url_of_a_malformed_url_is_redacted_whole() -> None:
    assert public_url("http://[::1/?token=abc") == "***"
    assert is_private("http://[::1/?token=abc")


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (
            "GET https://me:pw@example.com/a?token=abc failed",
            "GET https://example.com/a?token=*** failed",
        ),
        ('"GET /rss?auth=abc&id=7 HTTP/1.1" 404', '"GET /rss?auth=***&id=7 HTTP/1.1" 404'),
        ("Authorization: Basic bWU6cHc=bWU6", "Authorization: Basic ***"),
        ("authorization: bearer abcdef.ghi", "authorization: bearer ***"),
        ("password=hunter2 for the host", "password=*** for the host"),
        ("nothing to hide at 12:30, x=1", "nothing to hide at 12:30, x=1"),
        ("feed://me:pw@example.com/a", "feed://example.com/a"),
    ],
)
def test_scrub_redacts_only_the_secrets_of_a_log_line(line: str, shown: str) -> None:
    assert scrub(line) == shown


@given(st.text(max_size=80))
def test_redaction_never_raises_and_scrub_is_idempotent(text: str) -> None:
    for line in (text, f"https://{text}", f"https://example.com/?token={text}"):
        assert isinstance(is_private(line), bool)
        assert isinstance(public_url(line), str)
        assert scrub(scrub(line)) == scrub(line)


@given(st.text(alphabet="abcdefgh0123456789", min_size=4, max_size=30))
def test_redaction_never_shows_a_password_or_token(secret: str) -> None:
    secret = f"{secret}!"
    url = f"https://me:{secret}@example.com/feed?token={secret}&id=1"
    assert secret not in public_url(url)
    assert secret not in scrub(f"cannot fetch {url}: timeout")
