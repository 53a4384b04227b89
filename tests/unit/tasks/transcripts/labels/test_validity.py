"""Labels as published, and how much a text has the form of a name."""

import pytest

from tasks.transcripts.labels.validity import clean_label, name_form

NAMES = [
    "Ada Example", "AS", "JVdJ", "Speaker 2", "Audience Member", "Miguel de Icaza", "Q", "P",
    "Mary B. Sample, Psy.D", "Dr. Ana Sample", "Bill and Ted", "Waxwing (Ada Example)", "K3tan",
    "Sir Mix-a-Lot", "Duane O'Sample", "Ludwig van Sample", "Łukasz", "张三", "NBD", "Unknown",
    "Niklas and 0xB10C", "Ada Example (she/her)", "Ada / Bo", "Sofie in 't Example",
    "Noor ul-Example", "मीरा उदाहरण", "שָׂרָה", "ミラ・例",
]  # fmt: skip
SENTENCES = [
    "Here's what it is", "So my question is", "The best part", "It's official", "You know what",
    "Coming up this week", "Let's say that you have two nodes", "And think about this one",
    "The question to ask is", "How it works", "We start with a PSA again and again and again",
    "", "12", "Don't miss it", "I\u2019ll say it again", "What is that?",
]  # fmt: skip


@pytest.mark.parametrize("label", NAMES)
def test_name_or_role_has_the_form_of_a_name(label: str) -> None:
    assert name_form(label) == 1


@pytest.mark.parametrize("text", SENTENCES)
def test_sentence_before_a_colon_has_no_name_form(text: str) -> None:
    assert name_form(text) == 0


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
