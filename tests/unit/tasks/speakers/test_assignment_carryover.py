"""Assignments go to the speaker with most of the assigned text, or are lost."""

from dataclasses import replace

import pytest

from tasks.speakers.assignment_carryover import carry_over, carry_over_by_time
from tasks.speakers.decisions import Decision

TEXT = (1, 2, 3, 4)


def assignment(number: int = 1) -> Decision:
    return Decision(number, "assign", 7, episode_id=10, label="Host", fingerprints=TEXT)


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


HEARD = replace(assignment(), spans=((0, 4_000), (9_000, 15_000)))


@pytest.mark.parametrize(
    ("spoken_ms", "speaker_id"),
    [({5: 9_000, 6: 800}, 5), ({5: 5_100, 6: 4_000}, 5), ({5: 5_000}, None), ({}, None)],
)
def test_assignment_of_lost_text_goes_to_the_speaker_of_its_times(
    spoken_ms: dict[int, int], speaker_id: int | None
) -> None:
    carried = carry_over_by_time(carry_over([HEARD], {}), {1: spoken_ms})
    assert list(carried.by_speaker) == ([] if speaker_id is None else [speaker_id])
    assert len(carried.lost) == (speaker_id is None)


def test_assignment_by_text_goes_before_one_by_time() -> None:
    later = replace(HEARD, id=2)
    carried = carry_over_by_time(carry_over([HEARD, later], {1: {5: 4}}), {2: {5: 10_000}})
    assert carried.by_speaker == {5: HEARD}
    assert carried.lost == [later]
