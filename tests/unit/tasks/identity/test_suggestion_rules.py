"""Merges are suggested for pairs of similar names that share no episode."""

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
        ("daniel thompson", "danny thompson"),
        ("smith ann", "ann smith"),
    ],
)
def test_merge_is_suggested_for_similar_names(a: str, b: str) -> None:
    (suggestion,) = likely_merges(1, [speaking(2, a), speaking(1, b)])
    assert (suggestion.kind, suggestion.person_id, suggestion.target_person_id) == ("merge", 1, 2)
    assert suggestion.evidence["names"] == [b.title(), a.title()]
    assert suggestion.evidence["podcast_id"] == 1
    assert 0.4 < suggestion.score < 1


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("jan smith", "jon smith"),
        ("ann smith", "ann jones"),
        ("bob smith", "ann smith"),
        ("daniel thompson", "danny jones"),
        ("ann", "anne"),
    ],
)
def test_merge_is_not_suggested_for_other_names(a: str, b: str) -> None:
    assert likely_merges(1, [speaking(1, a), speaking(2, b)]) == []


def test_merge_is_not_suggested_for_people_in_one_episode() -> None:
    people = [speaking(1, "gerhard lazu", 1, 2), speaking(2, "gehard lazu", 2, 3)]
    assert likely_merges(1, people) == []


def test_split_is_suggested_for_name_in_two_languages() -> None:
    (suggestion,) = likely_splits(7, "Ann", {1: 9, 2: 1, 3: 4}, {1: "en-US", 2: "de", 3: ""})
    assert (suggestion.kind, suggestion.person_id, suggestion.podcast_id) == ("split", 7, 2)
    assert suggestion.evidence["main_language"] == "en"
    assert likely_splits(7, "Ann", {1: 9, 2: 1}, {1: "en-US", 2: "EN"}) == []
    assert likely_splits(7, "Ann", {1: 9}, {1: "de"}) == []
