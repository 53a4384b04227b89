"""Restores a backup into an empty database, and compares all rows before it commits."""

import hashlib
import zipfile
import zlib
from pathlib import Path

from psycopg import sql

from models.database import Session, transaction
from models.database.migrate import NEWEST_REVISION
from models.database.sql import driver_connection, execute, fetch_value, fetch_values
from workers.backup.tables import StoredTable, copied_rows, stored_tables
from workers.backup.values import MANIFEST, BackupRefused, Manifest, TableRows

_PIECE_BYTES = 1 << 20

# A database with rows in one of these belongs to a service; migrations themselves write to others.
_CONTENT = ("podcast", "person", "job", "account", "api_key")
_OTHERS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND backend_type = 'client backend'
"""


def verified_manifest(file: Path) -> Manifest:
    """Read a whole backup and compare it with its digests.

    Raises:
        BackupRefused: it is damaged, or of another version.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            manifest = Manifest.from_json(archive.read(MANIFEST))
            for table in manifest.tables:
                _verify(archive, table)
    except (OSError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise BackupRefused(f"{file} is damaged, or no backup: {error}") from error
    if manifest.revision != NEWEST_REVISION:
        raise BackupRefused(
            f"{file} is of schema {manifest.revision} (Overheard {manifest.version}), and this "
            f"version restores {NEWEST_REVISION}: restore it with that version, then upgrade"
        )
    return manifest


def _verify(archive: zipfile.ZipFile, table: TableRows) -> None:
    digest = hashlib.sha256()
    with archive.open(table.name) as entry:
        while piece := entry.read(_PIECE_BYTES):
            digest.update(piece)
    if digest.hexdigest() != table.digest:
        raise BackupRefused(f"damaged: the rows of {table.name} are not those that were saved")


def restore_backup(file: Path, manifest: Manifest) -> None:
    """Load all rows into an empty, migrated database, in one transaction.

    Raises:
        BackupRefused: the database is in use, has rows, or lacks a table or column; or a row came
            out otherwise than it went in. Nothing was written.
    """
    with transaction() as session, zipfile.ZipFile(file) as archive:
        tables = {table.name: table for table in stored_tables(session)}
        execute(session, "SET CONSTRAINTS ALL IMMEDIATE")
        _require_unused(session)
        _require_same_tables(tables, manifest)
        saved = {table.name: table for table in manifest.tables}
        for name, table in tables.items():
            _load(session, archive, table, saved[name])
        for name, table in tables.items():
            _compare(session, table, saved[name])
        for name, value in manifest.sequences.items():
            _set_sequence(session, name, value)


def _require_unused(session: Session) -> None:
    for name in _CONTENT:
        query = sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(name))
        if driver_connection(session).execute(query).fetchone() == (True,):
            raise BackupRefused(f"the database is not empty ({name} has rows): create another one")
    if others := fetch_value(session, _OTHERS):
        raise BackupRefused(f"the database is in use ({others} connections): stop the service")


def _require_same_tables(tables: dict[str, StoredTable], manifest: Manifest) -> None:
    here = {name: sorted(table.columns) for name, table in tables.items()}
    there = {table.name: sorted(table.columns) for table in manifest.tables}
    if here != there:
        different = sorted(name for name in {*here, *there} if here.get(name) != there.get(name))
        raise BackupRefused(f"the tables are not the same: {', '.join(different)}")


def _load(session: Session, archive: zipfile.ZipFile, table: StoredTable, saved: TableRows) -> None:
    """Copy rows in without our triggers: what they would write is in the backup."""
    name = sql.Identifier(table.name)
    columns = sql.SQL(", ").join(map(sql.Identifier, saved.columns))
    connection = driver_connection(session)
    connection.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(name))
    connection.execute(sql.SQL("DELETE FROM {}").format(name))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(name, columns)
    with archive.open(table.name) as entry, connection.cursor().copy(statement) as copy:
        while piece := entry.read(_PIECE_BYTES):
            copy.write(piece)
    connection.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(name))


def _compare(session: Session, table: StoredTable, saved: TableRows) -> None:
    digest = hashlib.sha256()
    ordered = StoredTable(table.name, list(saved.columns), table.key, table.parents)
    for line in copied_rows(session, ordered):
        digest.update(line)
    if digest.hexdigest() != saved.digest:
        raise BackupRefused(f"the rows of {table.name} came out otherwise than they went in")


def _set_sequence(session: Session, name: str, value: int) -> None:
    query = "SELECT setval(CAST(:name AS regclass), greatest(:value, 1), :value > 0)"
    fetch_values(session, query, {"name": f"public.{name}", "value": value})
