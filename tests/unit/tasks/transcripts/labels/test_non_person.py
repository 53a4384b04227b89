"""Labels that are not the name of a person."""

import pytest

from tasks.transcripts.labels.non_person import is_non_person

NOT_NAMES = [
    "", "Break", "Jingle", "Music", "Song", "Song extract", "Outro", "Intro", "Recording begins",
    "Recording ends", "Clip", "Clip from A Show #256", "Audience", "Audience member",
    "Various Audience Members", "Speaker 2", "Speaker A", "SPEAKER_00", "New Speaker", "Unknown",
    "Unknown Speaker", "Question", "Questions", "Sponsors", "Narrator", "Host", "Co-host", "Guest",
    "Miembro del público", "Miembros de la audiencia", "Sprecherin 1", "Locuteur 2", "Musik",
    "SNL Jingle", "Nested Loops Song Sample", "Beer ad", "All", "Q", "音楽", "Спикер 1", "[Music]",
]  # fmt: skip
NAMES = [
    "Ada Example", "AS", "Dan", "$STDOUT", "0xB10C", "Dawn Song", "Joe Sample", "Christopher Guest",
    "Mary Host", "P", "JVdJ", "chg", "张三", "Public Enemy", "Bill and Ted",
]  # fmt: skip


@pytest.mark.parametrize("label", NOT_NAMES)
def test_sound_role_or_unnamed_person_is_not_a_name(label: str) -> None:
    assert is_non_person(label)


@pytest.mark.parametrize("label", NAMES)
def test_name_is_a_person(label: str) -> None:
    assert not is_non_person(label)
