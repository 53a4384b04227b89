"""The summary of a database error: its own words, and nothing of the rows it was about."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from models.database import in_transaction, summarize_error


def test_its_line_says_nothing_of_what_was_written(database: str) -> None:
    del database

    def write(session: Session) -> None:
        params = {"name": "https://host/feed?token=hidden"}
        session.connection().execute(
            text("INSERT INTO host (name, id) VALUES (:name, NULL)"), params
        )

    with pytest.raises(DBAPIError) as caught:
        in_transaction(write)
    summary = summarize_error(caught.value)
    assert summary.startswith("NotNullViolation: ")
    assert "INSERT" not in summary
    assert "hidden" not in summary


def test_what_cannot_be_stored_is_left_out() -> None:
    assert summarize_error(ValueError("a\x00b\udc80")) == "ValueError: ab?"
