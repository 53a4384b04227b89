"""Statements that go to the driver as they are, and still fail as all others do."""

from dataclasses import dataclass

import pytest
from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlmodel import Session, col

from models import Host
from models.database import engine, in_transaction
from models.database.row_columns import row_columns
from models.database.sql import (
    Compiled,
    Query,
    execute,
    fetch_all,
    rows,
    statement,
    values,
)
from tests.factories import execute as run

pytestmark = pytest.mark.usefixtures("database")

_TAKE = statement("INSERT INTO host (name) VALUES (:name) RETURNING name")


def test_statement_converts_only_named_parameters() -> None:
    query = statement("SELECT :n::int AS n, 'a: b' LIKE '%: b' AS alike")
    (row,) = in_transaction(rows, query, {"n": 3})
    assert (row.n, row.alike) == (3, True)


def test_what_was_touched_is_counted() -> None:
    in_transaction(rows, _TAKE, {"name": "one"})
    assert in_transaction(execute, statement("DELETE FROM host WHERE name = :n"), {"n": "one"}) == 1


def test_statement_error_is_sqlalchemys_without_row_values() -> None:
    missing = statement("INSERT INTO host (name) VALUES (:name)")
    with pytest.raises(DBAPIError) as caught:
        in_transaction(execute, missing, {"name": None})
    assert "host" in str(caught.value.orig)
    assert caught.value.hide_parameters


def test_a_race_that_is_lost_is_run_again() -> None:
    attempts = []

    def take(session: Session) -> None:
        attempts.append(session)
        name = "taken" if len(attempts) == 1 else "free"
        rows(session, _TAKE, {"name": name})

    run("INSERT INTO host (name) VALUES ('taken')")
    in_transaction(take)
    assert len(attempts) == 2


def test_lost_connection_is_invalidated_and_replaced() -> None:
    backends: list[int] = []
    backend = statement("SELECT pg_backend_pid()")

    def work(session: Session) -> None:
        backends.extend(values(session, backend, {}))
        if len(backends) == 1:
            with engine().begin() as other:
                other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": backends[0]})
        rows(session, _TAKE, {"name": "late"})

    in_transaction(work)
    assert len(set(backends)) == 2


def test_a_statement_that_is_cut_off_is_an_operational_error() -> None:
    def work(session: Session) -> None:
        session.connection().execute(text("SET LOCAL statement_timeout = 1"))
        rows(session, statement("SELECT pg_sleep(10)"), {})

    with pytest.raises(OperationalError):
        in_transaction(work)


@dataclass(frozen=True, slots=True)
class _Named:
    id: int
    name: str


_NAMED = select(*row_columns(_Named, Host)).where(
    col(Host.name) == bindparam("name"), col(Host.id) > 0
)


@pytest.mark.parametrize("query", [_NAMED, Compiled(_NAMED), "SELECT id, name FROM host"])
def test_each_kind_of_query_maps_rows_by_name(query: Query) -> None:
    run("INSERT INTO host (name) VALUES ('one')")
    (found,) = in_transaction(fetch_all, query, _Named, {"name": "one"})
    assert (type(found.id), found.name) == (int, "one")


def test_compiled_query_is_compiled_once() -> None:
    query = Compiled(_NAMED)
    assert query.sql is query.sql
    assert query.sql.count(b"host.name = %(name)s") == 1
    assert list(query.constants.values()) == [0]


def test_execute_counts_the_rows_of_an_insert() -> None:
    query = insert(Host).values(name="one").on_conflict_do_nothing()
    assert in_transaction(execute, query) == 1
    assert in_transaction(execute, query) == 0
