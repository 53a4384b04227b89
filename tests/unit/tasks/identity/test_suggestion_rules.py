"""Suggestions are made by pairs of near names, and never of people who speak to one another."""

import pytest

from tasks.identity.suggestion_rules import likely_merges, likely_splits
from tasks.identity.values import SpeakingPerson


def speaking(number: int, key: str, *episodes: int) -> SpeakingPerson:
    return SpeakingPerson(number, key.title(), key, 10 * number, frozenset(episodes or {number}))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("gerhard lazu", "gehard lazu"),
        ("ann marie smith", "ann smith"),
        ("ann smith", "ann smyth"),
        ("konstantinos papadopoulos", "konstantinos papadopulos"),
    ],
)
def test_near_names_are_likely_one_person(a: str, b: str) -> None:
    (found,) = likely_merges(1, [speaking(2, a), speaking(1, b)])
    assert (found.kind, found.person_id, found.target_person_id) == ("merge", 1, 2)
    assert found.evidence["names"] == [b.title(), a.title()]
    assert found.evidence["podcast_id"] == 1
    assert 0.7 < found.score < 1


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("jan smith", "jon smith"),
        ("ann smith", "ann jones"),
        ("bob smith", "ann smith"),
        ("daniel thompson", "danny thompson"),
        ("ann", "anne"),
    ],
)
def test_names_that_are_only_alike_are_not(a: str, b: str) -> None:
    assert likely_merges(1, [speaking(1, a), speaking(2, b)]) == []


def test_people_who_speak_in_one_episode_are_two() -> None:
    people = [speaking(1, "gerhard lazu", 1, 2), speaking(2, "gehard lazu", 2, 3)]
    assert likely_merges(1, people) == []


def test_one_name_in_podcasts_of_two_languages_is_likely_two() -> None:
    (found,) = likely_splits(7, "Ann", {1: 9, 2: 1, 3: 4}, {1: "en-US", 2: "de", 3: ""})
    assert (found.kind, found.person_id, found.podcast_id) == ("split", 7, 2)
    assert found.evidence["main_language"] == "en"
    assert likely_splits(7, "Ann", {1: 9, 2: 1}, {1: "en-US", 2: "EN"}) == []
    assert likely_splits(7, "Ann", {1: 9}, {1: "de"}) == []
