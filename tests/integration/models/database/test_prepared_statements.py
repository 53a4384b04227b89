"""Statements are prepared once for a connection, and never through PgBouncer.

In its transaction mode, no statement fails for want of a prepared one.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.exc import DataError
from sqlmodel import Session

from models import get_settings
from models.database import engine, forget_engine, in_transaction
from models.database.migrate import NEWEST_REVISION, MigrationBlocked, migrate
from models.database.sql import fetch_value
from tests.factories import execute
from tests.servers.pgbouncer import pgbouncer
from workers.doctor.database import check_database

pytestmark = pytest.mark.slow


@pytest.fixture
def pooled(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with pgbouncer(database) as url:
        monkeypatch.setenv("OVERHEARD_DATABASE_URL", url)
        get_settings.cache_clear()
        forget_engine()
        yield
        engine().dispose()
    get_settings.cache_clear()
    forget_engine()


def read_often(number: int) -> int:
    """Far more often than the driver waits before it prepares a statement."""
    query = "SELECT CAST(:number AS int) + count(*) FROM podcast"
    values = {in_transaction(fetch_value, query, {"number": number}) for _ in range(40)}
    return int(values.pop()) if len(values) == 1 else -1


@pytest.mark.usefixtures("pooled")
def test_statements_through_a_pooler_are_not_prepared() -> None:
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(read_often, range(8))) == list(range(8))


def test_statements_of_a_direct_connection_are_prepared(database: str) -> None:
    del database
    with engine().connect() as connection:
        assert connection.connection.driver_connection.prepare_threshold is not None  # type: ignore[union-attr]


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.usefixtures("database")
def test_statements_stay_prepared_after_a_rollback(*, fails: bool) -> None:
    query = "SELECT count(*) FROM podcast"
    prepared = "SELECT count(*) FROM pg_prepared_statements WHERE statement = :query"

    def work(session: Session) -> None:
        for _ in range(10):
            fetch_value(session, query)
        assert fetch_value(session, prepared, {"query": query}) == 1
        fetch_value(session, "SELECT 1 / 0" if fails else "SELECT 1")
        raise RuntimeError

    with engine().connect() as connection:
        for _ in range(2):
            with (
                pytest.raises(DataError if fails else RuntimeError),
                Session(connection) as session,
                session.begin(),
            ):
                work(session)
            with Session(connection) as session, session.begin():
                assert fetch_value(session, prepared, {"query": query}) == 1


@pytest.mark.usefixtures("pooled")
def test_migration_through_a_pooler_is_refused() -> None:
    execute("UPDATE alembic_version SET version_num = '0001'")
    with pytest.raises(MigrationBlocked, match="pooler"):
        migrate(engine())
    execute("UPDATE alembic_version SET version_num = :new", new=NEWEST_REVISION)


@pytest.mark.usefixtures("pooled")
def test_doctor_names_a_pooler() -> None:
    notes = [f for f in check_database() if f.check == "pooler"]
    assert [f.state for f in notes] == ["ok"]
