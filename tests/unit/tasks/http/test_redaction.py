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


# Addresses of the kinds that hosters of private podcasts hand out, and that people make themselves.
PRIVATE = f"""
https://show.supercast.tech/feeds/abcDEF123456ghij
https://rss.supportingcast.fm/content/a1b2c3d4e5f6.rss
https://feeds.acast.com/private/show/{UUID}
https://access.acast.com/rss/show/a1B2c3D4e5F6
https://private.example.com/feeds/0a1b2c3d4e5f
https://premium-feeds.example.com/show/0a1b2c3d4e5f
https://example.com/subscriber-feed/0a1b2c3d4e5f6a7b
https://example.com/private%2Dfeed/0a1b2c3d4e5f6a7b
https://example.com/rss?u=bob&p=hunter2
https://example.com/rss?login=bob&pass=hunter2
https://example.com/rss?key=hunter2
https://example.com/rss?api-key=hunter2
https://example.com/rss?X-Api-Key=hunter2
https://example.com/rss?userkey=hunter
https://example.com/rss?feed_key=hunter
https://example.com/rss?usertoken=hunter
https://example.com/rss?PHPSESSID=abc
https://example.com/rss?member=1234567
https://example.com/rss?customer_id=0a1b2c3d
https://example.com/rss?subscriber_id=0a1b2c3d12344abc8def0123456789ab
https://example.com/rss;jsessionid=0a1b2c3d12344abc8def0123456789ab
https://example.com/rss;token=abc/feed
https://example.com/rss?%74oken=hunter2
https://example.com/rss?%2574oken=hunter2
https://example.com/rss?a=1;token=hunter2
https://example.com/rss?a=1&amp;token=hunter2
https://example.com/rss?x=https%3A%2F%2Fbob%3Ahunter2%40example.com%2F
https://example.com/rss?x=https%3A%2F%2Fexample.com%2F%3Ftoken%3Dabc
https://proxy.example.com/https://bob:hunter2@example.com/rss
https://example.com/rss?x=eyJhbGciOiJIUzI1NiJ9.abc
https://example.com/feed/Zx9Qw8Er7Ty6Ui5Op4As3Df2Gh1Jk0
""".split()
# Public feeds: of every large hoster, and of people's own servers.
PUBLIC = f"""
https://feeds.megaphone.fm/ABC1234567890
https://feeds.megaphone.fm/replyall
https://feeds.simplecast.com/54nAGcIl
https://rss.art19.com/the-daily
https://anchor.fm/s/1234abcd/podcast/rss
https://feeds.transistor.fm/my-show
https://feeds.buzzsprout.com/1234567.rss
https://feeds.acast.com/public/shows/{UUID}
https://feeds.acast.com/public/shows/5f3b1c2d4e5f6a7b8c9d0e1f
https://rss.acast.com/my-show
https://www.omnycontent.com/d/playlist/{UUID}/{UUID}/{UUID}/podcast.rss
https://feeds.redcircle.com/{UUID}
https://media.rss.com/my-show/feed.xml
https://pinecast.com/feed/my-show
https://feeds.npr.org/510289/podcast.xml
https://podcasts.files.bbci.co.uk/p02nq0gn.rss
https://feeds.captivate.fm/my-show/
https://feed.podbean.com/myshow/feed.xml
https://www.spreaker.com/show/1234567/episodes/feed
https://feeds.libsyn.com/123456/rss
https://myshow.libsyn.com/rss
https://feeds.soundcloud.com/users/soundcloud:users:123456789/sounds.rss
https://audioboom.com/channels/4954758.rss
https://feeds.fireside.fm/myshow/rss
https://feeds.castos.com/abcd1
https://www.ivoox.com/feed_fg_f1234567_filtro_1.xml
https://www.ximalaya.com/album/12345678.xml
https://feeds.feedburner.com/MyShow2024
https://feeds.zencastr.com/f/abcd1234.rss
https://podcast.ausha.co/my-show
https://feeds.soundon.fm/podcasts/{UUID}.xml
https://letscast.fm/podcasts/my-show-1a2b3c4d/feed
https://my-show.podigee.io/feed/mp3
https://feeds.br.de/my-show/feed.xml
https://www.deutschlandfunk.de/podcast-100.xml
https://example.com/feed.xml?limit=100&page=2
https://example.com/?feed=podcast
https://example.com/?feed=rss2&cat=12
https://example.com/?p=1234&feed=rss
https://example.com/index.php?option=com_podcast&view=feed&format=raw
https://example.com/feed/podcast?ver=5.8.1
https://example.com/category/secure-passwords/feed
https://example.com/the-private-eye/feed.xml
https://example.com/members/feed.xml
https://example.com/podcast?user=news&type=audio
https://www.youtube.com/feeds/videos.xml?channel_id=UC4QZ_LsYcvcq7qOsOhpAX4A
https://archive.org/download/my-show-2019/feed.xml
https://www.buzzsprout.com/1234567/rss?ref=apple
https://changelog.com/master/feed
https://lexfridman.com/feed/podcast/
""".split()


@pytest.mark.parametrize("url", PRIVATE)
def test_private_feed_urls_of_hosters_are_private(url: str) -> None:
    assert is_private(url)
    assert not any(secret in public_url(url) for secret in ("hunter", "0a1b2c3d", "abcDEF"))


def test_at_most_one_in_twenty_public_feed_urls_is_hidden() -> None:
    hidden = [url for url in PUBLIC if is_private(url)]
    assert len(hidden) * 20 <= len(PUBLIC), hidden


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
