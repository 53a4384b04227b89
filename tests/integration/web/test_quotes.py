"""A quote on a page of its own, its picture, and its frame for other sites."""

import io

import httpx
import pytest
from PIL import Image

from models import PodcastState
from models.database import in_transaction
from tests.factories import execute, new_episode, one, set_podcast_state, spoken, store
from tests.integration.web.accounts import add_accounts, enter
from tests.integration.web.reading import Page

WORDS = 'We "tide" over & <b>on</b>, says the harbor.'


@pytest.fixture
def quoted(database: str) -> str:
    """The path of a quote of Ann Smith's."""
    del database
    in_transaction(store, new_episode(title="Night"), spoken(f"Ann Smith: {WORDS}", "no label"))
    return f"/quotes/{_appearance('s.person_id IS NOT NULL')}"


def _appearance(condition: str) -> int:
    query = "SELECT a.id FROM appearance a JOIN speaker s ON s.id = a.speaker_id WHERE "
    return int(one(query + condition))


def test_quote_page_has_words_speaker_and_preview(client: httpx.Client, quoted: str) -> None:
    page = Page(quoted, client.get(quoted))
    assert page.texts("//blockquote/bdi") == [WORDS]
    assert page.attributes("//figcaption/a[1]/@href") == ["/people/ann-smith"]
    (image,) = page.attributes("//meta[@property='og:image']/@content")
    assert page.attributes("//link[@rel='canonical']/@href") == [
        str(client.base_url.copy_with(raw_path=quoted.encode()))
    ]
    picture = Image.open(io.BytesIO(httpx.get(image, trust_env=False).content))
    assert (picture.format, picture.size) == ("PNG", (1200, 630))


def test_only_the_embedded_quote_may_be_framed(client: httpx.Client, quoted: str) -> None:
    page, embedded = client.get(quoted), client.get(f"{quoted}/embed")
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert "frame-ancestors *" in embedded.headers["content-security-policy"]
    assert Page("", embedded).attributes("//script") == []
    assert Page("", embedded).texts("//blockquote/bdi") == [WORDS]


def test_what_does_not_count_is_no_quote(client: httpx.Client, quoted: str) -> None:
    execute("UPDATE person SET state = 'suppressed'")
    assert client.get(quoted).status_code == 404
    execute("UPDATE person SET state = 'active'")
    assert client.get(f"/quotes/{_appearance('s.person_id IS NULL')}").status_code == 404
    in_transaction(set_podcast_state, one("SELECT id FROM podcast"), PodcastState.removed)
    assert client.get(f"{quoted}/card.png").status_code == 404


@pytest.mark.parametrize("text", ["x", "word " * 40, "word " * 4000, "漢字" * 300, "a" * 900])
def test_picture_is_drawn_of_any_text(client: httpx.Client, quoted: str, text: str) -> None:
    execute("UPDATE appearance SET text = :text", text=text)
    assert client.get(f"{quoted}/card.png").headers["content-type"] == "image/png"


def test_quote_of_a_private_podcast_is_for_operators(client: httpx.Client, quoted: str) -> None:
    execute("UPDATE podcast SET privacy = 'declared_private'")
    paths = (quoted, f"{quoted}/embed", f"{quoted}/card.png")
    episode = one("SELECT id FROM episode")
    pages = ("/people/ann-smith", f"/people/ann-smith/episodes/{episode}")
    assert {client.get(path).status_code for path in paths} == {404}
    assert [path for path in pages if quoted in client.get(path).text] == []
    add_accounts()
    enter(client)
    answers = [client.get(path) for path in paths]
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.headers["cache-control"] for answer in answers} == {"private, no-store"}
    assert [path for path in pages if quoted in client.get(path).text] == list(pages)
