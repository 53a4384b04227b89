"""What a transaction needs is computed outside of it, from the values that it then commits with."""

from collections.abc import Iterator
from itertools import count

import pytest
from sqlmodel import Session

from models.database import computed_outside, in_transaction
from tests.factories import add_podcast, execute, one

_OPEN_TRANSACTIONS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND state LIKE 'idle in transaction%'
"""
_TITLES: Iterator[int] = count()
_computed_from: list[str] = []


def open_transactions(title: str) -> int:
    _computed_from.append(title)
    return int(one(_OPEN_TRANSACTIONS))


def open_transactions_once_changed(title: str) -> int:
    if len(_computed_from) == 0:
        execute("UPDATE podcast SET title = 'second'")
    return open_transactions(title)


def open_transactions_while_changing(title: str) -> int:
    found = open_transactions(title)
    if not found:  # otherwise ours, which has locked the podcast, is one of them
        execute("UPDATE podcast SET title = :title", title=f"{next(_TITLES)}")
    return found


@pytest.fixture(autouse=True)
def _podcast(database: None) -> None:
    del database
    in_transaction(add_podcast)
    execute("UPDATE podcast SET title = 'first'")
    _computed_from.clear()


def _title(session: Session) -> str:
    return str(
        session.connection().exec_driver_sql("SELECT title FROM podcast FOR UPDATE").scalar()
    )


@pytest.mark.parametrize("times", [1, 2])
def test_no_transaction_is_open_while_a_result_is_computed(times: int) -> None:
    def work(session: Session) -> int:
        return sum(
            computed_outside(session, open_transactions, _title(session)) for _ in range(times)
        )

    assert in_transaction(work) == 0
    assert _computed_from == ["first"]


def test_result_is_computed_again_when_its_values_changed() -> None:
    def work(session: Session) -> str:
        title = _title(session)
        computed_outside(session, open_transactions_once_changed, title)
        return title

    assert in_transaction(work) == "second"
    assert _computed_from == ["first", "second"]


def test_result_of_values_that_keep_changing_is_computed_within_the_transaction() -> None:
    def work(session: Session) -> int:
        return computed_outside(session, open_transactions_while_changing, _title(session))

    assert in_transaction(work) == 1
    assert len(_computed_from) == 11


def test_what_a_transaction_did_before_it_needed_a_result_is_undone() -> None:
    def work(session: Session) -> None:
        session.connection().exec_driver_sql("UPDATE podcast SET author = author || 'once'")
        computed_outside(session, open_transactions, _title(session))

    in_transaction(work)
    assert one("SELECT author FROM podcast") == "once"
