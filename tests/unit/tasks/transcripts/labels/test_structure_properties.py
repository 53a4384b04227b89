"""Properties of the decision: headings take no words, and a name is a name in any letters."""

import time
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tasks.transcripts.labels.non_person import is_non_person
from tasks.transcripts.labels.validity import clean_label
from tasks.transcripts.parse import parse_transcript
from tasks.transcripts.values import TranscriptRefused
from tests.paths import DATA
from tests.unit.tasks.transcripts.labels.documents import (
    FIRST,
    SECOND,
    SHAPES,
    TALK,
    labels_and_texts,
    renamed,
    turns_as,
)

HEADINGS = (DATA / "labels" / "headings.txt").read_text("utf-8").splitlines()
HEADING = st.sampled_from(HEADINGS).flatmap(
    lambda heading: st.sampled_from(
        [f"{heading}:", f"## {heading}", heading, f"{heading}: a word about it.", f"**{heading}**"]
    )
)
DEFINITIONS = st.lists(st.sampled_from(HEADINGS), min_size=1, max_size=4, unique=True).map(
    lambda terms: "\n".join(f"- **{term}:** what it means" for term in terms)
)
INDEX = st.lists(st.sampled_from(HEADINGS), min_size=1, max_size=4).map(
    lambda terms: "\n".join(f"{term}, {page}" for page, term in enumerate(terms, 3))
)
TEXT_SHAPES = sorted(SHAPES.keys() - {"html", "srt"})


@settings(max_examples=200)
@given(st.sampled_from(TEXT_SHAPES), HEADING | DEFINITIONS | INDEX, st.integers(0, len(TALK)))
def test_added_lines_move_no_word_of_a_turn(shape: str, lines: str, place: int) -> None:
    turns = turns_as(shape, TALK)
    found = labels_and_texts([*turns[:place], lines, *turns[place:]])
    assert [turn for turn in found if turn in TALK] == TALK
    assert {label for label, _ in found} <= {FIRST, SECOND, ""}


LETTERS = st.text(st.characters(categories=["Lu", "Ll", "Lt", "Lo", "Mn", "Mc"]), min_size=1)


@settings(max_examples=300)
@given(st.sampled_from(sorted(SHAPES)), st.lists(LETTERS, min_size=1, max_size=3))
def test_renamed_speaker_changes_only_the_label(shape: str, words: list[str]) -> None:
    name = clean_label(" ".join(words))
    assume(name and name[0].isalpha() and len(name) <= 40)
    assume(not is_non_person(name) and name != FIRST)
    assert labels_and_texts(turns_as(shape, renamed(name))) == renamed(name)


HOSTILE: dict[str, Callable[[int], str]] = {
    "candidates": lambda n: "\n\n".join(f"Name {i} Of {i}: I'm Name." for i in range(n // 30)),
    "pairs": lambda n: "\n\n".join(f"Ada B{i // 2}: x" for i in range(n // 15)),
    "lines": lambda n: "\n".join(f"Ada B{i}" for i in range(n // 9)),
    "brackets": lambda n: "[" * n,
    "open_brackets": lambda n: "[a" * (n // 2),
    "words": lambda n: "A " * (n // 2) + ": b",
    "colons": lambda n: "a:" * (n // 2),
    "marks": lambda n: "Á\u0301" * (n // 2) + ": a",
    "one_line_cues": lambda n: "00:00 --> 00:01\n" + "a: b\n- c\n" * (n // 9),
    "headings": lambda n: "# a\n" * (n // 4),
    "html_headings": lambda n: "<h1>a" * (n // 5),
    "stars": lambda n: "*" * n,
    "quotes": lambda n: '"' * n + ": a",
}


@pytest.mark.parametrize("kind", sorted(HOSTILE))
def test_hostile_text_takes_linear_time(kind: str) -> None:
    body = HOSTILE[kind](500_000).encode()
    begin = time.process_time()
    with suppress(TranscriptRefused):
        parse_transcript(body)
    assert time.process_time() - begin < 15  # three seconds at most; quadratic time takes minutes
