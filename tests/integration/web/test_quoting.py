"""A person's page filtered by words: with the search index, as the rows confirm it, and without."""

from datetime import date
from html import unescape

import httpx
import pytest

from models.database import in_transaction
from tests.factories import add_episode, add_podcast, execute, new_episode, one, spoken, store
from tests.integration.web.reading import Page
from tests.integration.web.searched import Indexed, indexed

__all__ = ["indexed"]


def heard(*turns: str, **more: object) -> int:
    episode = new_episode(**more)
    in_transaction(store, episode, spoken(*turns))
    return episode


def shown(client: httpx.Client, **filters: object) -> Page:
    params = {name: str(value) for name, value in filters.items()}
    return Page("/people/ann-smith", client.get("/people/ann-smith", params=params))


def quotes(page: Page) -> list[str]:
    return page.texts("//blockquote/bdi")


@pytest.fixture
def talk(database: str) -> list[int]:
    """Ann says "needle" four times, in three episodes of two podcasts; Bob in each."""
    del database
    first, second = (in_transaction(add_podcast) for _ in range(2))
    episodes = [
        in_transaction(add_episode, podcast, stats_date=day)
        for podcast, day in (
            (first, date(2024, 5, 1)),
            (first, date(2025, 5, 1)),
            (second, date(2025, 6, 1)),
        )
    ]
    texts = (("needle one", "hay", "needle two"), ("a needle three",), ("needle four", "hay"))
    for episode, words in zip(episodes, texts, strict=True):
        turns = [f"Ann Smith: {text}" for text in words]
        in_transaction(store, episode, spoken(*turns, "Bob Jones: needle five"))
    return episodes


def test_index_search_of_a_person_is_newest_first_and_counted(
    client: httpx.Client, indexed: Indexed, talk: list[int]
) -> None:
    indexed()
    page = shown(client, q="Needle")
    assert quotes(page) == ["needle four", "a needle three", "needle one", "needle two"]
    assert page.texts("//p[@id='matches']")[0].startswith("4 appearances with these words")
    assert quotes(shown(client, q="needle", year=2025)) == ["needle four", "a needle three"]
    podcast = one("SELECT podcast_id FROM episode WHERE id = :id", id=talk[0])
    filtered = shown(client, q="needle", podcast=podcast)
    assert quotes(filtered) == ["a needle three", "needle one", "needle two"]
    assert quotes(shown(client, q="needle -three", podcast=podcast, year=2025)) == []
    csv = client.get("/people/ann-smith/appearances.csv", params={"q": "needle"}).text
    assert [line.split(",")[9] for line in csv.splitlines()[1:]] == quotes(page)


def test_words_that_were_found_are_marked_in_all_forms(
    client: httpx.Client, indexed: Indexed, database: str
) -> None:
    del database
    long = "Needles are sharp. " + "Hay is not. " * 60
    heard(f"Ann Smith: {long}", "Ann Smith: A haystack.")
    execute("UPDATE podcast SET language = 'en'")
    indexed()
    page = shown(client, q="needle")
    assert page.texts("//blockquote//mark") == ["Needles"]
    assert quotes(page) == [long.strip()]
    assert shown(client, q='"no end').texts("//blockquote//mark") == []
    assert shown(client).texts("//blockquote//mark") == []


@pytest.mark.usefixtures("talk")
def test_unconfirmed_hits_are_hidden_and_lag_is_shown(
    client: httpx.Client, indexed: Indexed
) -> None:
    indexed()
    execute(
        "UPDATE speaker SET person_id = NULL WHERE label = 'Ann Smith' AND episode_id = "
        "(SELECT max(id) FROM episode)"
    )
    page = shown(client, q="needle")
    assert quotes(page) == ["a needle three", "needle one", "needle two"]
    assert "1 changed episode is not indexed yet" in page.texts("//p[@id='matches']")[0]


@pytest.mark.usefixtures("talk")
def test_bad_query_or_no_index_falls_back_to_substrings(
    client: httpx.Client, indexed: Indexed
) -> None:
    page = shown(client, q="eedle T")
    assert quotes(page) == ["a needle three", "needle two"]
    assert not page.texts("//p[@id='matches']")
    indexed()
    assert quotes(shown(client, q="eedle")) == []
    in_transaction(store, new_episode(), spoken('Ann Smith: say "hello'))
    assert quotes(shown(client, q='say "hel')) == ['say "hello']


def test_paging_works_when_hits_are_not_confirmed(client: httpx.Client, indexed: Indexed) -> None:
    for number in range(4):
        heard(*(f"Ann Smith: needle {number} {turn}" for turn in range(30)))
    indexed()
    gone = "SELECT id FROM speaker ORDER BY id DESC OFFSET 1 LIMIT 2"
    execute(f"UPDATE speaker SET person_id = NULL WHERE id IN ({gone})")  # noqa: S608
    seen, address = list[str](), "/people/ann-smith?q=needle"
    while address:
        page = Page(address, client.get(address))
        seen += quotes(page)
        links = page.attributes("//a[@rel='next']/@href")
        address = unescape(links[0]) if links else ""
    assert seen == [f"needle {number} {turn}" for number in (3, 0) for turn in range(30)]
