"""Backup and restore of a database with everything in it: all rows the same, or nothing written."""

import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from models import get_settings
from models.database import Session, engine, forget_engine, in_transaction
from models.database.migrate import migrate
from models.tables.account import Role
from tasks.auth.store.accounts import add_account
from tasks.identity import decisions
from tests.factories import NOW, add_episode, add_podcast, new_episode, one, spoken, store
from tests.integration.commands import Run, run
from tests.servers.postgres import fresh_database
from workers.backup.make import public_settings
from workers.backup.tables import copied_rows, stored_tables
from workers.local.embedded import ServerUrls

__all__ = ["run"]

# A restore begins a new history: clients of the change feed start over.
EPOCH = ("change_epoch", "change_log")

TALK = spoken("Ann Smith: Hello, tab\there, \\N and\nmore.", "Bob Jones: Zoë 🎙", "Ann Smith: Well.")


@pytest.fixture
def stored(database: str) -> None:
    """People, decisions, jobs, an account, and a private feed."""
    del database
    in_transaction(store, new_episode(transcripts=["https://one.example/1.vtt"]), TALK)
    in_transaction(store, in_transaction(lambda s: add_episode(s, add_podcast(s))), TALK)
    person = one("SELECT id FROM person WHERE slug = 'ann-smith'")
    in_transaction(decisions.decide, "suppress", "ann", "she asked", now=NOW, person_id=person)
    in_transaction(add_account, "ann", "a long password of hers", Role.operator, NOW)


@pytest.fixture
def empty(server_urls: ServerUrls, worker_number: int, stored: None) -> Iterator[str]:
    """The URL of another database, which is not migrated yet."""
    del stored
    with fresh_database(server_urls.database_url, f"restored_{worker_number}") as url:
        yield url


def use(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVERHEARD_DATABASE_URL", url)
    engine().dispose()
    get_settings.cache_clear()
    forget_engine()


def everything() -> dict[str, list[bytes]]:
    """The rows of every table as text, but for the change feed."""

    def read(session: Session) -> dict[str, list[bytes]]:
        tables = [table for table in stored_tables(session) if table.name not in EPOCH]
        return {table.name: list(copied_rows(session, table)) for table in tables}

    return in_transaction(read)


def test_restored_database_has_the_same_rows(
    run: Run, empty: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database: str
) -> None:
    file = tmp_path / "all.backup"
    saved = run("backup", file)
    assert saved.code == 0, saved.err
    assert "saved" in saved.out
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = everything()
    use(empty, monkeypatch)
    restored = run("restore", file)
    assert restored.code == 0, restored.err
    assert "recount: 0 differences" in restored.out
    assert everything() == before
    assert sum(map(len, before.values())) > 20
    new = in_transaction(add_podcast)  # sequences go on behind the restored rows
    assert new > max(int(line.split(b"\t")[0]) for line in before["podcast"])
    use(database, monkeypatch)


def test_restore_refuses_database_with_rows(run: Run, stored: None, tmp_path: Path) -> None:
    del stored
    file = tmp_path / "all.backup"
    assert run("backup", file).code == 0
    before = everything()
    refused = run("restore", file)
    assert (refused.code, "is not empty" in refused.printed) == (1, True)
    assert everything() == before
    assert "exists already" in run("backup", file).printed


def test_restore_refuses_database_in_use(
    run: Run, empty: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database: str
) -> None:
    file = tmp_path / "all.backup"
    assert run("backup", file).code == 0
    use(empty, monkeypatch)
    migrate(engine())
    with engine().connect() as other:
        other.exec_driver_sql("SELECT 1")
        refused = run("restore", file)
    assert (refused.code, "is in use" in refused.printed) == (1, True)
    assert one("SELECT count(*) FROM podcast") == 0
    use(database, monkeypatch)


def with_another_byte(file: Path) -> bytes:
    """The backup with one byte of the compressed segments changed."""
    with zipfile.ZipFile(file) as archive:
        entry = archive.getinfo("appearance")
    data = bytearray(file.read_bytes())
    data[entry.header_offset + 30 + len("appearance") + 20 + entry.compress_size // 2] ^= 0xFF
    return bytes(data)


@pytest.mark.parametrize("damage", ["cut", "byte", "text", "empty"])
def test_damaged_backup_is_refused_before_a_write(
    run: Run, stored: None, tmp_path: Path, damage: str
) -> None:
    del stored
    file = tmp_path / "all.backup"
    assert run("backup", file).code == 0
    whole = file.read_bytes()
    damaged = {
        "cut": whole[: len(whole) // 2],
        "byte": with_another_byte(file),
        "text": b"no backup",
        "empty": b"",
    }
    file.write_bytes(damaged[damage])
    refused = run("restore", file)
    assert refused.code == 1
    assert "damaged" in refused.printed
    assert "not empty" not in refused.printed


def test_backup_names_settings_without_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (
        ("DATABASE_URL", "postgresql://ann:pw-one@host/name"),
        ("REDIS_URL", "redis://:pw-two@host"),
        ("METRICS_TOKEN", "pw-three"),
        ("POLL_BATCH", "7"),
    ):
        monkeypatch.setenv(f"OVERHEARD_{name}", value)
    get_settings.cache_clear()
    shown = public_settings(get_settings())
    get_settings.cache_clear()
    assert shown["poll_batch"] == "7"
    assert "pw-" not in str(shown)
