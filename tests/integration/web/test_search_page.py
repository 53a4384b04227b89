"""The search page: what was said, marked, with its surroundings, and never an error."""

from html import unescape
from typing import Any

import httpx
import pytest

from models.database import in_transaction
from tests.factories import execute, new_episode, one, rows, spoken, store
from tests.integration.web.searched import Indexed, indexed

__all__ = ["indexed"]

SCRIPT = "<script>window.hostile=1</script>"


def heard(*turns: str, **more: Any) -> int:
    episode = new_episode(**more)
    in_transaction(store, episode, spoken(*turns))
    return episode


def shown(client: httpx.Client, **asked: object) -> str:
    answer = client.get("/search", params={name: str(value) for name, value in asked.items()})
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


def test_a_match_is_marked_and_stands_between_its_neighbours(
    client: httpx.Client, indexed: Indexed
) -> None:
    heard("Ann Smith: First words.", "Bob Jones: The needle is here.", "Ann Smith: Last words.")
    indexed()
    page = shown(client, q="needle")
    assert "1 appearance" in page
    assert "The <mark>needle</mark> is here." in page
    assert page.index("First words.") < page.index("needle</mark>") < page.index("Last words.")
    assert 'href="/people/bob-jones"' in page


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


def test_nothing_that_was_said_is_markup(client: httpx.Client, indexed: Indexed) -> None:
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


def test_a_search_that_makes_no_sense_is_said_with_its_place(
    client: httpx.Client, indexed: Indexed
) -> None:
    indexed()
    answer = client.get("/search", params={"q": 'say "hello'})
    assert answer.status_code == 400
    assert "this quotation mark is not closed (at character 5)" in answer.text
    assert "say <mark>&#34;</mark>hello" in answer.text


def test_a_missing_index_and_one_that_is_behind_are_said(
    client: httpx.Client, indexed: Indexed
) -> None:
    heard("Ann Smith: needle one")
    assert "The search index is being built." in shown(client, q="needle")
    indexed()
    assert "behind" not in shown(client, q="needle")
    heard("Ann Smith: needle two")
    page = shown(client, q="needle")
    assert "1 new or changed episode is" in page
    assert "needle</mark> one" in page


@pytest.mark.parametrize(
    "said", ["\x00", "needle\x00", "\u202e", "a" * 100_000, "💥", "%", "' OR 1"]
)
def test_whatever_is_typed_is_answered(client: httpx.Client, indexed: Indexed, said: str) -> None:
    heard("Ann Smith: needle")
    indexed()
    for path in ("/search", "/search/suggest"):
        answer = client.get(path, params={"q": said[:20_000]})
        assert answer.status_code < 500, answer.text


def test_names_are_found_as_they_are_typed(client: httpx.Client, indexed: Indexed) -> None:
    indexed()
    heard("Anna Lindqvist: hello", "Bob Annan: hello", "Bob Annan: more", "Carla Diaz: hello")
    execute("UPDATE podcast SET title = 'Annals of 100 %'")
    found = client.get("/search/suggest", params={"q": "ann"}).json()["suggestions"]
    assert [one["name"] for one in found] == ["Anna Lindqvist", "Bob Annan", "Annals of 100 %"]
    assert [one["href"] for one in found[:2]] == ["/people/anna-lindqvist", "/people/bob-annan"]
    assert client.get("/search/suggest", params={"q": "_"}).json()["suggestions"] == []
