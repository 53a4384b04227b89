"""An assignment is of a text: it goes to the speaker that holds most of it, or to nobody."""

import pytest

from tasks.speakers.assignment_carryover import carry_over
from tasks.speakers.decision_values import DecisionEvent

TEXT = (1, 2, 3, 4)


def assignment(number: int = 1) -> DecisionEvent:
    return DecisionEvent(number, "assign", 7, episode_id=10, label="Host", fingerprints=TEXT)


@pytest.mark.parametrize(
    ("held", "speaker"),
    [
        ({5: 4}, 5),
        ({5: 3, 6: 1}, 5),
        ({5: 2, 6: 1}, None),
        ({5: 4, 6: 4}, None),
        ({5: 1}, None),
        ({}, None),
    ],
)
def test_most_of_the_text_is_more_than_half_and_held_by_one(
    held: dict[int, int], speaker: int | None
) -> None:
    carried = carry_over([assignment()], {1: held})
    assert list(carried.by_speaker) == ([] if speaker is None else [speaker])
    assert len(carried.lost) == (speaker is None)


def test_of_two_assignments_of_one_text_the_later_holds() -> None:
    carried = carry_over([assignment(2), assignment(1)], {1: {5: 4}, 2: {5: 4}})
    assert carried.by_speaker == {5: assignment(2)}
    assert carried.lost == []
