"""A temporary PostgreSQL for a measurement."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text

from models import get_settings
from models.database import engine, forget_engine, in_transaction
from models.database.migrate import migrate
from workers.local.embedded.servers import embedded_servers


@contextmanager
def data_folder() -> Iterator[Path]:
    """A folder that the embedded servers can use, also as root."""
    folder = Path(tempfile.mkdtemp(prefix="overheard-bench-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def empty_database() -> Iterator[None]:
    """An empty, migrated database, used by models.database."""
    with data_folder() as folder, database_in(folder / "data"):
        yield


@contextmanager
def database_in(folder: Path) -> Iterator[None]:
    """The migrated database of a data folder, used by models.database."""
    with embedded_servers(folder, broker=False) as urls:
        os.environ["OVERHEARD_DATABASE_URL"] = urls.database_url
        get_settings.cache_clear()
        forget_engine()
        migrate(engine())
        try:
            yield
        finally:
            engine().dispose()
            forget_engine()
            del os.environ["OVERHEARD_DATABASE_URL"]
            get_settings.cache_clear()


def make_episodes(count: int, *, podcast_id: int = 1, after: int = 0) -> None:
    """A podcast with so many episodes, numbered from ``after`` + 1."""
    params = {"podcast": podcast_id, "first": after + 1, "last": after + count}
    in_transaction(lambda session: session.connection().execute(text(_PODCAST), params))
    in_transaction(lambda session: session.connection().execute(text(_EPISODES), params))


_PODCAST = """
    INSERT INTO podcast (id, url_key, feed_url, title, description, author, type, state, added_at)
    SELECT n, 'bench' || n, 'bench' || n, 'Bench', '', '', '', 'active', now()
    FROM CAST(:podcast AS bigint) AS n
"""
_EPISODES = """
    INSERT INTO episode (id, podcast_id, identity, title, description, author, type,
                         first_seen_at, stats_date, content_hash)
    SELECT n, :podcast, n::text, '', '', '', '', now(), date '2020-01-01' + n, ''
    FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS n
"""
