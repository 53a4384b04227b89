"""Normalised text: stable, storable and without invisible characters."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.transcripts.normalise import normalise_text


@pytest.mark.parametrize(
    ("published", "stored"),
    [
        ("  two\u00a0 \t words\r\n", "two words"),
        ("Zoe\u0308", "Zo\u00eb"),
        ("e\u200b\u0301", "\u00e9"),
        ("nul\x00 and \x07bell", "nul and bell"),
        ("\u202eoverridden\u202c \u2066isolated\u2069", "overridden isolated"),
        ("half \ud800 a character", "half a character"),
        ("soft\u00adhyphen\ufeff", "softhyphen"),
        ("\u0645\u06cc\u200c\u0631\u0648\u0645", "\u0645\u06cc\u200c\u0631\u0648\u0645"),
        ("line\u2028separator", "line separator"),
    ],
)
def test_invisible_or_unstorable_characters_are_removed(published: str, stored: str) -> None:
    assert normalise_text(published) == stored


@given(st.text(st.characters(codec=None, exclude_categories=[])))
def test_normalised_text_is_stable_and_storable(text: str) -> None:
    once = normalise_text(text)
    assert normalise_text(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert "\x00" not in once
    assert once.encode("utf-8").decode() == once
    assert once == " ".join(once.split())


def test_stacked_combining_marks_are_cut_at_thirty_in_time() -> None:
    for marks in ("\u0315\u0300", "\U0001d165\U0001d16d"):
        assert len(normalise_text("x" + marks * 100_000)) <= 31
