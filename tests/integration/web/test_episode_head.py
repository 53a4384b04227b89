"""The head of an episode's page names who speaks, before the transcript begins."""

import httpx

from models.database import in_transaction
from tests.factories import new_episode, spoken, store
from tests.integration.web.reading import Page

NAMES = [f"{first} Winterbourne" for first in ("Ada", "Ben", "Cleo", "Dov", "Eva", "Finn")] + [
    f"{first} Okonkwo" for first in ("Gil", "Hana", "Ivo", "Jana")
]


def test_episode_names_its_speakers_at_the_top(client: httpx.Client) -> None:
    episode = new_episode()
    in_transaction(store, episode, spoken("Ann Smith: Hello.", "Bob Jones: Hi.", "Music: La."))
    page = Page("", client.get(f"/episodes/{episode}"))
    assert sorted(page.attributes("//p[@class='speakers-here']/a/@href")) == [
        "/people/ann-smith",
        "/people/bob-jones",
    ]


def test_episode_with_many_speakers_leads_to_the_others(client: httpx.Client) -> None:
    episode = new_episode()
    in_transaction(store, episode, spoken(*(f"{name}: Hello." for name in NAMES)))
    page = Page("", client.get(f"/episodes/{episode}"))
    assert page.attributes("//p[@class='speakers-here']/a/@href")[8:] == ["#speakers"]
    assert page.texts("//p[@class='speakers-here']/a")[8:] == ["2 more"]
