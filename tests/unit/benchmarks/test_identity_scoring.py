"""The tool that scores names: its intervals, its halves, and what it calls wrong."""

import pytest

from benchmarks.identity.before import SpokenSegment, gone
from benchmarks.identity.labels import Labelled, read_labels
from benchmarks.identity.scoring import Answer, doubled, is_right, merged, score, wilson


def said(person: str | None, label: str = "JD", episode: str = "1") -> Labelled:
    return Labelled("a-show", episode, label, person, "random")


def answered(person_id: int | None, *names: str) -> Answer:
    return Answer(person_id, frozenset(names), "full_name")


def test_precision_counts_the_named_and_recall_those_who_can_be_named() -> None:
    rows = [
        (said("Jane Doe"), answered(1, "jane doe")),
        (said("Jane Doe"), answered(None)),
        (said(None), answered(2, "john roe")),
        (said(None), answered(None)),
    ]
    whole = score(rows)
    assert (whole.named, whole.right, whole.nameable) == (2, 1, 2)


def test_any_accepted_form_of_the_name_is_right_and_another_persons_is_wrong() -> None:
    one = Labelled("a-show", "1", "JD", "Jane Doe", "random", ("Jane Q. Doe",))
    assert is_right(one, answered(1, "jane q doe"))
    assert not is_right(one, answered(1, "janet doe"))


def test_two_people_in_one_and_one_person_as_two_are_told() -> None:
    rows = [
        (said("Jane Doe"), answered(1, "jane doe")),
        (said("John Roe"), answered(1, "jane doe")),
        (said("Ann Poe"), answered(2, "ann poe")),
        (said("Ann Poe", "AP"), answered(3, "ann poe")),
    ]
    assert merged(rows) == {1: {"Jane Doe", "John Roe"}}
    assert doubled(rows) == {"Ann Poe": {2, 3}}


def test_the_interval_is_that_of_wilson() -> None:
    # By hand: 8 of 10 gives 0.490 to 0.943; all of 100 still leaves room for 3.7 % errors.
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-3)
    assert wilson(100, 100) == pytest.approx((0.9630, 1.0), abs=1e-3)
    assert wilson(0, 0) == (0.0, 1.0)


def test_the_set_is_large_and_of_every_show_and_its_halves_are_about_equal() -> None:
    labels = read_labels()
    assert len({(one.show, one.episode, one.label) for one in labels}) == len(labels) >= 400
    assert len({one.show for one in labels}) == 17
    assert 0.4 < sum(one.held_out for one in labels) / len(labels) < 0.6


def spoken(label: str, person: str | None, status: str = "counted") -> SpokenSegment:
    person_id = None if person is None else sum(map(ord, person))
    return SpokenSegment(1, "A show", label, 10, status, "", person_id, person)


def test_who_is_gone_is_whoever_was_a_person_by_full_name_and_is_not_one_of_their_own() -> None:
    some = [
        *3 * [spoken("Jane Doe", "Jane Doe")],
        spoken("Jane Dow", "Jane Doe"),
        spoken("Brad Poe", None, "quarantined"),
        spoken("Bo Roe", "Bo Roe"),
        spoken("Bo", None, "unknown"),
    ]
    assert [(one.label, one.how) for one in gone(some)] == [
        ("Jane Dow", "one with Jane Doe"),
        ("Brad Poe", "quarantined"),
    ]
