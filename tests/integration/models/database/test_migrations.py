"""Migrations lead from nothing to exactly the tables of the models, once, also in parallel."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, inspect, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, SQLModel, col, select

import models.tables  # noqa: F401  the tables register themselves
from models import (
    Job,
    JobState,
    Outcome,
    QueuePause,
    QueueState,
    ReingestRequest,
    RequestState,
    Stage,
)
from models.database.migrate import (
    NEWEST_REVISION,
    MigrationBlocked,
    alembic_config,
    migrate,
    present_revision,
)
from tests.servers.postgres import fresh_database
from workers.local.embedded import ServerUrls

pytestmark = pytest.mark.slow


@pytest.fixture
def empty(server_urls: ServerUrls, worker_number: int) -> Iterator[Engine]:
    with fresh_database(server_urls.database_url, f"migrations_{worker_number}") as url:
        engine = create_engine(url)
        yield engine
        engine.dispose()


def test_migrations_from_empty_match_the_models(
    empty: Engine,
) -> None:
    assert migrate(empty) is None
    with empty.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_migrating_again_does_nothing(empty: Engine) -> None:
    migrate(empty)
    assert migrate(empty) == NEWEST_REVISION


def test_newest_revision_constant_is_the_newest_migration() -> None:
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
def test_four_concurrent_migrations_run_once(empty: Engine) -> None:
    url = empty.url.render_as_string(hide_password=False)
    environment = os.environ | {"OVERHEARD_DATABASE_URL": url, "OVERHEARD_BROKER_URL": "redis://x"}
    words = [sys.executable, "-m", "workers.cli", "migrate"]
    running = [
        subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    printed = sorted(process.communicate(timeout=120)[0] for process in running)
    assert [process.returncode for process in running] == [0, 0, 0, 0]
    assert printed == sorted(
        [f"schema new -> {NEWEST_REVISION}\n"] + [f"schema at {NEWEST_REVISION}\n"] * 3
    )


def test_a_migration_lets_everybody_else_go_first(
    empty: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It gives up waiting for a table, and with it those who would wait behind it."""
    monkeypatch.setattr("models.database.migrate.LOCK_TIMEOUT_MS", 50)
    monkeypatch.setattr("models.database.migrate.ATTEMPTS", 2)
    migrate(empty)
    with empty.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")
    with empty.begin() as worker:
        worker.exec_driver_sql("LOCK TABLE alembic_version IN ROW EXCLUSIVE MODE")
        monkeypatch.setattr("models.database.migrate._upgrade", _lock_and_mark)
        with pytest.raises(MigrationBlocked, match="nothing was changed"):
            migrate(empty)
    with empty.connect() as connection:
        assert present_revision(connection) == "0001"
    assert migrate(empty) == "0001"
    with empty.connect() as connection:
        assert present_revision(connection) == NEWEST_REVISION
        assert connection.exec_driver_sql("SHOW lock_timeout").scalar() == "0"


def _lock_and_mark(connection: Connection) -> None:
    """What a migration does that changes a table: it locks it against everybody."""
    connection.exec_driver_sql("LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE")
    connection.execute(
        text("UPDATE alembic_version SET version_num = :to"), {"to": NEWEST_REVISION}
    )
    connection.commit()


def test_added_columns_may_be_omitted_by_the_version_before(empty: Engine) -> None:
    """Every column of a later migration is nullable, or has a default of the server's own."""
    with empty.connect() as connection:
        # Nothing before the renames of 0017 was released.
        command.upgrade(alembic_config(connection), "0017")
        connection.commit()
        before = columns(connection)
        command.upgrade(alembic_config(connection), "head")
        connection.commit()
        after = columns(connection)
    old_tables = {table for table, _ in before}
    added = {place for place in after if place not in before and place[0] in old_tables}
    assert {place for place in added if not after[place]} == set()
    assert before.keys() - after.keys() == set(), "what was there is there"


def columns(connection: Connection) -> dict[tuple[str, str], bool]:
    """Every column, and whether a row can be inserted without it."""
    query = text("""
        SELECT table_name, column_name,
               is_nullable = 'YES' OR column_default IS NOT NULL OR is_identity = 'YES' AS optional
        FROM information_schema.columns WHERE table_schema = 'public'
    """)
    return {(row.table_name, row.column_name): row.optional for row in connection.execute(query)}


_SPOKEN_BEFORE = """
    INSERT INTO podcast (id, url_key, feed_url, title, description, author, type, state, added_at)
    VALUES (1, 'a', 'a', '', '', '', '', 'active', now());
    INSERT INTO episode (id, podcast_id, identity, title, description, author, type,
                         first_seen_at, counted_on, content_hash)
    VALUES (1, 1, 'a', '', '', '', '', now(), '2026-01-01', '');
    INSERT INTO speaker (id, episode_id, label, role, source, method, reason, version, confidence,
                         evidence, appearances, spoken_ms)
    VALUES (1, 1, 'Ann', '', '', '', '', 0, 0, '', 3, 10), (2, 1, 'Bob', '', '', '', '', 0, 0, '',
            0, 0);
    INSERT INTO appearance (episode_id, speaker_id, fingerprint, ordinal, position, start_ms,
                            end_ms, text)
    VALUES (1, 1, 1, 0, 0, 0, 10, 'für'), (1, 1, 2, 0, 1, 5, 5, 'gone'),
           (1, 1, 3, 0, 2, NULL, NULL, 'too');
    UPDATE change SET version = 7;
"""


def test_migration_of_timed_characters_notes_no_change(
    empty: Engine,
) -> None:
    with empty.begin() as connection:
        command.upgrade(alembic_config(connection), "0015")
        connection.execute(text(_SPOKEN_BEFORE))
        command.upgrade(alembic_config(connection), "0017")
        characters = connection.execute(text("SELECT timed_characters FROM speaker ORDER BY id"))
        assert characters.scalars().all() == [3, 0]
        assert connection.execute(
            text("SELECT DISTINCT version FROM change_log")
        ).scalars().all() == [7]
        connection.execute(text("UPDATE speaker SET label = 'Anne' WHERE id = 1"))
        assert connection.execute(text("SELECT max(version) FROM change_log")).scalar_one() > 7


_WORK_BEFORE = """
    INSERT INTO job (kind, subject, stage, force, priority, state, attempts, worker_losses,
                     republished, run_after, created_at, outcome)
    VALUES ('parse', 1, 'fetch', false, 5, 'waiting', 0, 0, 0, now(), now(), NULL),
           ('parse', 2, 'people', false, 5, 'done', 1, 0, 0, now(), now(), 'degraded');
    INSERT INTO reingest_request (id, scope, stage, state, reason, message, requested_by, jobs,
                                  created_at)
    VALUES ('r', '{"all": true}', 'parse', 'cancelled', '', '', '', 0, now());
    INSERT INTO queue_pause (name, state, since, requested_by) VALUES ('poll', 'paused', now(), '');
"""


def test_migration_of_states_keeps_rows_and_refuses_others(empty: Engine) -> None:
    with empty.begin() as connection:
        command.upgrade(alembic_config(connection), "0017")
        connection.execute(text(_WORK_BEFORE.replace(":", "\\:")))
        command.upgrade(alembic_config(connection), "0018")
    with Session(empty) as session:
        jobs = session.exec(select(Job).order_by(col(Job.id))).all()
        assert [(job.state, job.stage, job.outcome) for job in jobs] == [
            (JobState.waiting, Stage.fetch, None),
            (JobState.done, Stage.people, Outcome.degraded),
        ]
        assert all(isinstance(job.state, JobState) for job in jobs)
        assert session.exec(select(ReingestRequest.state)).one() is RequestState.cancelled
        assert session.exec(select(QueuePause.state)).one() is QueueState.paused
    for table, column in (("job", "outcome"), ("reingest_request", "state")):
        with pytest.raises(IntegrityError, match=f"{table}_{column}"), empty.begin() as connection:
            connection.exec_driver_sql(f"UPDATE {table} SET {column} = 'unheard-of'")  # noqa: S608


def test_checks_of_the_database_are_those_of_the_models(empty: Engine) -> None:
    """They are not part of what Alembic compares."""
    migrate(empty)
    migrated = _members_by_check(empty)
    with empty.begin() as connection:
        SQLModel.metadata.drop_all(connection)
        SQLModel.metadata.create_all(connection)
    assert migrated == _members_by_check(empty)


def _members_by_check(engine: Engine) -> dict[str, str]:
    """The CHECKs of columns with members, by name."""
    query = text("""
        SELECT conname, pg_get_constraintdef(oid) AS definition FROM pg_constraint
        WHERE contype = 'c' AND pg_get_constraintdef(oid) LIKE '%= ANY%'
    """)
    with engine.connect() as connection:
        return {row.conname: row.definition for row in connection.execute(query)}


_MERGED_BEFORE = """
    INSERT INTO podcast (id, url_key, feed_url, title, description, author, type, state,
                         duplicate_of, added_at)
    VALUES (1, 'a', 'a', '', '', '', '', 'duplicate', 2, now()),
           (2, 'b', 'b', '', '', '', '', 'duplicate', 3, now()),
           (3, 'c', 'c', '', '', '', '', 'active', NULL, now()),
           (4, 'd', 'd', '', '', '', '', 'active', 3, now()),
           (5, 'e', 'e', '', '', '', '', 'duplicate', 6, now()),
           (6, 'f', 'f', '', '', '', '', 'duplicate', 5, now()),
           (7, 'g', 'g', '', '', '', '', 'removed', 3, now());
    INSERT INTO episode (id, podcast_id, identity, title, description, author, type,
                         first_seen_at, stats_date, content_hash, duplicate_of, origin_podcast_id)
    VALUES (1, 3, 'guid:own', '', '', '', '', now(), '2026-01-01', '', NULL, NULL),
           (2, 2, 'guid:own', '', '', '', '', now(), '2026-01-01', '', 1, NULL),
           (3, 3, 'guid:x of 2', '', '', '', '', now(), '2026-01-01', '', NULL, 2),
           (4, 3, 'guid:y', '', '', '', '', now(), '2026-01-01', '', NULL, 2),
           (5, 2, 'guid:y', '', '', '', '', now(), '2026-01-01', '', 4, NULL),
           (6, 5, 'guid:z', '', '', '', '', now(), '2026-01-01', '', NULL, 6);
"""


def test_merges_of_earlier_versions_become_rows(empty: Engine) -> None:
    """Chains, circles, and a podcast that was added again while it was a duplicate."""
    with empty.begin() as connection:
        command.upgrade(alembic_config(connection), "0018")
        connection.execute(text(_MERGED_BEFORE))
        command.upgrade(alembic_config(connection), "head")
        podcasts = connection.execute(text("SELECT id, state, duplicate_of FROM podcast"))
        assert {row.id: (row.state, row.duplicate_of) for row in podcasts} == {
            1: ("duplicate", 3),
            2: ("duplicate", 3),
            3: ("active", None),
            4: ("duplicate", 3),
            5: ("active", None),
            6: ("duplicate", 5),
            7: ("removed", 3),
        }
        merges = connection.execute(
            text("SELECT podcast_id, survivor_id FROM podcast_merge ORDER BY 1")
        )
        assert [tuple(row) for row in merges] == [(1, 3), (2, 3), (4, 3), (6, 5), (7, 3)]
        taken = connection.execute(
            text("SELECT episode_id, same_as FROM merged_episode ORDER BY 1")
        )
        assert [tuple(row) for row in taken] == [(2, 1), (3, None), (4, None), (5, 4), (6, None)]
        identities = connection.execute(text("SELECT identity FROM episode ORDER BY id"))
        assert identities.scalars().all() == [
            "guid:own",
            "guid:own",
            "of 2:guid:x",
            "of 2:guid:y again 4",
            "guid:y",
            "of 6:guid:z",
        ]
        command.downgrade(alembic_config(connection), "0018")
