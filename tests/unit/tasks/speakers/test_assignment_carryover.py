"""Assignments go to the speaker with most of the assigned text, or are lost."""

import pytest

from tasks.speakers.assignment_carryover import carry_over
from tasks.speakers.decisions import DecisionEvent

TEXT = (1, 2, 3, 4)


def assignment(number: int = 1) -> DecisionEvent:
    return DecisionEvent(number, "assign", 7, episode_id=10, label="Host", fingerprints=TEXT)


@pytest.mark.parametrize(
    ("text_counts", "speaker_id"),
    [
        ({5: 4}, 5),
        ({5: 3, 6: 1}, 5),
        ({5: 2, 6: 1}, None),
        ({5: 4, 6: 4}, None),
        ({5: 1}, None),
        ({}, None),
    ],
)
def test_assignment_goes_to_the_one_speaker_with_most_text(
    text_counts: dict[int, int], speaker_id: int | None
) -> None:
    carried = carry_over([assignment()], {1: text_counts})
    assert list(carried.by_speaker) == ([] if speaker_id is None else [speaker_id])
    assert len(carried.lost) == (speaker_id is None)


def test_later_of_two_assignments_of_one_text_applies() -> None:
    carried = carry_over([assignment(2), assignment(1)], {1: {5: 4}, 2: {5: 4}})
    assert carried.by_speaker == {5: assignment(2)}
    assert carried.lost == []
