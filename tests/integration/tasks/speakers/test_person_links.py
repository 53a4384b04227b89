"""Person links identify people across spellings and podcasts."""

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
    """Add an episode with these labels; ``pages`` has links by name, with _ for blanks."""
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


def test_same_link_is_one_person_with_any_spelling() -> None:
    podcast, other = in_transaction(add_podcast), in_transaction(add_podcast)
    page = "https://example.social/@jane"
    first = episode(podcast, "Jane Doe", Jane_Doe=page)
    second = episode(other, "Jane Roe", Jane_Roe="https://www.example.social/@jane/?ref=feed")
    handle = episode(other, "Jane", Jane=page)
    same = {person_of(first, "Jane Doe"), person_of(second, "Jane Roe"), person_of(handle, "Jane")}
    assert len(same) == 1
    assert differences() == 0


def test_one_name_with_two_links_of_a_site_is_two_people() -> None:
    podcast, other, third = (in_transaction(add_podcast) for _ in range(3))
    first = episode(podcast, "Jane Doe", Jane_Doe="https://example.social/@jane")
    before = episode(other, "Jane Doe")
    second = episode(other, "Jane Doe", Jane_Doe="https://example.social/@another")
    waiting = "SELECT subject FROM job WHERE stage = 'people' AND state = 'waiting'"
    assert [row["subject"] for row in rows(waiting)] == [before]
    in_transaction(resolve_episode, before)
    assert person_of(before, "Jane Doe") == person_of(second, "Jane Doe")
    untagged = episode(other, "Jane Doe")
    elsewhere = episode(third, "Jane Doe", Jane_Doe="https://jane.example/about")
    assert person_of(first, "Jane Doe") == person_of(elsewhere, "Jane Doe")
    assert person_of(second, "Jane Doe") == person_of(untagged, "Jane Doe")
    assert person_of(first, "Jane Doe") != person_of(second, "Jane Doe")
    slugs = one("SELECT array_agg(slug ORDER BY slug) FROM person")
    assert slugs == ["jane-doe", "jane-doe-2"]


def test_link_shared_by_several_people_is_no_evidence() -> None:
    podcast = in_transaction(add_podcast)
    page = "https://show.example/about"
    shared = episode(podcast, "Jane Doe", "Bo Roe", Jane_Doe=page, Bo_Roe=page)
    again = episode(podcast, "Jane Doe", Jane_Doe=page)
    after = episode(podcast, "Al Poe", Al_Poe=page)
    people = {person_of(shared, "Bo Roe"), person_of(again, "Jane Doe"), person_of(after, "Al Poe")}
    assert len(people) == 3


def test_resolving_again_adds_no_person() -> None:
    podcast, other = in_transaction(add_podcast), in_transaction(add_podcast)
    made = [
        episode(podcast, "Jane Doe", Jane_Doe="https://example.social/@jane"),
        episode(other, "Jane Doe", Jane_Doe="https://example.social/@another"),
    ]
    before = [person_of(episode_id, "Jane Doe") for episode_id in made]
    for episode_id in made:
        assert in_transaction(resolve_episode, episode_id).matches == 0
    assert [person_of(episode_id, "Jane Doe") for episode_id in made] == before
    assert one("SELECT count(*) FROM person") == 2
