"""Migrations lead from nothing to exactly the tables of the models, once, whoever asks."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, inspect
from sqlmodel import SQLModel

import models  # noqa: F401  the tables register themselves
from models.migrate import NEWEST_REVISION, alembic_config, migrate, present_revision
from tests.servers.postgres import fresh_database
from workers.embedded import ServerUrls


@pytest.fixture
def empty(server_urls: ServerUrls, worker_number: int) -> Iterator[Engine]:
    with fresh_database(server_urls.database_url, f"migrations_{worker_number}") as url:
        engine = create_engine(url)
        yield engine
        engine.dispose()


def test_from_nothing_to_the_newest_schema_there_is_no_difference_to_the_models(
    empty: Engine,
) -> None:
    assert migrate(empty) is None
    with empty.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_migrating_again_does_nothing(empty: Engine) -> None:
    migrate(empty)
    assert migrate(empty) == NEWEST_REVISION


def test_the_revision_that_the_code_works_with_is_the_newest_migration() -> None:
    script = ScriptDirectory.from_config(alembic_config())
    assert script.get_heads() == [NEWEST_REVISION]


def test_a_database_that_was_never_migrated_has_no_revision(empty: Engine) -> None:
    with empty.connect() as connection:
        assert present_revision(connection) is None


def test_every_name_in_the_database_is_that_of_the_models(empty: Engine) -> None:
    migrate(empty)
    tables = set(inspect(empty).get_table_names()) - {"alembic_version"}
    assert tables == set(SQLModel.metadata.tables)


@pytest.mark.slow
def test_of_four_processes_that_migrate_at_once_one_does_the_work(empty: Engine) -> None:
    url = empty.url.render_as_string(hide_password=False)
    environment = os.environ | {"OVERHEARD_DATABASE_URL": url, "OVERHEARD_BROKER_URL": "redis://x"}
    command = [sys.executable, "-m", "workers.cli", "migrate"]
    running = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    said = sorted(process.communicate(timeout=120)[0] for process in running)
    assert [process.returncode for process in running] == [0, 0, 0, 0]
    assert said == sorted(
        [f"schema new -> {NEWEST_REVISION}\n"] + [f"schema at {NEWEST_REVISION}\n"] * 3
    )
