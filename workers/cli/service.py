"""Commands that run the service here, stop it, and migrate its database."""

import os
import subprocess
import sys
from typing import Annotated

import typer

from models.settings import get_settings
from workers.local.embedded.directory import default_data_dir
from workers.local.processes import command_line, service_processes
from workers.local.service import service
from workers.local.supervisor import Supervisor
from workers.logging.folder import local_logs


def up(
    pages: Annotated[
        bool, typer.Option(help="Serve the pages and update the search index, too.")
    ] = True,
) -> None:
    """Run the whole service here: servers, migrations, workers, beat, pages.

    Ctrl-C or SIGTERM stops it in order; a second one stops it at once.
    """
    with service(migrated=False) as servers:
        _migrate_in_a_process()
        watch = servers.ensure_running if servers else None
        os.environ.setdefault("OVERHEARD_LOG_DIR", str(local_logs()))
        code = Supervisor(service_processes(pages=pages)).run(watch=watch, on_ready=_say_up)
    raise typer.Exit(code)


def _migrate_in_a_process() -> None:
    """Migrate in a process of its own: this one stays, and need not load SQLAlchemy for it."""
    ended = subprocess.run(command_line("migrate", "--quiet"), check=False)
    if ended.returncode:
        raise typer.Exit(ended.returncode)


def _say_up() -> None:
    typer.echo("Overheard is up; Ctrl-C stops it. Add a podcast: overheard podcasts add URL")
    sys.stdout.flush()


def down() -> None:
    """Stop the embedded servers, even if they are in use."""
    from workers.local.embedded.servers import down as stop_servers  # noqa: PLC0415

    data_dir = get_settings().data or default_data_dir()
    typer.echo("stopped" if stop_servers(data_dir) else "nothing was running")


def migrate(
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")] = False,
) -> None:
    """Migrate the database to this version's schema.

    It is safe from several places at once. Settings of fetching are checked, too: this is what
    every deployment runs first, and a worker would fail at each of its tasks.
    """
    from models.database import engine  # noqa: PLC0415  `up` is in this module, and stays small
    from models.database.migrate import NEWEST_REVISION  # noqa: PLC0415
    from models.database.migrate import migrate as migrate_database  # noqa: PLC0415
    from tasks.http.settings import guard  # noqa: PLC0415

    guard(get_settings())
    with service(migrated=False):
        before = migrate_database(engine())
    if quiet:
        return
    same = before == NEWEST_REVISION
    typer.echo(f"schema at {before}" if same else f"schema {before or 'new'} -> {NEWEST_REVISION}")
