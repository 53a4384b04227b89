"""Makes a backup: all rows of one moment, in one ZIP file."""

import hashlib
import os
import zipfile
from importlib.metadata import version
from pathlib import Path

from pydantic import SecretStr

from models.database import Session, database_time, read_one_snapshot, transaction
from models.database.migrate import NEWEST_REVISION, present_revision
from models.settings import Settings, get_settings
from workers.backup.tables import StoredTable, copied_rows, sequences, stored_tables
from workers.backup.values import FORMAT, MANIFEST, BackupRefused, Manifest, TableRows

# Connections are of the place, not of the data; passwords and tokens are secrets anyway.
_URLS = ("database_url", "broker_url", "redis_url")


def make_backup(file: Path) -> Manifest:
    """Write all rows, as one snapshot sees them, to a new file that only its owner may read.

    The service may run meanwhile.

    Raises:
        BackupRefused: there is such a file already, or the schema is of another version.
    """
    unfinished = file.with_name(f"{file.name}.part")
    if file.exists():
        raise BackupRefused(f"{file} exists already")
    with transaction() as session, _new_file(unfinished) as archive:
        read_one_snapshot(session)
        manifest = _write(session, archive)
    unfinished.rename(file)
    return manifest


def _new_file(file: Path) -> zipfile.ZipFile:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    return zipfile.ZipFile(os.fdopen(descriptor, "wb"), "w", zipfile.ZIP_DEFLATED, compresslevel=6)


def _write(session: Session, archive: zipfile.ZipFile) -> Manifest:
    revision = present_revision(session.connection())
    if revision != NEWEST_REVISION:
        raise BackupRefused(
            f"the schema is at revision {revision}, and this version makes backups of "
            f"{NEWEST_REVISION}: overheard migrate"
        )
    tables = tuple(_write_table(session, archive, table) for table in stored_tables(session))
    manifest = Manifest(
        format=FORMAT,
        version=version("overheard"),
        revision=revision,
        made_at=database_time(session).isoformat(),
        settings=public_settings(get_settings()),
        tables=tables,
        sequences=sequences(session),
    )
    archive.writestr(MANIFEST, manifest.to_json())
    return manifest


def _write_table(session: Session, archive: zipfile.ZipFile, table: StoredTable) -> TableRows:
    digest, rows = hashlib.sha256(), 0
    with archive.open(table.name, "w", force_zip64=True) as entry:
        for line in copied_rows(session, table):
            entry.write(line)
            digest.update(line)
            rows += 1
    return TableRows(table.name, tuple(table.columns), rows, digest.hexdigest())


def public_settings(settings: Settings) -> dict[str, str]:
    """The settings that differ from their defaults, without secrets and connections."""
    return {
        name: str(value)
        for name, value in settings.model_dump(mode="json", exclude_defaults=True).items()
        if name not in _URLS and not isinstance(getattr(settings, name), SecretStr)
    }
