"""Which words of a segment are marked as uncertain, and that its text stays as it is."""

import pytest

from web.presenters.uncertain_words import (
    RecognizedWord,
    UncertainWords,
    WordPiece,
    cut,
    words_of_body,
)


def words(text: str) -> list[RecognizedWord]:
    """Words, of which those with ``~`` are uncertain."""
    return [
        RecognizedWord(f" {word.lstrip('~')}", 0.2 if word.startswith("~") else 0.9)
        for word in text.split()
    ]


@pytest.mark.parametrize(
    ("spoken", "marked"),
    [
        ("all of it", []),
        ("~all of it", ["all"]),
        ("all of ~it", ["it"]),
        ("it is ~it, is it", ["it,"]),
        ("~one ~two", ["one", "two"]),
    ],
)
def test_words_marked_are_uncertain_at_their_place(spoken: str, marked: list[str]) -> None:
    text = spoken.replace("~", "")
    pieces = cut(text, words(spoken))
    assert "".join(piece.text for piece in pieces) == text
    assert [piece.text for piece in pieces if piece.is_uncertain] == marked


def test_words_missing_in_the_text_leave_it_whole() -> None:
    assert cut("other text", words("~gone ~too")) == [WordPiece("other text", False)]


def test_words_without_spaces_are_marked_too() -> None:
    spoken = [RecognizedWord("漢", 0.9), RecognizedWord("字", 0.1)]
    assert cut("漢字", spoken) == [WordPiece("漢", False), WordPiece("字", True)]


def test_segment_of_the_body_is_found_by_start_and_text() -> None:
    segment = {"startTime": 1.21, "endTime": 2, "body": "Hi you", "words": []}
    uncertain = segment | {"words": [[" Hi", 1.21, 1.5, 0.3], [" you", 1.5, 2, 0.9]]}
    found = UncertainWords(words_of_body({"segments": [segment, uncertain]}))
    assert found.pieces("Hi you", 1210) == [WordPiece("Hi", True), WordPiece(" you", False)]
    assert found.pieces("Hi you", 1211) == [WordPiece("Hi you", False)]
