"""Labels that are nobody's name."""

import pytest

from tasks.transcripts.labels.validity import is_marker

MARKERS = [
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


@pytest.mark.parametrize("label", MARKERS)
def test_a_sound_a_role_or_somebody_unnamed_is_a_marker(label: str) -> None:
    assert is_marker(label)


@pytest.mark.parametrize("label", NAMES)
def test_a_name_is_no_marker(label: str) -> None:
    assert not is_marker(label)
