"""Matching a single label: to a full name, or to nobody with a reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.speakers.names.single_label import match_label


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Jane Doe", "Jane Doe"),
        ("Van Morrison", "Van Morrison"),
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
        ("李明", "李明"),
        ("佐藤健太", "佐藤健太"),
        ("김민준", "김민준"),
        ("Đặng Thế Bảo", "Đặng Thế Bảo"),
        ("Sri Lestari", "Sri Lestari"),
        ("Maj Ekström", "Maj Ekström"),
        ("Hon. Jane Doe", "Jane Doe"),
        ("Pastor Ibarra", "Pastor Ibarra"),
        ("Pastor Jane Doe", "Jane Doe"),
        ("Imam Jan Doe", "Jan Doe"),
        ("Coach Jane Doe", "Jane Doe"),
        ("Bürgermeisterin Jane Doe", "Jane Doe"),
        ("Lady Jane Doe", "Jane Doe"),
        ("Mw. Jane Doe", "Jane Doe"),
        ("Prof. em. Jane Doe", "Jane Doe"),
        ("Dr. rer. nat. Jane Doe", "Jane Doe"),
        ("Jane Doe, MD", "Jane Doe"),
        ("Jane Friday", "Jane Friday"),
        ("Jane Doe @ Acme Labs", "Jane Doe"),
        ("Jane Doe - Harbour Trust", "Jane Doe"),
        ("Jane van Doe from the Harbour Trust", "Jane van Doe"),
        ("Jane Doe/Harbour Works AB", "Jane Doe"),
        ("Jan von und zu Doe", "Jan von und zu Doe"),
        ("Ana de la O", "Ana de la O"),
        ("Seán Mac an Rí", "Seán Mac an Rí"),
        ("김민준 교수", "김민준"),
        ("Mgr. Jana Nová", "Jana Nová"),
        ("ანა დვალი", "ანა დვალი"),
        ("Jane Voice", "Jane Voice"),
        ("Els op den Doe", "Els op den Doe"),
        ("Jan in 't Doe", "Jan in 't Doe"),
        ("Noor ud-Doe", "Noor ud-Doe"),
        ("Jane Doe she/her", "Jane Doe"),
        ("Jane Doe (they/them)", "Jane Doe"),
        ("Jane Doe/Acme", "Jane Doe"),
        ("Jane By", "Jane By"),
        ("Vo Lan", "Vo Lan"),
        ("ジェーン・ドウ", "ジェーン・ドウ"),
        ("简·多伊", "简·多伊"),
    ],
)
def test_full_name_is_matched(label: str, name: str) -> None:
    found = match_label(label)
    assert found.method == "full_name"
    assert found.name is not None
    assert found.name.display == name
    assert 0.5 < found.confidence <= 1


@pytest.mark.parametrize(
    ("reason", "labels"),
    [
        ("no_label", ["", "  "]),
        (
            "not_a_person",
            ["Audience Member", "Recording begins", "Song extract", "Speaker 2", "Unknown Speaker"],
        ),
        ("one_word_name", ["Jane", "Jean-Luc", "Dr. Evil", "Debra-Kaye", "Jane (Acme)", "时间"]),
        ("initials", ["J S", "AS", "J.S.", "M", "NVK", "Jane D.", "J. Doe", "Jane O'B", "Jane VO"]),
        (
            "multiple_people",
            ["Niklas and Jane", "Jane / John", "Jane Doe & John Roe", "Jane, John and Jo"],
        ),
        (
            "not_a_name",
            [
                *("0xB10C", "@jane_doe", "Jane Doe 2", "$STDOUT", "Here's what it is", "Airplane!"),
                *("Clip from JS Party #256", "Back to the Future", "Goat boy", "Zelda track"),
                *("NBC PSA", "Acme Commercial", "Jane's Unix Song", "What do you think?"),
                *(
                    "Black Friday",
                    "Live in Berlin",
                    "Ad Break",
                    "Lea Theme",
                    "Live Music from Acme",
                ),
                *("On Wednesday", "The Beatles", "Fake Jane Doe", "Unpopular Opinions Theme"),
            ],
        ),
    ],
)
def test_label_without_full_name_is_unresolved_with_a_reason(
    reason: str, labels: list[str]
) -> None:
    for label in labels:
        found = match_label(label)
        assert found.name is None, label
        assert found.method == "unresolved"
        # A list of non-names may contain it too; then it is not a person all the same.
        assert found.reason == reason or (
            reason == "not_a_name" and found.reason == "not_a_person"
        ), label


@pytest.mark.parametrize(
    "label",
    [
        *("Changelog News", "Male voice", "The Host", "Both speakers", "Host", "All", "Music"),
        *("Cold Open", "Automated Voice", "New Zealand", "SAN FRANCISCO", "São Paulo"),
        *("Coach Doe", "Uncle Jan", "Mayor Jane", "Sra. Doe"),
    ],
)
def test_things_and_unnamed_speakers_are_not_matched(label: str) -> None:
    assert match_label(label).name is None


def test_role_beside_the_name_is_part_of_the_match() -> None:
    assert [
        match_label(label).role for label in ("Host: Jane Doe", "Jane Doe - GUEST", "Jane Doe")
    ] == [
        "host",
        "guest",
        "",
    ]


def test_evidence_names_the_label_and_the_name() -> None:
    assert match_label("Dr. Jane Doe").evidence == "label 'Dr. Jane Doe' read as Jane Doe"


@given(st.text(max_size=300))
def test_any_label_gets_a_reason_and_names_have_two_words(label: str) -> None:
    found = match_label(label)
    assert found.reason
    assert found.name is None or found.name.words >= 2
    assert match_label(label) == found


@pytest.mark.parametrize("label", ["von Bora", "Van der Meulen", "De la Cruz", "Анна Сергеевна"])
def test_surname_with_particles_and_patronymic_are_no_full_name(label: str) -> None:
    assert match_label(label).reason == "one_word_name"


@pytest.mark.parametrize("label", ["二人", "الاثنان معا", "Los dos", "Tous", "Alle zusammen"])
def test_several_at_once_are_no_person(label: str) -> None:
    assert match_label(label).name is None
