"""What search engines read: robots.txt and the site map."""

import re

import httpx
import pytest
from lxml import etree

from models import PodcastState, get_settings
from models.database import in_transaction
from tests.factories import execute, new_episode, one, set_podcast_state, spoken, store


@pytest.fixture
def pages(database: str) -> set[str]:
    """Two people in one episode; the paths of all their pages."""
    del database
    episode = new_episode()
    in_transaction(store, episode, spoken("Ann Smith: one", "Bo Lund: two"))
    podcast = one("SELECT podcast_id FROM episode")
    return {
        "/people/ann-smith",
        "/people/bo-lund",
        f"/podcasts/{podcast}",
        f"/episodes/{episode}",
    }


def urls(client: httpx.Client, path: str) -> list[str]:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/xml")
    return [str(loc.text) for loc in etree.fromstring(answer.content).iter("{*}loc")]


def listed(client: httpx.Client) -> set[str]:
    files = urls(client, "/sitemap.xml")
    return {url for file in files for url in urls(client, file)}


def test_site_map_lists_every_page_of_a_subject(client: httpx.Client, pages: set[str]) -> None:
    found = listed(client)
    assert {httpx.URL(url).path for url in found} == pages
    assert {client.get(url).status_code for url in found} == {200}


@pytest.mark.usefixtures("pages")
def test_site_map_leaves_out_what_is_removed(client: httpx.Client) -> None:
    podcast = one("SELECT id FROM podcast")
    in_transaction(set_podcast_state, podcast, PodcastState.removed)
    assert listed(client) == set()


@pytest.mark.usefixtures("pages")
def test_site_map_leaves_out_private_podcasts(client: httpx.Client) -> None:
    execute("UPDATE podcast SET privacy = 'declared_private'")
    assert {httpx.URL(url).path.split("/")[1] for url in listed(client)} == {"people"}


@pytest.mark.usefixtures("pages")
def test_robots_name_the_site_map_and_leave_out_searches(client: httpx.Client) -> None:
    text = client.get("/robots.txt").text
    assert re.search(r"^Sitemap: http://.*/sitemap.xml$", text, re.MULTILINE)
    assert "Disallow: /search\n" in text
    assert "Disallow: /\n" not in text


@pytest.mark.parametrize("setting", ["OVERHEARD_SEARCH_ENGINES", "OVERHEARD_PUBLIC_READING"])
def test_robots_are_refused_where_a_setting_says_so(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    monkeypatch.setenv(setting, "false")
    get_settings.cache_clear()
    assert client.get("/robots.txt").text == "User-agent: *\nDisallow: /\n"
    assert client.get("/sitemap.xml").status_code == 404


def test_favicon_is_our_mark(client: httpx.Client) -> None:
    assert client.get("/favicon.ico").headers["content-type"] == "image/svg+xml"
