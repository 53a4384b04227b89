"""The head of an episode's page names who speaks, before the transcript begins."""

import httpx

from models.database import in_transaction
from tests.factories import add_episode, add_podcast, new_episode, spoken, store
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


def test_episode_names_hosts_and_guests_at_the_top(client: httpx.Client) -> None:
    podcast = in_transaction(add_podcast)
    for guest in NAMES[:4]:
        episode = in_transaction(add_episode, podcast, title=f"With {guest}")
        in_transaction(store, episode, spoken("Ann Smith: Hello.", f"{guest}: Hi."))
    page = Page("", client.get(f"/episodes/{episode}"))
    (named,) = page.texts("//p[@class='speakers-here']")
    assert "Ann Smith (host)" in named
    assert f"{NAMES[3]} (guest)" in named


def test_downloads_are_before_the_transcript(client: httpx.Client) -> None:
    episode = new_episode()
    in_transaction(store, episode, spoken("Ann Smith: Hello."))
    page = Page("", client.get(f"/episodes/{episode}"))
    before = "//*[contains(@class, 'transcript')]/preceding::p[@id='downloads']/a"
    assert page.texts(before)[-2:] == ["TXT", "JSON"]
