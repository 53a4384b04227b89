"""The page that a person tag links to tells who somebody is, across spellings and podcasts."""

import json

import pytest

from models.database import in_transaction
from tasks.speakers.resolve import resolve_episode
from tests.factories import (
    add_episode,
    add_podcast,
    differences,
    execute,
    one,
    rows,
    spoken,
    store,
)

pytestmark = pytest.mark.usefixtures("database")


def episode(podcast_id: int, *labels: str, **pages: str) -> int:
    """An episode in which each label speaks; ``pages`` are names with _ for blanks."""
    made = in_transaction(add_episode, podcast_id)
    tags = [
        {"name": name.replace("_", " "), "role": "guest", "group": "cast", "href": page}
        for name, page in pages.items()
    ]
    execute(
        "UPDATE episode SET persons = CAST(:t AS jsonb) WHERE id = :id", t=json.dumps(tags), id=made
    )
    in_transaction(store, made, spoken(*(f"{label}: Hello." for label in labels)))
    return made


def person_of(episode_id: int, label: str) -> int:
    query = "SELECT person_id FROM speaker WHERE episode_id = :id AND label = :label"
    found: int = one(query, id=episode_id, label=label)
    return found


def test_one_page_is_one_person_however_the_name_is_spelt() -> None:
    podcast, other = in_transaction(add_podcast), in_transaction(add_podcast)
    page = "https://example.social/@jane"
    first = episode(podcast, "Jane Doe", Jane_Doe=page)
    second = episode(other, "Jane Roe", Jane_Roe="https://www.example.social/@jane/?ref=feed")
    handle = episode(other, "Jane", Jane=page)
    same = {person_of(first, "Jane Doe"), person_of(second, "Jane Roe"), person_of(handle, "Jane")}
    assert len(same) == 1
    assert differences() == 0


def test_one_name_with_two_pages_of_a_site_is_two_people() -> None:
    podcast, other, third = (in_transaction(add_podcast) for _ in range(3))
    first = episode(podcast, "Jane Doe", Jane_Doe="https://example.social/@jane")
    before = episode(other, "Jane Doe")
    second = episode(other, "Jane Doe", Jane_Doe="https://example.social/@another")
    asked = "SELECT subject FROM job WHERE stage = 'people' AND state = 'waiting'"
    assert [row["subject"] for row in rows(asked)] == [before]
    in_transaction(resolve_episode, before)
    assert person_of(before, "Jane Doe") == person_of(second, "Jane Doe")
    untagged = episode(other, "Jane Doe")
    elsewhere = episode(third, "Jane Doe", Jane_Doe="https://jane.example/about")
    assert person_of(first, "Jane Doe") == person_of(elsewhere, "Jane Doe")
    assert person_of(second, "Jane Doe") == person_of(untagged, "Jane Doe")
    assert person_of(first, "Jane Doe") != person_of(second, "Jane Doe")
    slugs = one("SELECT array_agg(slug ORDER BY slug) FROM person")
    assert slugs == ["jane-doe", "jane-doe-2"]


def test_a_page_that_everybody_is_given_tells_nothing() -> None:
    podcast = in_transaction(add_podcast)
    page = "https://show.example/about"
    shared = episode(podcast, "Jane Doe", "Bo Roe", Jane_Doe=page, Bo_Roe=page)
    again = episode(podcast, "Jane Doe", Jane_Doe=page)
    after = episode(podcast, "Al Poe", Al_Poe=page)
    people = {person_of(shared, "Bo Roe"), person_of(again, "Jane Doe"), person_of(after, "Al Poe")}
    assert len(people) == 3


def test_deciding_again_makes_nobody_new() -> None:
    podcast, other = in_transaction(add_podcast), in_transaction(add_podcast)
    made = [
        episode(podcast, "Jane Doe", Jane_Doe="https://example.social/@jane"),
        episode(other, "Jane Doe", Jane_Doe="https://example.social/@another"),
    ]
    before = [person_of(one_of, "Jane Doe") for one_of in made]
    for one_of in made:
        assert in_transaction(resolve_episode, one_of).decided == 0
    assert [person_of(one_of, "Jane Doe") for one_of in made] == before
    assert one("SELECT count(*) FROM person") == 2
