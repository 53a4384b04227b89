"""Labels that other episodes of a podcast match to one person."""

import pytest

from tasks.speakers.evidence.in_show import names_in_show
from tasks.speakers.facts import MatchCount


@pytest.mark.parametrize(
    ("counts", "episodes", "found"),
    [
        ([("Jane", "Jane Doe", 1)], 2, {"jane": "Jane Doe"}),
        ([("Jane", "Jane Doe", 1)], 5, {}),
        ([("Jane", "Jane Doe", 2)], 30, {"jane": "Jane Doe"}),
        ([("Jane", "Jane Doe", 2)], 31, {}),
        ([("Jane", "Jane Doe", 8), ("JANE", "Jane Poe", 1)], 9, {}),
        ([("Jane", "Jane Doe", 4), ("JANE", "Jane Doe", 4)], 9, {"jane": "Jane Doe"}),
        ([("Jane", "Jane", 8)], 9, {}),
        ([], 0, {}),
    ],
    ids=["half", "seldom", "usual", "too seldom", "rival", "spellings", "no surname", "nothing"],
)
def test_label_in_show_needs_one_usual_person(
    counts: list[MatchCount], episodes: int, found: dict[str, str]
) -> None:
    names = names_in_show(counts, episodes)
    assert {label: name.display for label, name in names.items()} == found
