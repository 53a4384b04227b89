"""Pictures and pages of people, from the person tags of feeds, on their page and in lists."""

import json

import httpx

from models.database import in_transaction
from tests.factories import execute, new_episode, one, spoken, store
from tests.integration.web.reading import Page
from tests.integration.web.world import png
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer
from web.cache.cache import clear_cache


def tagged_episode(**tag: str) -> int:
    """An episode in which two people speak, the first of them with a tag."""
    episode = new_episode(title="One")
    tags = [{"name": "Ann Smith", "role": "host", "group": "cast", **tag}]
    execute(
        "UPDATE episode SET persons = CAST(:tags AS jsonb) WHERE id = :id",
        tags=json.dumps(tags),
        id=episode,
    )
    in_transaction(store, episode, spoken("Ann Smith: Hello.", "Bob Jones: Hi."))
    return episode


def test_portrait_is_fetched_once_and_comes_from_us(
    client: httpx.Client, publisher: FaultServer
) -> None:
    tagged_episode(img=publisher.serve("/ann.png", Answer(body=png(8))))
    first, second = (client.get("/covers/people/ann-smith") for _ in range(2))
    assert first.content == second.content == png(8)
    assert first.headers["content-type"] == "image/png"
    assert len(publisher.seen("/ann.png")) == 1


def test_portrait_without_a_picture_is_the_initials(client: httpx.Client) -> None:
    tagged_episode(img="http://169.254.169.254/latest/meta-data")
    assert ">BJ</text>" in client.get("/covers/people/bob-jones").text
    assert ">AS</text>" in client.get("/covers/people/ann-smith").text
    assert client.get("/covers/people/nobody").status_code == 404


def test_portrait_of_a_merged_person_is_the_others(client: httpx.Client) -> None:
    tagged_episode()
    execute(
        "UPDATE person SET state = 'merged', merged_into = (SELECT id FROM person "
        "WHERE slug = 'ann-smith') WHERE slug = 'bob-jones'"
    )
    answer = client.get("/covers/people/bob-jones")
    assert (answer.status_code, answer.headers["location"]) == (308, "/covers/people/ann-smith")


def test_private_podcast_gives_no_picture_and_no_page(
    client: httpx.Client, publisher: FaultServer
) -> None:
    picture = publisher.serve("/ann.png", Answer(body=png(8)))
    tagged_episode(img=picture, href="https://ann.example/me")
    execute("UPDATE podcast SET privacy = 'declared_private'")
    assert ">AS</text>" in client.get("/covers/people/ann-smith").text
    assert publisher.seen("/ann.png") == []
    assert "ann.example" not in client.get("/people/ann-smith").text


def test_person_page_begins_with_portrait_sentence_and_pages(client: httpx.Client) -> None:
    tagged_episode(href="https://ann.example/me?utm_source=feed")
    execute("UPDATE podcast SET title = 'The Lamp Room'")
    page = Page("", client.get("/people/ann-smith"))
    assert page.attributes("//h1/ancestor::div[img]/img/@src") == ["/covers/people/ann-smith"]
    sentence = "Heard in 1 episode of The Lamp Room since 2026, as host."
    assert page.texts("//p[@id='portrait']") == [sentence]
    assert page.attributes("//p[@id='pages']/a/@href") == ["https://ann.example/me"]
    (data,) = page.texts("//script[@type='application/ld+json']")
    assert json.loads(data)["sameAs"] == ["https://ann.example/me"]


def test_people_in_lists_have_their_portraits(client: httpx.Client) -> None:
    episode = tagged_episode()
    podcast_id = one("SELECT podcast_id FROM episode")
    for address in (
        "/",
        "/people",
        "/people/bob-jones",
        f"/podcasts/{podcast_id}",
        f"/episodes/{episode}",
    ):
        portraits = Page("", client.get(address)).attributes("//main//img/@src")
        assert "/covers/people/ann-smith" in portraits, address


def test_topics_of_a_person_are_those_of_their_episodes(client: httpx.Client) -> None:
    episode = tagged_episode()
    assert Page("", client.get("/people/ann-smith")).texts("//h2[@id='topics']") == []
    execute("INSERT INTO topic (name, slug) VALUES ('Tides', 'tides')")
    execute(
        "INSERT INTO episode_topic (episode_id, topic_id) SELECT :id, id FROM topic", id=episode
    )
    clear_cache()  # feeds write topics with their episode, whose change is noted
    page = Page("", client.get("/people/ann-smith"))
    assert page.texts("//li[@data-topic='tides']") == ["Tides 1 episode"]
