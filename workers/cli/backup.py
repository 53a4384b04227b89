"""Commands that back up all rows to a file, and restore them."""

from pathlib import Path
from typing import Annotated

import typer

from models.database import in_transaction
from models.queries.changes import begin_epoch
from tasks.counts.store.recount import recount
from tasks.speakers.store.attribution import check_attributions
from workers.backup.make import make_backup
from workers.backup.restore import restore_backup, verified_manifest
from workers.backup.values import BackupRefused, Manifest
from workers.cli.options import fail
from workers.local.service import service
from workers.words import count

BackupFile = Annotated[Path, typer.Argument(metavar="FILE", help="The backup file.")]


def backup(file: BackupFile) -> None:
    """Save all rows and settings to a new file; the service may be running.

    Everything else (queues, the search index) can be rebuilt from the rows. Passwords in settings
    are not saved. The file contains everything that is in the database: protect it equally well.
    """
    with service(broker=False):
        try:
            manifest = make_backup(file)
        except BackupRefused as refused:
            fail(str(refused))
        except OSError as error:
            fail(f"{file}: {error.strerror}")
    typer.echo(f"saved {_rows(manifest)} to {file} ({file.stat().st_size:,} bytes)")


def restore(file: BackupFile) -> None:
    """Restore a backup into an empty database, compare all rows, and verify the counts.

    A damaged backup, a database with rows, and one in use are refused before anything is written.
    """
    try:
        manifest = verified_manifest(file)
        with service(broker=False):
            restore_backup(file, manifest)
            in_transaction(begin_epoch)
            differences = in_transaction(recount, check_attributions).changed
    except BackupRefused as refused:
        fail(str(refused))
    typer.echo(f"restored {_rows(manifest)}: all rows are the same as in the backup")
    typer.echo(f"recount: {count(differences, 'difference')}")
    typer.echo("next: overheard index rebuild, or start the service, which rebuilds it")
    if manifest.settings:
        typer.echo("settings at the time of the backup: " + " ".join(_variables(manifest)))
    if differences:
        raise typer.Exit(1)


def _rows(manifest: Manifest) -> str:
    rows = sum(table.rows for table in manifest.tables)
    return f"{count(rows, 'row')} of {count(len(manifest.tables), 'table')}"


def _variables(manifest: Manifest) -> list[str]:
    return [f"OVERHEARD_{name.upper()}={value}" for name, value in manifest.settings.items()]
