"""Labels, and sentences with a colon that are not labels."""

from collections import Counter

import pytest

from tasks.transcripts.labels.validity import (
    accepted_labels,
    clean_label,
    has_name_shape,
    is_emphasised_label,
)

NAMES = [
    "Ada Example", "AS", "JVdJ", "Speaker 2", "Audience Member", "Miguel de Icaza", "Q", "P",
    "Mary B. Sample, Psy.D", "Dr. Ana Sample", "Bill and Ted", "Waxwing (Ada Example)", "K3tan",
    "Sir Mix-a-Lot", "Duane O'Sample", "Ludwig van Sample", "Will Example", "Miembro del público",
    "Łukasz", "张三", "NBD", "Unknown", "Niklas and 0xB10C",
]  # fmt: skip
SENTENCES = [
    "Here's what it is", "So my question is", "The best part", "It's official", "better", "and",
    "You know what", "Coming up this week", "Part 2", "Step 1", "Note", "Example", "Location",
    "Slides", "Let's say that you have two nodes", "And think about this one", "On Wednesday",
    "The question to ask is", "How it works", "I", "PS", "We start with a PSA", "[unintelligible",
    "Eltoo white paper", "transcript by", "", "12", "Don't miss it", "I\u2019ll say it again",
]  # fmt: skip


@pytest.mark.parametrize("label", NAMES)
def test_name_or_role_has_the_form_of_a_label(label: str) -> None:
    assert has_name_shape(label)


@pytest.mark.parametrize("text", SENTENCES)
def test_sentence_before_a_colon_is_not_a_label(text: str) -> None:
    assert not has_name_shape(text)


@pytest.mark.parametrize(
    "label", ["$STDOUT", "Clip from A Show #256", "The 80's guy from A Film", "roasbeef", "AS"]
)
def test_emphasised_text_can_be_a_label(label: str) -> None:
    assert is_emphasised_label(label)


@pytest.mark.parametrize(
    ("published", "label"),
    [
        (" Ada \u00a0Example : ", "Ada Example"),
        ("**Ada**", "Ada"),
        ("[Audience member]", "Audience member"),
        ("$STDOUT", "$STDOUT"),
        ("VM (Vicky) Sample", "VM (Vicky) Sample"),
        ("x" * 300, "x" * 200),
        (":", ""),
    ],
)
def test_label_stays_as_published_without_markup(published: str, label: str) -> None:
    assert clean_label(published) == label


def test_single_name_in_a_long_monologue_is_not_a_label() -> None:
    assert accepted_labels(Counter({"Optimal Mining Strategies": 1}), units=100) == set()


def test_repeated_name_is_a_label() -> None:
    assert accepted_labels(Counter({"Ada": 2, "Question": 1}), units=60) == {"Ada", "Question"}


def test_part_of_a_label_is_a_label() -> None:
    found = accepted_labels(Counter({"Ada Example": 5, "Ada": 1, "Python": 1}), units=1_000)
    assert found == {"Ada Example", "Ada"}


def test_handle_is_a_label_only_if_it_occurs_often() -> None:
    assert accepted_labels(Counter({"roasbeef": 5, "better": 1}), units=60) == {"roasbeef"}


def test_bare_colon_marks_no_label_where_typography_does() -> None:
    found = accepted_labels(
        Counter({"Some Author": 2, "Break": 1}), units=100, emphasised=Counter({"Ada Example": 40})
    )
    assert found == {"Ada Example", "Break"}
