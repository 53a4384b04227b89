"""Highlighted matches in a text."""

import pytest

from tasks.search.highlight import highlight_terms, highlighted
from tasks.search.query_parser import parse


def shown(text: str, search: str, language: str = "en") -> str:
    pieces = highlighted(text, language, highlight_terms(parse(search)))
    return "".join(f"[{piece.text}]" if piece.highlighted else piece.text for piece in pieces)


@pytest.mark.parametrize(
    ("text", "search", "expected"),
    [
        ("She runs. He was running!", "run", "She [runs]. He was [running]!"),
        ("She runs. He was running!", '"running"', "She runs. He was [running]!"),
        ("Big deal, no big big deal.", '"big deal"', "[Big] [deal], no big [big] [deal]."),
        ("Caffè and café", "cafe", "Caffè and [café]"),
        ("Transform the transformer", "trans*", "[Transform] the [transformer]"),
        ("don't do it", "don't", "[don]'[t] do it"),
        ("one two three", "one -two", "[one] two three"),
        ("我们谈论机器学习。", "机器", "我们谈论[机][器]学习。"),
        ("<b>one</b>", "one", "<b>[one]</b>"),
    ],
)
def test_highlight_marks_the_matches(text: str, search: str, expected: str) -> None:
    assert shown(text, search) == expected


def test_highlight_stems_by_the_language_of_the_text() -> None:
    assert shown("Die Häuser", "Haus", "de") == "Die [Häuser]"
    assert shown("Die Häuser", "Haus", "xx") == "Die Häuser"


def test_highlight_shows_a_long_text_around_its_first_match() -> None:
    text = shown("before " * 300 + "needle " + "after " * 300, "needle")
    assert text.startswith("…")
    assert text.endswith("…")
    assert "[needle]" in text
    assert len(text) < 500


def test_highlight_without_match_shows_the_start_of_the_text() -> None:
    assert shown("Edited since.", "needle") == "Edited since."


def test_highlight_cuts_an_endless_text_without_spaces() -> None:
    assert len(shown("x" * 10_000_000, "needle")) < 500
