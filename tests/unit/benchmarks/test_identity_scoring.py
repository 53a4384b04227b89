"""Scoring of names: intervals, halves of the labelled set, and what counts as wrong."""

import pytest

from benchmarks.identity.before import SpeakerOfShow, lost_people
from benchmarks.identity.labels import Labelled, read_labels
from benchmarks.identity.scoring import StoredAttribution, doubled, is_right, merged, score, wilson


def labelled(person: str | None, label: str = "JD", episode: str = "1") -> Labelled:
    return Labelled("a-show", episode, label, person, "random")


def answered(person_id: int | None, *names: str) -> StoredAttribution:
    return StoredAttribution(person_id, frozenset(names), "full_name")


def test_score_counts_named_right_and_nameable_speakers() -> None:
    rows = [
        (labelled("Jane Doe"), answered(1, "jane doe")),
        (labelled("Jane Doe"), answered(None)),
        (labelled(None), answered(2, "john roe")),
        (labelled(None), answered(None)),
    ]
    total = score(rows)
    assert (total.named, total.right, total.nameable) == (2, 1, 2)


def test_accepted_forms_are_right_and_other_names_wrong() -> None:
    one = Labelled("a-show", "1", "JD", "Jane Doe", "random", ("Jane Q. Doe",))
    assert is_right(one, answered(1, "jane q doe"))
    assert not is_right(one, answered(1, "janet doe"))


def test_merged_and_doubled_people_are_found() -> None:
    rows = [
        (labelled("Jane Doe"), answered(1, "jane doe")),
        (labelled("John Roe"), answered(1, "jane doe")),
        (labelled("Ann Poe"), answered(2, "ann poe")),
        (labelled("Ann Poe", "AP"), answered(3, "ann poe")),
    ]
    assert merged(rows) == {1: {"Jane Doe", "John Roe"}}
    assert doubled(rows) == {"Ann Poe": {2, 3}}


def test_interval_is_that_of_wilson() -> None:
    # By hand: 8 of 10 gives 0.490 to 0.943; all of 100 still leaves room for 3.7 % errors.
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-3)
    assert wilson(100, 100) == pytest.approx((0.9630, 1.0), abs=1e-3)
    assert wilson(0, 0) == (0.0, 1.0)


def test_labelled_set_is_large_and_halves_are_about_equal() -> None:
    labels = read_labels()
    assert len({(one.show, one.episode, one.label) for one in labels}) == len(labels) >= 400
    assert len({one.show for one in labels}) == 17
    assert 0.4 < sum(one.in_test_half for one in labels) / len(labels) < 0.6


def spoken(label: str, person: str | None, status: str = "counted") -> SpeakerOfShow:
    person_id = None if person is None else sum(map(ord, person))
    return SpeakerOfShow(1, "A show", label, 10, status, "", person_id, person)


def test_lost_people_are_those_of_the_first_version_only() -> None:
    stored = [
        *3 * [spoken("Jane Doe", "Jane Doe")],
        spoken("Jane Dow", "Jane Doe"),
        spoken("Brad Poe", None, "quarantined"),
        spoken("Bo Roe", "Bo Roe"),
        spoken("Bo", None, "unknown"),
    ]
    assert [(one.label, one.cause) for one in lost_people(stored)] == [
        ("Jane Dow", "one with Jane Doe"),
        ("Brad Poe", "quarantined"),
    ]
