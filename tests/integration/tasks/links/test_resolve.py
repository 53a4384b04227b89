"""Links resolved against third parties on loopback, which answer as they are documented to."""

import asyncio
import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tasks.http.client import open_client
from tasks.http.values import FetchLimits
from tasks.links.classify import classify_link
from tasks.links.directories import Directories
from tasks.links.resolve import LinkResolver
from tasks.links.values import (
    FoundFeed,
    FoundList,
    FoundPodcasts,
    Link,
    LinkKind,
    LinkRefusal,
    Resolution,
)
from tests.paths import DATA
from tests.servers.answers import MEGABYTE, Answer, gzip_bomb, redirect
from tests.servers.fault_server import FaultServer
from tests.servers.fetching import USER_AGENT, guard_for

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
LIMITS = FetchLimits(deadline_seconds=10, max_wire_bytes=MEGABYTE, max_body_bytes=MEGABYTE)
FEED = """<rss version="2.0" xmlns:podcast="https://podcastindex.org/namespace/1.0"><channel>
<title>The Lamp Room</title><item><guid>1</guid><title>One</title>
<enclosure url="https://example.org/1.mp3" type="audio/mpeg"/>{transcript}</item></channel></rss>"""
TRANSCRIPT = '<podcast:transcript url="https://example.org/1.vtt" type="text/vtt"/>'
PAGE = "<!doctype html><html><head><title>A show</title>{head}</head><body>{body}</body></html>"


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as server:
        yield server


def stored(name: str) -> Answer:
    return Answer(body=(DATA / "links" / name).read_bytes())


def feed(*, transcript: bool = True) -> Answer:
    return Answer(body=FEED.format(transcript=TRANSCRIPT if transcript else "").encode())


def page(head: str = "", body: str = "") -> Answer:
    return Answer(body=PAGE.format(head=head, body=body).encode())


def lookup(
    server: FaultServer, *, name: str = "apple-lookup.json", transcript: bool = True
) -> Answer:
    """A stored lookup whose feed is on loopback, where it is read, too."""
    body = (DATA / "links" / name).read_bytes()
    url = server.serve("/of-lookup", feed(transcript=transcript)).encode()
    for theirs in (
        b"https://feeds.megaphone.fm/DVVTS2890392624",
        b"http://feed.thisamericanlife.org/talpodcast",
    ):
        body = body.replace(theirs, url)
    return Answer(body=body)


def directories(server: FaultServer) -> Directories:
    return Directories(
        apple_url=server.url("/apple"),
        podcast_index_url=server.url("/index"),
        podcast_index_key="KEY",
        podcast_index_secret="SECRET",
        spotify_url=server.url("/spotify"),
        overcast_url=server.url("/overcast"),
    )


def resolve(server: FaultServer, *links: str, using: Directories | None = None) -> Resolution:
    return resolve_all(server, *links, using=using)[0]


def resolve_all(
    server: FaultServer, *links: str, using: Directories | None = None
) -> list[Resolution]:
    async def run() -> list[Resolution]:
        async with open_client(guard_for(server), USER_AGENT) as client:
            resolver = LinkResolver(client, using or directories(server), LIMITS, NOW)
            return await resolver.resolve_all([classify_link(link) for link in links], 20)

    return asyncio.run(run())


def refusal(server: FaultServer, link: str, using: Directories | None = None) -> LinkRefusal:
    found = resolve(server, link, using=using)
    assert isinstance(found, LinkRefusal)
    assert found.message.endswith(".")
    assert found.next_step
    return found


def test_feed_url_is_found_with_its_transcripts(server: FaultServer) -> None:
    url = server.serve("/feed", feed())
    assert resolve(server, url) == FoundFeed(url, "The Lamp Room", 1, 1)


def test_feed_without_transcripts_is_known_at_once(server: FaultServer) -> None:
    found = resolve(server, server.serve("/feed", feed(transcript=False)))
    assert isinstance(found, FoundFeed)
    assert (found.episodes, found.transcripts) == (1, 0)


def test_feed_that_cannot_be_fetched_now_stays_a_feed(server: FaultServer) -> None:
    down = server.serve("/feed", Answer(503))
    assert resolve(server, down) == FoundFeed(down)


def test_page_leads_to_the_feed_that_it_names(server: FaultServer) -> None:
    url = server.serve("/show/feed.rss", feed())
    server.serve("/comments", feed(transcript=False))
    link = '<link rel="{}" type="application/rss+xml" title="{}" href="{}">'
    head = (
        '<base href="/show/">'
        + link.format("alternate", "Comments", "/comments")
        + link.format("ALTERNATE home", "Podcast", "feed.rss")
        + link.format("stylesheet", "", "/nothing")
    )
    found = resolve(server, server.serve("/show/page", page(head)))
    assert isinstance(found, FoundPodcasts)
    assert [each.feed_url for each in found.podcasts] == [url, server.url("/comments")]
    one = link.format("alternate", "Podcast", "feed.rss")
    server.serve("/show/one", page(one))
    assert resolve(server, server.url("/show/one")) == FoundFeed(url, "The Lamp Room", 1, 1)


def test_page_that_names_no_feed_is_tried_at_known_paths(server: FaultServer) -> None:
    url = server.serve("/rss.xml", feed())
    server.serve("/feed", page())
    found = resolve(server, server.serve("/about", page()))
    assert found == FoundFeed(url, "The Lamp Room", 1, 1)


def test_page_with_one_apple_link_is_resolved(server: FaultServer) -> None:
    server.serve("/apple/lookup?id=1648228034&entity=podcast", lookup(server))
    anchor = '<a href="https://podcasts.apple.com/podcast/id1648228034">Apple Podcasts</a>'
    found = resolve(server, server.serve("/about", page(body=anchor * 2)))
    assert found == FoundFeed(server.url("/of-lookup"), "The Lamp Room", 1, 1)
    other = anchor + anchor.replace("1648228034", "1200361736")
    two = server.serve("/two", page(body=other))
    assert refusal(server, two).reason == "no_feed_found"


def test_page_without_any_feed_names_the_next_step(server: FaultServer) -> None:
    found = refusal(server, server.serve("/about", page()))
    assert found.reason == "no_feed_found"
    assert "Search by the podcast's name" in found.next_step


def test_opml_at_a_url_is_a_list(server: FaultServer) -> None:
    opml = b'<opml version="2.0"><body><outline xmlUrl="https://example.org/1"/></body></opml>'
    found = resolve(server, server.serve("/list", Answer(body=opml)))
    assert isinstance(found, FoundList)
    assert [entry.feed_url for entry in found.entries] == ["https://example.org/1"]


def test_apple_link_needs_a_lookup_in_its_country(server: FaultServer) -> None:
    path = "/apple/lookup?id=1648228034&entity=podcast&country=es"
    server.serve(path, lookup(server))
    link = "https://podcasts.apple.com/es/podcast/moonshots-with-peter-diamandis/id1648228034"
    found = resolve(server, f"{link}?i=1000746918090")
    assert found == FoundFeed(server.url("/of-lookup"), "The Lamp Room", 1, 1)


def test_feed_of_a_lookup_that_does_not_answer_is_found(server: FaultServer) -> None:
    server.serve("/apple/lookup?id=1648228034&entity=podcast", lookup(server))
    url = server.serve("/of-lookup", Answer(503))
    assert resolve(server, "id1648228034") == FoundFeed(url, "Moonshots with Peter Diamandis")


def test_apple_id_without_podcast_is_refused(server: FaultServer) -> None:
    server.serve("/apple/lookup?id=1648228034&entity=podcast", stored("apple-empty.json"))
    assert refusal(server, "id1648228034").reason == "not_in_directory"


def test_apple_podcast_without_feed_is_refused(server: FaultServer) -> None:
    document = json.loads((DATA / "links" / "apple-lookup.json").read_text())
    del document["results"][0]["feedUrl"]
    answer = Answer(body=json.dumps(document).encode())
    server.serve("/apple/lookup?id=1648228034&entity=podcast", answer)
    assert refusal(server, "id1648228034").reason == "no_feed_url"


def test_podcast_index_request_is_signed(server: FaultServer) -> None:
    path = "/index/podcasts/byfeedid?id=522613"
    server.serve(path, lookup(server, name="podcast-index-feed.json", transcript=False))
    found = resolve(server, "https://podcastindex.org/podcast/522613")
    assert found == FoundFeed(server.url("/of-lookup"), "The Lamp Room", 1, 0)
    (seen,) = server.seen(path)
    time = str(int(NOW.timestamp()))
    signature = hashlib.sha1(f"KEYSECRET{time}".encode(), usedforsecurity=False).hexdigest()
    names = ("x-auth-key", "x-auth-date", "authorization")
    assert [seen.headers[name] for name in names] == ["KEY", time, signature]


def test_bare_podcast_index_id_is_a_lookup(server: FaultServer) -> None:
    answer = lookup(server, name="podcast-index-feed.json")
    server.serve("/index/podcasts/byfeedid?id=522613", answer)
    found = resolve(server, "podcastindex:522613")
    assert found == FoundFeed(server.url("/of-lookup"), "The Lamp Room", 1, 1)
    without = replace(directories(server), podcast_index_secret="")
    assert refusal(server, "podcastindex:522613", without).reason == "no_directory"


def test_podcast_index_key_is_sent_to_no_other_host(server: FaultServer) -> None:
    with FaultServer() as other:
        away = other.serve("/feed", stored("podcast-index-feed.json"))
        server.serve("/index/podcasts/byfeedid?id=522613", redirect(away))

        async def run() -> None:
            async with open_client(guard_for(server, other), USER_AGENT) as client:
                resolver = LinkResolver(client, directories(server), LIMITS, NOW)
                await resolver.resolve(Link(LinkKind.podcast_index, "522613"))

        asyncio.run(run())
        (seen,) = other.seen("/feed")
    assert not {"authorization", "x-auth-key", "x-auth-date"} & set(seen.headers)


def test_podcast_index_link_without_key_is_refused(server: FaultServer) -> None:
    found = refusal(server, "https://podcastindex.org/podcast/1", Directories())
    assert found.reason == "no_directory"
    assert "OVERHEARD_PODCAST_INDEX_KEY" in found.next_step
    assert server.requests == []


def test_overcast_page_leads_to_the_podcast_of_its_id(server: FaultServer) -> None:
    server.serve("/overcast/+FOOTgzaEw", stored("overcast.html"))
    server.serve("/apple/lookup?id=1042433083&entity=podcast", lookup(server, transcript=False))
    found = resolve(server, "https://overcast.fm/+FOOTgzaEw")
    assert found == FoundFeed(server.url("/of-lookup"), "The Lamp Room", 1, 0)
    server.serve("/overcast/+other", page())
    assert refusal(server, "https://overcast.fm/+other").reason == "no_feed_found"


SPOTIFY = "https://open.spotify.com/show/4eDLlGoktxMngPNq9aGqLX"
OEMBED = "/spotify/oembed?url=https%3A%2F%2Fopen.spotify.com%2Fshow%2F4eDLlGoktxMngPNq9aGqLX"
SEARCH = "/apple/search?media=podcast&entity=podcast&limit=10&term="


def test_spotify_show_in_the_directory_is_a_candidate(server: FaultServer) -> None:
    server.serve(OEMBED, stored("spotify-oembed.json"))
    server.serve(
        "/index/search/byterm?q=This+American+Life&max=10", stored("podcast-index-search.json")
    )
    using = replace(directories(server), search="podcast_index")
    found = resolve(server, SPOTIFY, using=using)
    assert isinstance(found, FoundPodcasts)
    (only,) = found.podcasts
    assert (only.title, only.feed_url) == (
        "This American Life",
        "http://feed.thisamericanlife.org/talpodcast",
    )
    assert only.artwork_url.startswith("https://files.thisamericanlife.org/")


def test_spotify_show_with_another_title_is_only_there(server: FaultServer) -> None:
    server.serve(OEMBED, stored("spotify-oembed.json"))
    server.serve(f"{SEARCH}This+American+Life", stored("apple-lookup.json"))
    found = refusal(server, SPOTIFY)
    assert found.reason == "only_on_spotify"
    assert "on Spotify only" in found.message


def test_words_are_searched_in_the_directory(server: FaultServer) -> None:
    server.serve(f"{SEARCH}moonshots+peter", stored("apple-lookup.json"))
    found = resolve(server, "moonshots peter")
    assert isinstance(found, FoundPodcasts)
    assert found.podcasts[0].author == "PHD Ventures"
    server.serve(f"{SEARCH}nothing+at+all", stored("apple-empty.json"))
    assert refusal(server, "nothing at all").reason == "nothing_found"


def test_app_link_with_title_finds_only_that_title(server: FaultServer) -> None:
    link = "https://castbox.fm/channel/Moonshots-with-Peter-Diamandis-id2574365"
    server.serve(f"{SEARCH}Moonshots+with+Peter+Diamandis", stored("apple-lookup.json"))
    assert isinstance(resolve(server, link), FoundPodcasts)
    server.serve(f"{SEARCH}The+Lamp+Room", stored("apple-lookup.json"))
    assert refusal(server, link.replace("Moonshots-with-Peter-Diamandis", "The-Lamp-Room")).reason


def test_without_a_directory_nothing_is_sent(server: FaultServer) -> None:
    using = replace(directories(server), search="none")
    for link in ("id1648228034", "the lamp room", SPOTIFY, "https://podcastindex.org/podcast/1"):
        assert refusal(server, link, using).reason == "no_directory"
    assert server.requests == []


@pytest.mark.parametrize(
    "answer",
    [
        Answer(500),
        Answer(429),
        Answer(body=b"<html>"),
        Answer(body=b"[" * 100_000),
        Answer(hang=True),
    ],
)
def test_directory_that_fails_is_a_refusal_with_advice(
    server: FaultServer, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "tests.integration.tasks.links.test_resolve.LIMITS", replace(LIMITS, deadline_seconds=1)
    )
    server.serve("/apple/lookup?id=1648228034&entity=podcast", answer)
    assert refusal(server, "id1648228034").reason in {"directory_failed", "not_in_directory"}


def test_hostile_links_are_refused_with_their_reason(server: FaultServer) -> None:
    hostile = {
        server.serve("/private", redirect("http://169.254.169.254/latest")): "address_refused",
        server.serve("/file", redirect("file:///etc/passwd")): "scheme_refused",
        server.serve("/loop", redirect(server.url("/loop"))): "redirect_loop",
        server.serve("/huge", Answer(body=b"<html>" + b"x" * 2 * MEGABYTE)): "too_large",
        server.serve("/bomb", gzip_bomb(64)): "too_large",
        server.serve("/port", redirect("http://1.1.1.1:22/")): "port_refused",
        "http://127.0.0.1:1/": "address_refused",
        "http://[::1]/": "address_refused",
        server.serve("/gone", Answer(410)): "http_410",
        server.serve("/json", Answer(body=b'{"a": 1}')): "json",
        server.serve("/xml", Answer(body=b"<svg/>")): "not_a_feed",
    }
    for step in range(10):
        server.serve(f"/chain?{step}", redirect(server.url(f"/chain?{step + 1}")))
    hostile[server.url("/chain?0")] = "too_many_redirects"
    found = resolve_all(server, *hostile)
    refused = [each for each in found if isinstance(each, LinkRefusal)]
    assert [each.reason for each in refused] == list(hostile.values())
    assert all(each.message and each.next_step for each in refused)


def test_page_cannot_lead_into_a_private_network(server: FaultServer) -> None:
    link = '<link rel="alternate" type="application/rss+xml" href="http://10.0.0.1/feed">'
    assert refusal(server, server.serve("/about", page(link))).reason == "no_feed_found"


def test_page_of_many_links_makes_few_requests(server: FaultServer) -> None:
    link = '<link rel="alternate" type="application/rss+xml" href="/feed{}">'
    url = server.serve("/about", page("".join(link.format(n) for n in range(5000))))
    assert refusal(server, url).reason == "no_feed_found"
    assert len(server.requests) <= 20


def test_long_list_fetches_no_feed(server: FaultServer) -> None:
    urls = [server.serve(f"/{number}", feed()) for number in range(21)]
    server.serve("/apple/lookup?id=1648228034&entity=podcast", stored("apple-lookup.json"))
    found = resolve_all(server, *urls, "id1648228034")
    assert found[:21] == [FoundFeed(url) for url in urls]
    assert found[21] == FoundFeed(
        "https://feeds.megaphone.fm/DVVTS2890392624", "Moonshots with Peter Diamandis"
    )
    assert len(server.requests) == 1
