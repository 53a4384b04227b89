"""The decision who speaks: full names are somebody, everything else is nobody with a reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.speakers.names.single_label import decide


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Jane Doe", "Jane Doe"),
        ("Dr. Jane Doe", "Jane Doe"),
        ("JANE DOE", "Jane Doe"),
        ("Evan You", "Evan You"),
        ("Dawn Song", "Dawn Song"),
        ("Ann Person", "Ann Person"),
        ("Jack Ng", "Jack Ng"),
        ("An Nguyen", "An Nguyen"),
        ("Guy Martin", "Guy Martin"),
        ("AJ Towns", "AJ Towns"),
        ("J. R. Smith", "J. R. Smith"),
        ("J. Robert Oppen", "J. Robert Oppen"),
        ("Alejandro de la Torre", "Alejandro de la Torre"),
        ("Erik St. Martin", "Erik St. Martin"),
        ("Артём Волков", "Артём Волков"),
        ("李 明", "李 明"),
    ],
)
def test_a_full_name_is_somebody(label: str, name: str) -> None:
    decision = decide(label)
    assert decision.method == "full_name"
    assert decision.name is not None
    assert decision.name.display == name
    assert 0.5 < decision.confidence <= 1


@pytest.mark.parametrize(
    ("reason", "labels"),
    [
        ("no_label", ["", "  "]),
        (
            "not_a_person",
            ["Audience Member", "Recording begins", "Song extract", "Speaker 2", "Unknown Speaker"],
        ),
        ("one_word_name", ["Jane", "Jean-Luc", "Dr. Evil", "Debra-Kaye", "Jane (Acme)", "李明"]),
        ("initials", ["J S", "AS", "J.S.", "M", "NVK", "Jane D.", "J. Doe", "Jane O'B", "Jane VO"]),
        ("multiple_people", ["Niklas and Jane", "Jane Doe & John Roe", "Jane, John and Jo"]),
        (
            "not_a_name",
            [
                *("0xB10C", "@jane_doe", "Jane Doe 2", "$STDOUT", "Here's what it is", "Airplane!"),
                *("Clip from JS Party #256", "Back to the Future", "Goat boy", "Zelda track"),
                *("NBC PSA", "Acme Commercial", "Jane's Unix Song", "What do you think?"),
                *("On Wednesday", "The Beatles", "Fake Jane Doe", "Unpopular Opinions Theme"),
            ],
        ),
    ],
)
def test_what_is_not_a_full_name_is_nobody_with_a_reason(reason: str, labels: list[str]) -> None:
    for label in labels:
        decision = decide(label)
        assert decision.name is None, label
        assert decision.method == "unresolved"
        # A marker list may know it as well; then it is nobody's label all the same.
        assert decision.reason == reason or (
            reason == "not_a_name" and decision.reason == "not_a_person"
        ), label


@pytest.mark.parametrize(
    "label", ["Changelog News", "Male voice", "The Host", "Both speakers", "Host", "All", "Music"]
)
def test_things_and_unnamed_voices_are_nobody(label: str) -> None:
    assert decide(label).name is None


def test_a_role_beside_the_name_is_told_with_the_decision() -> None:
    assert [decide(label).role for label in ("Host: Jane Doe", "Jane Doe - GUEST", "Jane Doe")] == [
        "host",
        "guest",
        "",
    ]


def test_the_evidence_says_what_was_read_where() -> None:
    assert decide("Dr. Jane Doe").evidence == "label 'Dr. Jane Doe' read as Jane Doe"


@given(st.text(max_size=300))
def test_any_label_is_decided_and_nobody_is_named_without_two_words(label: str) -> None:
    decision = decide(label)
    assert decision.reason
    assert decision.name is None or decision.name.words >= 2
    assert decide(label) == decision
