"""The language of pages: chosen, negotiated, and never another reader's."""

import re
from collections.abc import Iterator

import httpx
import pytest

from tests.integration.web.accounts import add_accounts, enter
from tests.integration.web.world import ShownWorld, web_process

GERMAN = {"accept-language": "de"}
COOKIE = "overheard_language"
PAGES = ("/", "/people", "/podcasts", "/charts", "/topics", "/search", "/blog", "/add", "/nothing")


@pytest.fixture
def shown(world: ShownWorld) -> Iterator[httpx.Client]:
    """A client for the world that nobody changes."""
    with httpx.Client(base_url=world.url, trust_env=False, timeout=30) as client:
        yield client


def _language_of(response: httpx.Response) -> str:
    found = re.search(r'<html lang="(\w+)">', response.text)
    assert found is not None
    assert response.headers["content-language"] == found[1]
    return found[1]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_the_language_of_the_browser(client: httpx.Client, path: str) -> None:
    assert _language_of(client.get(path)) == "en"
    german = client.get(path, headers=GERMAN)
    assert _language_of(german) == "de"
    assert "Ein Auftritt ist ein gesprochenes Segment" in german.text


def test_the_menu_sets_a_cookie_and_shows_the_same_page(client: httpx.Client) -> None:
    page = client.get("/people?sort=name").text
    assert '<input type="hidden" name="next" value="/people?sort=name">' in page
    sent = client.post("/language", data={"language": "de", "next": "/people?sort=name"})
    assert (sent.status_code, sent.headers["location"]) == (303, "/people?sort=name")
    assert re.match(f"{COOKIE}=de; HttpOnly; Max-Age=\\d+; Path=/; SameSite=lax", _cookie(sent))
    assert _language_of(client.get("/people?sort=name")) == "de"
    assert _language_of(client.get("/", headers={"accept-language": "fr"})) == "de"
    client.post("/language", data={"language": "en"})
    assert _language_of(client.get("/", headers=GERMAN)) == "en"


def _cookie(response: httpx.Response) -> str:
    return response.headers["set-cookie"]


@pytest.mark.parametrize("place", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_the_menu_leads_to_no_other_site(client: httpx.Client, place: str) -> None:
    sent = client.post("/language", data={"language": "de", "next": place})
    assert sent.headers["location"] == "/"


def test_the_menu_refuses_what_it_does_not_have(client: httpx.Client) -> None:
    assert client.post("/language", data={"language": "it"}).status_code == 400
    foreign = {"sec-fetch-site": "cross-site"}
    sent = client.post("/language", data={"language": "de"}, headers=foreign)
    assert (sent.status_code, "set-cookie" in sent.headers) == (403, False)


def test_a_form_is_not_shown_again(client: httpx.Client) -> None:
    page = client.post("/sign-in", data={"name": "nobody", "password": "x"}, headers=GERMAN)
    assert "Der Name oder das Passwort ist falsch." in page.text
    assert '<input type="hidden" name="next" value="/">' in page.text.partition("languages")[2]


def test_caches_know_what_a_page_depends_on(client: httpx.Client) -> None:
    for path in ("/", "/people", "/nothing"):
        vary = client.get(path).headers["vary"].lower()
        assert "accept-language" in vary
    assert {one.strip().lower() for one in client.get("/").headers["vary"].split(",")} == {
        "accept-language",
        "cookie",
    }


def test_nobody_gets_the_language_of_another_reader(shown: httpx.Client) -> None:
    """Results that our cache has are shown to readers of all languages in turn."""
    paths = (
        "/people/marisol-quennerby",
        "/podcasts/1",
        "/episodes/1",
        "/charts?days=all",
        "/search?q=ferry",
    )
    wanted = [{"accept-language": code} for code in ("en", "de", "es", "fr")]
    first = {
        (path, one["accept-language"]): _stable(shown.get(path, headers=one).text)
        for path in paths
        for one in wanted
    }
    for path in paths:
        for one in reversed(wanted):
            again = shown.get(path, headers=one)
            assert _language_of(again) == one["accept-language"]
            assert _stable(again.text) == first[path, one["accept-language"]]
    assert len(set(first.values())) == len(first)


def _stable(text: str) -> str:
    return re.sub(r"\d\d:\d\d:\d\d UTC", "", text)


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/people",
        "/people/marisol-quennerby/feed.atom",
        "/people/marisol-quennerby/appearances.csv",
        "/people/marisol-quennerby/appearances.json",
        "/blog/feed.atom",
        "/episodes/1/transcript.txt",
        "/search/suggest?q=mar",
    ],
)
def test_what_programs_read_is_the_same_in_all_languages(shown: httpx.Client, path: str) -> None:
    english, german = shown.get(path), shown.get(path, headers=GERMAN)
    assert english.status_code == 200
    assert german.content == english.content
    assert "content-language" not in german.headers


def test_the_picture_of_a_quote_is_the_same_in_all_languages(shown: httpx.Client) -> None:
    quote = re.search(r"/quotes/\d+", shown.get("/people/marisol-quennerby").text)
    assert quote is not None
    english, german = (shown.get(f"{quote[0]}/card.png", headers=one) for one in ({}, GERMAN))
    assert english.status_code == 200
    assert german.content == english.content


def test_the_pages_of_operators_are_english(client: httpx.Client) -> None:
    add_accounts()
    enter(client, "ada")
    page = client.get("/operate/accounts", headers=GERMAN)
    assert page.status_code == 200
    assert _language_of(page) == "en"
    assert 'class="languages"' not in page.text
    assert _language_of(client.get("/account", headers=GERMAN)) == "de"


def test_the_setting_is_the_language_of_other_readers(world: ShownWorld) -> None:
    settings = {"OVERHEARD_DATABASE_URL": world.database_url, "OVERHEARD_LANGUAGE": "de"}
    with web_process(settings) as url, httpx.Client(base_url=url, trust_env=False) as client:
        assert _language_of(client.get("/people")) == "de"
        english = client.get("/people", headers={"accept-language": "en"})
        assert _language_of(english) == "en"
