"""PostgreSQL 15, the oldest that is supported: migrated, ingested into, recounted, examined."""

from collections.abc import Iterator

import pytest

from models import get_settings
from models.database import engine, forget_engine, in_transaction
from models.database import version as about_version
from models.database.migrate import migrate
from models.database.version import DatabaseTooOld
from tests.factories import differences, figures, new_episode, spoken, store
from tests.servers.debian_postgres import debian_postgres
from workers.doctor.database import check_database

pytestmark = pytest.mark.slow


@pytest.fixture
def oldest(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with debian_postgres() as url:
        monkeypatch.setenv("OVERHEARD_DATABASE_URL", url)
        get_settings.cache_clear()
        forget_engine()
        yield
        engine().dispose()
    get_settings.cache_clear()
    forget_engine()


@pytest.mark.usefixtures("oldest")
def test_oldest_postgres_is_migrated_and_counts() -> None:
    assert migrate(engine()) is None
    in_transaction(store, new_episode(), spoken("Ann Smith: Hello.", "Bob Jones: Hi."))
    assert [counts[0] for counts in figures().values()] == [1, 1]
    assert differences() == 0
    states = {finding.check: finding.state for finding in check_database()}
    assert (states["database"], states["schema"]) == ("ok", "ok")


@pytest.mark.usefixtures("oldest")
def test_older_postgres_is_refused_before_a_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(about_version, "OLDEST_VERSION", 160_000)
    with pytest.raises(DatabaseTooOld, match="version 16 or later is needed"):
        migrate(engine())
    with engine().connect() as connection:
        tables = connection.exec_driver_sql(
            "SELECT count(*) FROM pg_tables WHERE schemaname='public'"
        )
        assert tables.scalar_one() == 0
