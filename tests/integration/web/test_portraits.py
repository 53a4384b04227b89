"""Pictures and pages of people, from the person tags of feeds, on their page and in lists."""

import json
from datetime import date

import httpx

from models.database import in_transaction
from tests.factories import add_episode, add_podcast, execute, new_episode, one, spoken, store
from tests.integration.web.accounts import add_accounts, enter
from tests.integration.web.reading import Page
from tests.integration.web.world import png
from tests.servers.answers import Answer
from tests.servers.fault_server import FaultServer
from web.cache.cache import clear_cache
from web.rendering import SCRIPTS, STATIC


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
    first, second = (client.get("/artwork/people/ann-smith") for _ in range(2))
    assert first.content == second.content == png(8)
    assert first.headers["content-type"] == "image/png"
    assert len(publisher.seen("/ann.png")) == 1


def test_portrait_without_a_picture_is_the_initials(client: httpx.Client) -> None:
    tagged_episode(img="http://169.254.169.254/latest/meta-data")
    assert ">BJ</text>" in client.get("/artwork/people/bob-jones").text
    assert ">AS</text>" in client.get("/artwork/people/ann-smith").text
    assert client.get("/artwork/people/nobody").status_code == 404


def test_portrait_of_a_merged_person_is_the_others(client: httpx.Client) -> None:
    tagged_episode()
    execute(
        "UPDATE person SET state = 'merged', merged_into = (SELECT id FROM person "
        "WHERE slug = 'ann-smith') WHERE slug = 'bob-jones'"
    )
    answer = client.get("/artwork/people/bob-jones")
    assert (answer.status_code, answer.headers["location"]) == (308, "/artwork/people/ann-smith")


def test_private_podcast_gives_no_picture_and_no_page(
    client: httpx.Client, publisher: FaultServer
) -> None:
    picture = publisher.serve("/ann.png", Answer(body=png(8)))
    tagged_episode(img=picture, href="https://ann.example/me")
    execute("UPDATE podcast SET privacy = 'declared_private'")
    assert ">AS</text>" in client.get("/artwork/people/ann-smith").text
    assert publisher.seen("/ann.png") == []
    assert "ann.example" not in client.get("/people/ann-smith").text


def test_person_page_begins_with_portrait_sentence_and_pages(client: httpx.Client) -> None:
    tagged_episode(href="https://ann.example/me?utm_source=feed")
    execute("UPDATE podcast SET title = 'The Lamp Room'")
    page = Page("", client.get("/people/ann-smith"))
    assert page.attributes("//h1/ancestor::div[img]/img/@src") == ["/artwork/people/ann-smith"]
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
        assert "/artwork/people/ann-smith" in portraits, address


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


def test_podcast_page_lists_each_speaker_once_and_links_to_all(client: httpx.Client) -> None:
    podcast = in_transaction(add_podcast)
    names = ("Bea", "Cy", "Dee", "Eve", "Fay", "Gus", "Hal", "Ida", "Jon", "Kai", "Lea", "Max")
    everyone = [f"{name} Ward" for name in names]
    for number, guests in enumerate((everyone, everyone[:1], everyone[:2], ["Bo Lund"])):
        episode = in_transaction(add_episode, podcast, title=f"No. {number}")
        turns = [f"{guest}: Hi." for guest in guests]
        in_transaction(store, episode, spoken("Ann Smith: Hello.", *turns))
    page = Page("", client.get(f"/podcasts/{podcast}"))
    listed = page.attributes("//@data-person")
    assert (len(listed), len(set(listed))) == (12, 12)
    assert page.attributes("//@data-regular") == ["ann-smith", "bea-ward"]
    assert page.attributes("//section[@aria-labelledby='recurring']//@data-person") == ["cy-ward"]
    (link,) = page.attributes("//a[@id='all-speakers']/@href")
    everybody = Page("", client.get(link))
    assert len(set(everybody.attributes("//@data-person"))) == 14
    assert everybody.attributes("//a[@id='all-speakers']/@href") == []


def test_podcast_page_shows_regulars_newest_people_and_timeline(client: httpx.Client) -> None:
    podcast = in_transaction(add_podcast)
    for number, guest in enumerate(("Bob Jones", "Cy Young", "Dee Ward"), 1):
        day = date(2026, number, 1)
        episode = in_transaction(add_episode, podcast, title=guest, stats_date=day)
        in_transaction(store, episode, spoken("Ann Smith: Hello.", f"{guest}: Hi."))
    page = Page("", client.get(f"/podcasts/{podcast}"))
    assert page.attributes("//@data-regular") == ["ann-smith"]
    assert page.attributes("//@data-new") == ["dee-ward", "cy-young", "ann-smith", "bob-jones"]
    assert sum(cells[-2] for cells in page.timeline.values()) == 6
    assert "Feed URL" not in page.answer.text
    add_accounts()
    enter(client)
    assert "Feed URL" in client.get(f"/podcasts/{podcast}").text


def test_first_page_shows_a_quote_that_leads_to_its_audio(client: httpx.Client) -> None:
    words = "The lighthouse was built in 1901, and nobody has climbed it since the war ended here."
    episode = new_episode(title="One")
    in_transaction(store, episode, spoken("Ann Smith: Hello.", f"Ann Smith: {words}"))
    execute("UPDATE episode SET audio_url = 'https://media.example/a.mp3'")
    page = Page("", client.get("/"))
    assert page.texts("//figure[contains(@class, 'quote-of-the-day')]//blockquote") == [words]
    assert page.attributes("//figure//a/@data-play") == ["10000"]
    new = "//section[@aria-labelledby='first-heard']//li//a/@href"
    assert page.attributes(new) == ["/people/ann-smith"]
    execute("UPDATE podcast SET privacy = 'declared_private'")
    clear_cache()
    assert "quote-of-the-day" not in client.get("/").text


def test_speaking_time_says_of_how_many_episodes_it_is(client: httpx.Client) -> None:
    for seconds in (60, 0):
        in_transaction(store, new_episode(), spoken("Ann Smith: Hello.", seconds=seconds))
    figures = Page("", client.get("/people/ann-smith")).figures
    assert figures["speaking time, timed in 1 of 2 episodes"] == "1 min"
    assert "timed in 1 of 2" in " ".join(Page("", client.get("/people")).texts("//td"))
    answer = client.get("/api/v1/people/ann-smith").json()
    assert (answer["seconds"], answer["episodes"], answer["timed_episodes"]) == (60, 2, 1)
    assert client.get("/api/v1/people").json()["items"][0]["timed_episodes"] == 1


def test_speaking_time_without_times_is_no_number(client: httpx.Client) -> None:
    in_transaction(store, new_episode(), spoken("Ann Smith: Hello.", seconds=0))
    figures = Page("", client.get("/people/ann-smith")).figures
    assert figures["speaking time: no transcript has times"] == "\N{EN DASH}"


def test_scripts_together_are_small() -> None:
    scripts = list(STATIC.glob("*.js"))
    assert {path.name for path in scripts} >= {*SCRIPTS}
    assert sum(len(path.read_bytes()) for path in scripts) < 30_000


def test_first_screen_of_a_person_with_a_long_past_is_small(client: httpx.Client) -> None:
    podcasts = [in_transaction(add_podcast) for _ in range(3)]
    words = "A sentence of usual length that somebody says on a podcast, with a few more words."
    for number in range(70):
        day = date(2020 + number // 12, 1 + number % 12, 1)
        episode = in_transaction(add_episode, podcasts[number % 3], stats_date=day)
        turns = (f"Ann Smith: {words} {turn}" for turn in range(6))
        in_transaction(store, episode, spoken(*turns))
    answer = client.get("/people/ann-smith")
    assert len(Page("", answer).timeline) == 70
    assert len(answer.content) < 60_000
