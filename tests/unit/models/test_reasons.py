"""Texts of reason codes: clauses, sentences and advice."""

import pytest

from models.reasons import REASONS, reason_advice, reason_clause, reason_text, short_reason


@pytest.mark.parametrize("code", REASONS)
def test_reason_texts_are_clause_and_sentences(code: str) -> None:
    reason = REASONS[code]
    assert reason.clause
    assert not reason.clause.endswith(".")
    for sentence in (reason.sentence, reason.advice, reason_text(code)):
        assert not sentence or sentence.endswith(".")


def test_reason_text_is_sentence_or_code_in_words() -> None:
    assert reason_text("timeout") == "The server did not respond in time."
    assert reason_text("html").startswith("This is a web page, not a feed.")
    assert reason_text("http_503") == "The server reports an internal error (503)."
    assert reason_text("some_new_code") == "some new code"


def test_unknown_reason_has_code_and_no_advice() -> None:
    assert reason_clause("some_new_code") == "some_new_code"
    assert reason_clause(None) == "no reason was recorded"
    assert reason_advice("some_new_code") == reason_advice(None) == ""
    assert short_reason("no_label") == "no speaker label"
    assert short_reason("some_new_code") == "some new code"
