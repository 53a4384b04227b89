"""Pages over rows that a test makes: merged people, empty places, forms, artwork, files."""

import json
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from models import get_settings
from models.database import forget_engine, in_transaction
from tasks.artwork.image_type import image_type
from tasks.artwork.store import CachedImage, cache_artwork
from tests.factories import add_podcast, execute, new_episode, one, rows, spoken, store
from tests.integration.web.accounts import READER, add_accounts, enter
from tests.integration.web.reading import Page
from tests.integration.web.world import png
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer

FEED_INVALID = "HTTPS://Feeds.Invalid/feed"
SPOKEN_FEED = """<rss version="2.0" xmlns:podcast="https://podcastindex.org/namespace/1.0"><channel>
<title>The Lamp Room</title><item><guid>1</guid><title>One</title>
<podcast:transcript url="{vtt}" type="text/vtt"/></item></channel></rss>"""


def episode_with(*turns: str) -> int:
    episode = new_episode()
    in_transaction(store, episode, spoken(*turns))
    return episode


def test_without_anything_the_first_page_says_how_to_begin(client: httpx.Client) -> None:
    page = Page("/", client.get("/"))
    assert page.texts("//div[@class='empty']/strong") == ["No podcasts yet"]
    for address in ("/people", "/podcasts", "/topics", "/charts", "/charts?of=trending"):
        answer = client.get(address)
        assert answer.status_code == 200
        assert 'class="empty' in answer.text, address


def test_page_of_a_merged_person_redirects_to_the_target(client: httpx.Client) -> None:
    episode_with("Ann Smith: Hello.", "Bob Jones: Hi.", "Cy Young: Hey.")
    merge = """
        UPDATE person SET state = 'merged',
            merged_into = (SELECT id FROM person WHERE slug = :other) WHERE slug = :slug
    """
    execute(merge, slug="ann-smith", other="bob-jones")
    execute(merge, slug="bob-jones", other="cy-young")
    for path in ("", "?year=2026", "/feed.atom", "/appearances.csv", "/appearances.json"):
        answer = client.get(f"/people/ann-smith{path}")
        assert answer.status_code == 308
        assert answer.headers["location"] == f"/people/cy-young{path}"
    execute("UPDATE person SET state = 'suppressed', merged_into = NULL WHERE slug = 'cy-young'")
    for slug in ("ann-smith", "cy-young"):
        assert client.get(f"/people/{slug}").status_code == 404


def test_duplicate_podcast_redirects_and_removed_one_is_404(
    client: httpx.Client,
) -> None:
    followed, double, removed = (in_transaction(add_podcast) for _ in range(3))
    execute(
        "UPDATE podcast SET state = 'duplicate', duplicate_of = :k WHERE id = :i",
        k=followed,
        i=double,
    )
    execute("UPDATE podcast SET state = 'removed' WHERE id = :i", i=removed)
    assert client.get(f"/podcasts/{double}").headers["location"] == f"/podcasts/{followed}"
    assert client.get(f"/podcasts/{removed}").status_code == 404
    assert client.get(f"/artwork/podcasts/{removed}").status_code == 404


def test_speech_of_nobody_is_shown_as_such_with_the_reason(client: httpx.Client) -> None:
    episode = episode_with("Ann Smith: Hello.", "Music: La.", "Speech under no name.")
    page = Page("", client.get(f"/episodes/{episode}"))
    nobody = page.texts("//div[@class='turn nobody']/div[@class='who']")
    assert nobody == ["Music", "Unknown"]
    reasons = " ".join(page.texts("//li[@data-speaker]"))
    assert "not a person" in reasons
    assert "no speaker label" in reasons


def test_episode_without_transcript_says_why(client: httpx.Client) -> None:
    assert "offers no transcript" in client.get(f"/episodes/{new_episode()}").text


@pytest.fixture
def adding(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    """A client whose forms come from the pages themselves, where everybody may add."""
    monkeypatch.setenv("OVERHEARD_PUBLIC_ADD", "true")
    get_settings.cache_clear()
    client.headers["origin"] = str(client.base_url).rstrip("/")
    yield client
    get_settings.cache_clear()


def test_add_by_a_stranger_is_refused_by_default(client: httpx.Client) -> None:
    assert "operators can add podcasts" in client.get("/add").text
    own = {"origin": str(client.base_url).rstrip("/")}
    sent = client.post("/add", files={"url": (None, "https://feeds.invalid/feed")}, headers=own)
    assert sent.status_code == 403
    assert one("SELECT count(*) FROM podcast") == 0


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://"], ids=str
)
def test_a_form_of_another_site_is_refused(adding: httpx.Client, origin: str) -> None:
    headers = {"origin": origin}
    sent = adding.post("/add", files={"url": (None, "https://feeds.invalid/feed")}, headers=headers)
    assert sent.status_code == 403
    assert one("SELECT count(*) FROM podcast") == 0


def test_added_url_is_added_once_in_any_spelling(adding: httpx.Client) -> None:
    for written in ("https://feeds.invalid/feed", "feed://feeds.invalid/feed", FEED_INVALID):
        sent = adding.post("/add", files={"url": (None, written)})
        assert sent.status_code == 303
        podcast = one("SELECT id FROM podcast")
        assert sent.headers["location"].startswith(f"/add/progress?ids={podcast}")


def test_added_url_needs_no_scheme(
    adding: httpx.Client, publisher: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVERHEARD_FETCH_DEADLINE_SECONDS", "2")  # this server speaks no TLS
    get_settings.cache_clear()
    vtt = publisher.url("/1.vtt")
    publisher.serve("/feed", Answer(body=SPOKEN_FEED.format(vtt=vtt).encode()))
    sent = adding.post("/add", files={"url": (None, f"127.0.0.1:{publisher.port}/feed")})
    assert sent.status_code == 303
    assert one("SELECT feed_url FROM podcast") == publisher.url("/feed")


def test_name_without_a_server_is_no_feed(adding: httpx.Client) -> None:
    sent = adding.post("/add", files={"url": (None, "feeds.invalid/feed")})
    assert Page("", sent).texts("//*[@role='alert']//code") == ["dns_failed"]
    assert one("SELECT count(*) FROM podcast") == 0


def test_add_says_at_once_that_a_feed_has_no_transcripts(
    adding: httpx.Client, publisher: FaultServer
) -> None:
    silent = re.sub("<podcast:transcript[^>]*>", "", SPOKEN_FEED)
    url = publisher.serve("/feed", Answer(body=silent.encode()))
    sent = adding.post("/add", files={"url": (None, url)})
    assert "This feed lists no transcripts" in sent.text
    assert "the operator of this service can turn it on." in sent.text
    assert "OVERHEARD_SPEECH" not in sent.text
    assert one("SELECT count(*) FROM podcast") == 1


def test_apple_link_to_a_silent_feed_says_what_can_be_done(
    adding: httpx.Client, publisher: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = re.sub("<podcast:transcript[^>]*>", "", SPOKEN_FEED)
    url = publisher.serve("/feed", Answer(body=silent.encode()))
    row = {"kind": "podcast", "collectionName": "The Lamp Room", "feedUrl": url}
    body = json.dumps({"resultCount": 1, "results": [row]}).encode()
    publisher.serve("/lookup?id=1648228034&entity=podcast", Answer(body=body))
    monkeypatch.setenv("OVERHEARD_APPLE_URL", publisher.url(""))
    monkeypatch.setenv("OVERHEARD_SPEECH", "true")
    get_settings.cache_clear()
    sent = adding.post("/add", files={"url": (None, "id1648228034")})
    assert "This feed lists no transcripts" in sent.text
    assert "Speech to text is on here: new episodes" in sent.text


def test_operator_reads_the_setting_of_speech_to_text(
    adding: httpx.Client, publisher: FaultServer
) -> None:
    add_accounts()
    token = enter(adding)
    silent = re.sub("<podcast:transcript[^>]*>", "", SPOKEN_FEED)
    url = publisher.serve("/feed", Answer(body=silent.encode()))
    sent = adding.post("/add", files={"url": (None, url), "form_token": (None, token)})
    assert "turn it on (OVERHEARD_SPEECH=true: see docs/speech.md)." in sent.text


def test_pasted_lines_are_links_each_with_its_result(
    adding: httpx.Client, publisher: FaultServer
) -> None:
    good = publisher.serve(
        "/feed", Answer(body=SPOKEN_FEED.format(vtt="https://a.invalid").encode())
    )
    pasted = f"{good}\nThe Lamp Room\nhttps://pca.st/l7l2wvwh\nhttps://feeds.invalid/feed"
    sent = adding.post("/add", files={"url": (None, pasted)})
    assert Page("", sent).texts("//*[@role='alert']//code") == ["bad_entry", "unverified_link"]
    assert "Search by the podcast" in sent.text
    assert "2 waiting for their first poll, 2 refused." in sent.text
    assert one("SELECT count(*) FROM podcast") == 2


def test_name_is_searched_and_a_choice_is_added(
    adding: httpx.Client, publisher: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    art = publisher.serve("/art.png", Answer(body=png(8), headers={"Content-Type": "image/png"}))
    found = {"kind": "podcast", "collectionName": "Lamp <b>Room", "feedUrl": "https://a.invalid/f"}
    body = json.dumps({"resultCount": 1, "results": [found | {"artworkUrl100": art}]})
    publisher.serve(
        "/search?media=podcast&entity=podcast&limit=10&term=lamp+room", Answer(body=body.encode())
    )
    monkeypatch.setenv("OVERHEARD_APPLE_URL", publisher.url(""))
    get_settings.cache_clear()
    sent = adding.post("/add", files={"url": (None, "lamp room")})
    shown = Page("", sent)
    assert (sent.status_code, shown.texts("//li//*[@class='title']")) == (200, ["Lamp <b>Room"])
    assert one("SELECT count(*) FROM podcast") == 0
    (artwork,) = shown.attributes("//li//img/@src")
    assert adding.get(artwork).content == png(8)
    (feed_url,) = shown.attributes("//li//input[@name='url']/@value")
    assert adding.post("/add", files={"url": (None, feed_url)}).status_code == 303
    assert one("SELECT feed_url FROM podcast") == "https://a.invalid/f"


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "empty"),
        ("ftp://example.com/feed", "scheme_refused"),
        ("https://", "bad_url"),
        ("<script>", "bad_entry"),
        ("javascript:alert(1)", "scheme_refused"),
    ],
)
def test_add_of_an_invalid_url_shows_its_reason(
    adding: httpx.Client, written: str, reason: str
) -> None:
    sent = adding.post("/add", files={"url": (None, written)})
    assert sent.status_code == 400
    assert Page("", sent).texts("//*[@role='alert']//code") == [reason]
    assert one("SELECT count(*) FROM podcast") == 0


def test_a_list_is_followed_and_its_bad_lines_are_named(adding: httpx.Client) -> None:
    opml = """<opml version="2.0"><body><outline xmlUrl="https://one.example/f"/>
        <outline text="No address" type="rss"/><outline xmlUrl="https://two.example/f"/>
        </body></opml>"""
    sent = adding.post("/add", files={"url": (None, ""), "opml": ("list.opml", opml)})
    assert sent.status_code == 200
    assert len(Page("", sent).root.xpath("//article[@data-podcast]")) == 2
    assert Page("", sent).texts("//*[@role='alert']//code") == ["bad_entry"]
    assert one("SELECT count(*) FROM podcast") == 2


def test_too_much_is_refused_before_it_is_read(adding: httpx.Client) -> None:
    sent = adding.post("/add", files={"opml": ("list.opml", b"x" * 2_100_000)})
    assert sent.status_code == 413
    many = "\n".join(f"https://{number}.example/feed" for number in range(1001))
    sent = adding.post("/add", files={"opml": ("list.txt", many)})
    assert Page("", sent).texts("//*[@role='alert']//code") == ["too_large"]
    assert one("SELECT count(*) FROM podcast") == 0


def artwork_of(client: httpx.Client, url: str) -> httpx.Response:
    podcast = in_transaction(add_podcast)
    execute("UPDATE podcast SET image = :url, title = 'Zebra' WHERE id = :id", url=url, id=podcast)
    return client.get(f"/artwork/podcasts/{podcast}")


def test_a_cover_is_fetched_once_and_comes_from_us(
    publisher: FaultServer, client: httpx.Client
) -> None:
    url = publisher.serve("/artwork", Answer(body=png(8), headers={"Content-Type": "text/html"}))
    first, second = artwork_of(client, url), artwork_of(client, url)
    assert first.content == second.content == png(8)
    assert first.headers["content-type"] == "image/png"
    assert first.headers["x-content-type-options"] == "nosniff"
    assert len(publisher.seen("/artwork")) == 1
    again = client.get(str(first.url), headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(body=b"<svg xmlns='http://www.w3.org/2000/svg'/>"), "not_a_picture"),
        (Answer(body=b"<html>", headers={"Content-Type": "image/png"}), "not_a_picture"),
        (Answer(404), "http_404"),
        (Answer(body=png(8) + b"x" * 5_000_001), "too_large"),
        (Answer(body=b""), "not_a_picture"),
    ],
)
def test_broken_artwork_is_a_placeholder_and_not_refetched(
    publisher: FaultServer, client: httpx.Client, answer: Answer, reason: str
) -> None:
    url = publisher.serve("/artwork", answer)
    for _ in range(2):
        shown = artwork_of(client, url)
        assert shown.status_code == 200
        assert shown.headers["content-type"] == "image/svg+xml"
        assert ">Z</text>" in shown.text
    assert [row["reason"] for row in rows("SELECT reason FROM artwork")] == [reason]
    assert len(publisher.seen("/artwork")) == 1


def test_artwork_at_a_private_ip_is_not_fetched(
    publisher: FaultServer, client: httpx.Client
) -> None:
    url = publisher.serve("/away", Answer(302, headers={"Location": "http://127.0.0.1:22/x.png"}))
    assert ">Z</text>" in artwork_of(client, url).text
    assert ">Z</text>" in artwork_of(client, "http://169.254.169.254/latest/meta-data").text
    assert {row["reason"] for row in rows("SELECT reason FROM artwork")} == {"address_refused"}


def test_the_oldest_pictures_make_room(database: str) -> None:
    del database
    for number in range(4):
        image = CachedImage("image/png", b"x" * 100, None, fresh=True)
        in_transaction(cache_artwork, bytes([number]), image, max_bytes=250)
        execute("UPDATE artwork SET fetched_at = fetched_at - interval '1 second'")
    assert [row["hash"] for row in rows("SELECT hash FROM artwork ORDER BY hash")] == [b"\2", b"\3"]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a..", "image/gif"),
        (png(1), "image/png"),
        (b"RIFF\0\0\0\0WEBPVP8", "image/webp"),
        (b"\0\0\0 ftypavif", "image/avif"),
        (b"<?xml version='1.0'?><svg/>", None),
        (b"%PDF-1.4", None),
        (b"RIFF\0\0\0\0WAVE", None),
    ],
)
def test_a_picture_is_known_by_its_first_bytes(body: bytes, kind: str | None) -> None:
    assert image_type(body) == kind


def test_static_file_with_version_is_cached_as_immutable(client: httpx.Client) -> None:
    page = Page("/", client.get("/"))
    (style,) = page.attributes("//link[@rel='stylesheet']/@href")
    assert urlsplit(style).query.startswith("v=")
    assert "immutable" in client.get(style).headers["cache-control"]
    assert "immutable" not in client.get(urlsplit(style).path).headers["cache-control"]


def test_when_the_database_is_away_a_page_says_so(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OVERHEARD_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    get_settings.cache_clear()
    forget_engine()
    answer = client.get("/people")
    forget_engine()
    assert answer.status_code == 503
    assert "Back in a moment" in answer.text


def test_operator_adds_podcasts_with_a_form_token(
    client: httpx.Client,
) -> None:
    add_accounts()
    token = enter(client)
    assert token in client.get("/add").text
    url = {"url": (None, "https://feeds.invalid/feed")}
    assert client.post("/add", files=url).status_code == 403
    assert client.post("/add", files=url | {"form_token": (None, token)}).status_code == 303
    assert one("SELECT count(*) FROM podcast") == 1


def test_a_reader_adds_nothing(client: httpx.Client) -> None:
    add_accounts()
    token = enter(client, READER)
    sent = {"url": (None, "https://feeds.invalid/feed"), "form_token": (None, token)}
    assert client.post("/add", files=sent).status_code == 403
    assert one("SELECT count(*) FROM podcast") == 0


def test_private_reading_redirects_strangers_to_sign_in(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    episode_with("Ann Smith: Hello.")
    monkeypatch.setenv("OVERHEARD_PUBLIC_READING", "false")
    get_settings.cache_clear()
    for address in (
        "/",
        "/people",
        "/people/ann-smith",
        "/people/ann-smith/feed.atom",
        "/charts",
        "/people/ann-smith/appearances.csv",
        "/artwork/podcasts/1",
        "/add",
    ):
        answer = client.get(address)
        assert (answer.status_code, "/sign-in" in answer.headers.get("location", "")) == (303, True)
    assert client.get("/health/live").status_code == 200
    assert client.get("/sign-in").status_code == 200
