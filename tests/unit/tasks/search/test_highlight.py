"""What is marked in a text that was found."""

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
def test_what_was_looked_for_is_marked(text: str, search: str, expected: str) -> None:
    assert shown(text, search) == expected


def test_words_are_stemmed_by_the_language_of_the_text() -> None:
    assert shown("Die Häuser", "Haus", "de") == "Die [Häuser]"
    assert shown("Die Häuser", "Haus", "xx") == "Die Häuser"


def test_a_long_text_is_shown_around_its_first_mark() -> None:
    text = shown("before " * 300 + "needle " + "after " * 300, "needle")
    assert text.startswith("…")
    assert text.endswith("…")
    assert "[needle]" in text
    assert len(text) < 500


def test_a_text_that_no_longer_holds_what_was_found_is_shown_from_its_beginning() -> None:
    assert shown("Edited since.", "needle") == "Edited since."


def test_an_endless_text_without_a_space_is_cut() -> None:
    assert len(shown("x" * 10_000_000, "needle")) < 500
