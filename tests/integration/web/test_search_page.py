"""The search page: segments with highlights and their neighbours, and never a server error."""

import shutil
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest

from models import get_settings
from models.database import in_transaction
from tasks.search.index_directory import new_generation
from tasks.search.index_writer import IndexWriter
from tests.factories import execute, new_episode, one, rows, spoken, store
from tests.integration.web.reading import Page
from tests.integration.web.searched import Indexed, indexed

__all__ = ["indexed"]

SCRIPT = "<script>window.hostile=1</script>"


def heard(*turns: str, **more: Any) -> int:
    episode = new_episode(**more)
    in_transaction(store, episode, spoken(*turns))
    return episode


def shown(client: httpx.Client, **fields: object) -> str:
    answer = client.get("/search", params={name: str(value) for name, value in fields.items()})
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


def test_match_is_highlighted_between_its_neighbours(
    client: httpx.Client, indexed: Indexed
) -> None:
    heard("Ann Smith: First words.", "Bob Jones: The needle is here.", "Ann Smith: Last words.")
    indexed()
    page = shown(client, q="needle")
    assert "1 appearance" in page
    assert "The <mark>needle</mark> is here." in page
    assert page.index("First words.") < page.index("needle</mark>") < page.index("Last words.")
    assert 'href="/people/bob-jones"' in page


def test_result_names_why_it_cannot_be_played_or_shared(
    client: httpx.Client, indexed: Indexed
) -> None:
    silent = heard("Ann Smith: needle one", "needle two")
    untimed = heard("Ann Smith: needle three", "needle four")
    heard("Ann Smith: needle five", "needle six")
    audio = "https://a.example/1.mp3"
    execute("UPDATE episode SET audio_url = :audio WHERE id <> :silent", audio=audio, silent=silent)
    execute("UPDATE appearance SET start_ms = NULL WHERE episode_id = :id", id=untimed)
    indexed()
    page = Page("", client.get("/search?q=needle"))
    no_audio, no_times = (
        "No player: the feed has no audio",
        "No player: the transcript has no times",
    )
    no_name = "No share link: the speaker has no name"
    missing = {
        hit.xpath(".//blockquote")[0].text_content(): hit.xpath("string(.//*[@data-absent])")
        for hit in page.root.xpath("//li[@data-appearance]")
    }
    assert missing == {
        "needle one": no_audio,
        "needle two": f"{no_audio}; {no_name}",
        "needle three": no_times,
        "needle four": f"{no_times}; {no_name}",
        "needle five": "",
        "needle six": no_name,
    }


def test_finding_a_misspelt_person_suggests_the_name(client: httpx.Client, database: str) -> None:
    del database
    heard("Ann Smith: Hello.", "Bob Jones: Hi.")
    page = Page("", client.get("/people?q=Ann+Smiht"))
    assert page.texts("//*[@id='meant']") == ["Did you mean Ann Smith?"]
    assert page.attributes("//*[@id='meant']/a/@href") == ["/people/ann-smith"]
    for found in ("Ann+Smith", "Carl+Quist"):
        assert Page("", client.get(f"/people?q={found}")).texts("//*[@id='meant']") == []


def test_search_for_a_misspelt_name_shows_the_person(
    client: httpx.Client, indexed: Indexed
) -> None:
    heard("Jerod Santo: Hello.", "Bob Jones: I am Jared Santo.")
    indexed()
    page = Page("", client.get("/search?q=Jared+Santo"))
    assert page.texts("//ul[contains(@class, 'by-name')]//a") == ["Jerod Santo"]


@pytest.mark.parametrize(
    "typed",
    ["Bekah Weigel", "Bekah Weigle", "Weigel Bekah", "Rebekah Weigel", "Bekah Hawrott Wiegel"],
)
def test_person_is_meant_by_some_words_of_the_name(
    client: httpx.Client, database: str, typed: str
) -> None:
    del database
    heard("Bekah Hawrot Weigel: Hello.", "Bob Jones: Hi.", "Bekah Stone: Hello.")
    page = Page("", client.get("/people", params={"q": typed}))
    assert page.texts("//*[@id='meant']/a") == ["Bekah Hawrot Weigel"]


def test_person_page_links_to_mentions_of_the_name_in_speech(
    client: httpx.Client, indexed: Indexed
) -> None:
    heard("Ann Smith: Hello.", "Bob Jones: Ann Smith is here.", "Bob Jones: Smith, Ann?")
    # no index, and no error
    assert 'id="mentioned-in-speech"' not in client.get("/people/ann-smith").text
    indexed()
    page = unescape(client.get("/people/ann-smith").text)
    assert "is spoken in <a" in page
    assert ">1 segment</a>" in page
    assert "1 appearance" in shown(client, q='"Ann Smith"')
    assert 'id="mentioned-in-speech"' not in client.get("/people/bob-jones").text


def test_neighbours_are_correct_after_an_edit(client: httpx.Client, indexed: Indexed) -> None:
    episode = heard("Ann Smith: First words.", "Bob Jones: The needle is here.")
    edited = ("Ann Smith: New words.", "Bob Jones: The needle is here.", "Ann Smith: Last words.")
    in_transaction(store, episode, spoken(*edited))
    indexed()
    page = shown(client, q="needle")
    assert page.index("New words.") < page.index("needle</mark>") < page.index("Last words.")
    assert "First words." not in page


def test_markup_in_a_segment_is_escaped(client: httpx.Client, indexed: Indexed) -> None:
    heard(f"Ann Smith: needle {SCRIPT} \u202eevil")
    execute("UPDATE episode SET title = :t", t=SCRIPT)
    execute("UPDATE podcast SET title = :t", t=SCRIPT)
    indexed()
    page = client.get("/search", params={"q": f"needle OR {SCRIPT}"}).text
    assert "window.hostile" in page
    assert SCRIPT not in page
    assert "\u202e" not in page


def test_filters_keep_a_search_to_a_person_a_podcast_and_days(
    client: httpx.Client, indexed: Indexed
) -> None:
    heard("Ann Smith: needle one", "Bob Jones: needle two")
    episode = heard("Ann Smith: needle three")
    indexed()
    ann = one("SELECT id FROM person WHERE slug = 'ann-smith'")
    podcast = one("SELECT podcast_id FROM episode WHERE id = :id", id=episode)
    assert "3 appearances" in shown(client, q="needle")
    assert "2 appearances" in shown(client, q="needle", person=ann)
    assert "1 appearance" in shown(client, q="needle", person=ann, podcast=podcast)
    assert "0 appearances" in shown(client, q="needle", until="2020-01-01")
    assert "3 appearances" in shown(client, q="needle", person="nonsense", since="soon")


def test_every_page_of_newest_first_is_reached_by_its_link(
    client: httpx.Client, indexed: Indexed
) -> None:
    heard(*(f"Ann Smith: needle {number}" for number in range(45)))
    indexed()
    seen, address = list[str](), "/search?q=needle&order=date"
    while address:
        page = client.get(address).text
        seen += [part.partition('"')[0] for part in page.split('data-appearance="')[1:]]
        _, more, rest = page.partition('rel="next"')
        address = (
            unescape(page[: -len(more + rest)].rpartition('href="')[2].partition('"')[0])
            if more
            else ""
        )
    assert sorted(map(int, seen)) == [
        row["id"] for row in rows("SELECT id FROM appearance ORDER BY id")
    ]


def test_invalid_query_is_refused_with_its_position(client: httpx.Client, indexed: Indexed) -> None:
    indexed()
    answer = client.get("/search", params={"q": 'say "hello'})
    assert answer.status_code == 400
    assert "this quotation mark is not closed (at character 5)" in answer.text
    assert "say <mark>&#34;</mark>hello" in answer.text


def test_missing_and_late_index_are_shown(client: httpx.Client, indexed: Indexed) -> None:
    heard("Ann Smith: needle one")
    assert "The search index is being built." in shown(client, q="needle")
    indexed()
    assert "behind" not in shown(client, q="needle")
    heard("Ann Smith: needle two")
    page = shown(client, q="needle")
    assert "1 new or changed episode is" in page
    assert "needle</mark> one" in page


def test_nothing_found_is_not_final_while_the_index_is_late(
    client: httpx.Client, indexed: Indexed
) -> None:
    indexed()
    heard("Ann Smith: needle")
    page = shown(client, q="needle")
    assert "so these results are incomplete." in page
    assert "0 appearances so far" in page
    assert "No transcript has" not in page
    found = client.get("/api/v1/search?q=needle").json()
    assert (found["total"], found["behind"]) == (0, 1)
    indexed()
    found = client.get("/api/v1/search?q=needle").json()
    assert (found["total"], found["behind"]) == (1, 0)
    assert "No transcript has this word" in shown(client, q="haystack")


def test_index_being_rebuilt_after_its_loss_is_not_searched(
    client: httpx.Client, indexed: Indexed
) -> None:
    heard("Ann Smith: needle")
    indexed()
    root = get_settings().search_index or Path()
    shutil.rmtree(root / "generation-1")
    unfinished = IndexWriter(new_generation(root))
    unfinished.begin()
    page = shown(client, q="needle")
    assert "There are no results until it is complete." in page
    assert "No transcript has" not in page
    answer = client.get("/api/v1/search?q=needle")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "the search index is being built" in answer.json()["detail"]
    unfinished.close()
    indexed()
    assert "1 appearance" in shown(client, q="needle")


@pytest.mark.parametrize(
    "typed", ["\x00", "needle\x00", "\u202e", "a" * 100_000, "💥", "%", "' OR 1"]
)
def test_whatever_is_typed_is_answered(client: httpx.Client, indexed: Indexed, typed: str) -> None:
    heard("Ann Smith: needle")
    indexed()
    for path in ("/search", "/search/suggest"):
        answer = client.get(path, params={"q": typed[:20_000]})
        assert answer.status_code < 500, answer.text


def test_names_are_found_as_they_are_typed(client: httpx.Client, indexed: Indexed) -> None:
    indexed()
    heard("Anna Lindqvist: hello", "Bob Annan: hello", "Bob Annan: more", "Carla Diaz: hello")
    execute("UPDATE podcast SET title = 'Annals of 100 %'")
    found = client.get("/search/suggest", params={"q": "ann"}).json()["suggestions"]
    assert [one["name"] for one in found] == ["Anna Lindqvist", "Bob Annan", "Annals of 100 %"]
    assert [one["href"] for one in found[:2]] == ["/people/anna-lindqvist", "/people/bob-annan"]
    assert client.get("/search/suggest", params={"q": "_"}).json()["suggestions"] == []


def test_misspelt_search_offers_what_was_meant(client: httpx.Client, indexed: Indexed) -> None:
    heard(*(f"Ann Smith: Quantum computing {number}." for number in range(12)))
    indexed()
    page = Page("", client.get("/search?q=quantom"))
    assert page.texts("//p[@id='meant']/a") == ["quantum"]
    (href,) = page.attributes("//p[@id='meant']/a/@href")
    assert "12 appearances" in client.get(href).text
    answer = client.get("/api/v1/search?q=quantom").json()
    assert (answer["total"], answer["did_you_mean"]) == (0, "quantum")
    assert client.get("/api/v1/search?q=quantum").json()["did_you_mean"] is None


def test_person_with_a_misspelt_name_is_a_card(client: httpx.Client, indexed: Indexed) -> None:
    heard("Marisol Quennerby: Hello.", "Bob Jones: Hi.")
    indexed()
    for typed in ("Marisol Quennerby", "Marisol Kuennerby", "Marizol Quenerby"):
        page = Page("", client.get("/search", params={"q": typed}))
        assert page.attributes("//ul[contains(@class, 'by-name')]//a/@href") == [
            "/people/marisol-quennerby"
        ], typed


def test_episode_is_found_by_the_words_of_its_title(client: httpx.Client, indexed: Indexed) -> None:
    turns = ("Ann Smith: Hello.", "Bob Jones: Hi.", "Ann Smith: So.")
    wanted = heard(*turns, title="#139: Testing <b>Node</b> servers")
    heard("Ann Smith: Hello.", title="#140: Tests of servers")
    removed = heard("Ann Smith: Hello.", title="#139: Testing nothing")
    execute("UPDATE podcast SET title = 'JS Party'")
    gone = one("SELECT podcast_id FROM episode WHERE id = :id", id=removed)
    execute("UPDATE podcast SET state = 'removed' WHERE id = :id", id=gone)
    indexed()
    for typed in ("JS Party 139", "testing node", '"node" SERV', "139"):
        answer = client.get("/search", params={"q": typed})
        assert "<b>Node" not in answer.text
        links = Page("", answer).attributes("//ul[contains(@class, 'by-name')]//a/@href")
        assert [one for one in links if "/episodes/" in one] == [f"/episodes/{wanted}"], typed
        under = Page("", answer).texts("//ul[contains(@class, 'by-name')]//*[@class='under']")[-1]
        assert under.endswith("Ann Smith, Bob Jones")
    for typed in ("js party", "esting", "139 bananas", "%", "\\m.*", "_"):
        assert f"/episodes/{wanted}" not in client.get("/search", params={"q": typed}).text, typed


def test_names_of_speaker_and_podcast_become_filters(
    client: httpx.Client, indexed: Indexed
) -> None:
    heard("Ann Smith: One needle.", "Bob Jones: Another needle.")
    execute("UPDATE podcast SET title = 'The Lamp Room'")
    indexed()
    typed = {"q": "needle", "speaker_name": "ann sm", "podcast_name": "lamp", "since": ""}
    led = client.get("/search", params=typed)
    ids = (one("SELECT id FROM person WHERE slug = 'ann-smith'"), one("SELECT id FROM podcast"))
    assert led.headers["location"] == f"/search?q=needle&person={ids[0]}&podcast={ids[1]}"
    page = Page("", client.get(led.headers["location"]))
    assert page.texts("//h2[@id='found']") == ["1 appearance"]
    assert page.attributes("//input[@name='speaker_name']/@value") == ["Ann Smith"]
    removals = page.attributes("//p[contains(@class, 'filters-in-force')]/a/@href")
    assert removals == [f"/search?q=needle&podcast={ids[1]}", f"/search?q=needle&person={ids[0]}"]
    unchanged = typed | {"speaker_name": "Ann Smith", "person": str(ids[0]), "podcast_name": ""}
    same = client.get("/search", params=unchanged).headers["location"]
    assert same == f"/search?q=needle&person={ids[0]}"
    nobody = client.get("/search", params={"q": "needle", "speaker_name": "Zed <b>Nobody"})
    answer = client.get(nobody.headers["location"]).text
    assert "No speaker or podcast is called “<bdi>Zed &lt;b&gt;Nobody</bdi>”" in answer


def test_search_inside_an_episode_finds_nothing_of_others(
    client: httpx.Client, indexed: Indexed
) -> None:
    wanted = heard("Ann Smith: One needle.", title="Sewing")
    heard("Ann Smith: Another needle.")
    indexed()
    form = Page("", client.get(f"/episodes/{wanted}"))
    assert form.attributes("//form[@action='/search']//input[@name='episode']/@value") == [
        str(wanted)
    ]
    page = Page("", client.get(f"/search?q=needle&episode={wanted}"))
    assert page.texts("//h2[@id='found']") == ["1 appearance"]
    assert page.texts("//p[contains(@class, 'filters-in-force')]/a") == ["in the episode Sewing ✕"]


def test_search_without_matches_names_searches_that_match(
    client: httpx.Client, indexed: Indexed
) -> None:
    heard("Ann Smith: A needle here.", "Bob Jones: And hay.")
    indexed()
    person = one("SELECT id FROM person WHERE slug = 'bob-jones'")
    page = Page("", client.get(f'/search?q="here needle"&person={person}'))
    assert page.texts("//ul[@class='try']/li") == []
    page = Page("", client.get('/search?q="here needle"'))
    assert page.texts("//ul[@class='try']/li") == [
        "the words in any order: 1 appearance",
        "any of the words: 1 appearance",
    ]
    page = Page("", client.get(f"/search?q=needle&person={person}"))
    assert page.texts("//ul[@class='try']/li") == ["the same words everywhere: 1 appearance"]
    (href,) = page.attributes("//ul[@class='try']/li/a/@href")
    assert client.get(href).text.count("data-appearance") == 1


def test_names_and_topics_are_suggested_by_kind(client: httpx.Client) -> None:
    episode = heard("Lara Smith: Hello.")
    execute("UPDATE podcast SET title = 'Larks'")
    execute("INSERT INTO topic (name, slug) VALUES ('Larches', 'larches')")
    execute(
        "INSERT INTO episode_topic (episode_id, topic_id) SELECT :id, id FROM topic", id=episode
    )

    def suggested(**fields: str) -> list[str]:
        found = client.get("/search/suggest", params=fields).json()["suggestions"]
        return [one["name"] for one in found]

    assert suggested(q="lar") == ["Lara Smith", "Larks", "Larches"]
    assert suggested(q="lar", kind="person") == ["Lara Smith"]
    assert suggested(q="lar", kind="podcast") == ["Larks"]
