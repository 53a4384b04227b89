"""Commands that run the service here, stop it, and migrate its database."""

import os
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from models.data_folder import default_data_dir
from models.settings import get_settings
from workers.local.embedded.servers import EmbeddedServers
from workers.local.only_service import only_service, stop_service
from workers.local.processes import command_line, for_terminal, service_processes
from workers.local.ready import free_port, local_host, wait_until_ready
from workers.local.service import service
from workers.local.supervisor import Supervisor
from workers.local.temporary_folder import use_own_temporary_folder
from workers.logging.folder import local_logs

if TYPE_CHECKING:
    from tenacity import Retrying


# Running tasks may finish, as in a deployment.
_STOP_SECONDS = 60.0
_UP = """
Overheard is up: {address}{first_account}{data}
  follow a podcast    {command} podcasts add URL
  see who speaks      {command} people list
  stop                Ctrl-C here, or: {command} down (pid {pid})
"""


def up(
    pages: Annotated[
        bool, typer.Option(help="Serve the pages and update the search index, too.")
    ] = True,
) -> None:
    """Run the whole service here: servers, migrations, workers, beat, pages.

    OVERHEARD_WEB_HOST and OVERHEARD_WEB_PORT say where the pages are.
    Ctrl-C or SIGTERM stops it in order; a second one stops it at once.
    """
    with service(migrated=False) as servers, _the_only_one(servers) as note_address:
        address = _choose_address() if pages else None
        note_address(address or "no pages")
        if servers:
            use_own_temporary_folder(servers.run_folder.parent)
        _migrate_in_a_process()
        os.environ.setdefault("OVERHEARD_LOG_DIR", str(local_logs()))
        supervisor = Supervisor(for_terminal(service_processes(pages=pages)))
        code = supervisor.run(
            watch=servers.watch if servers else None,
            on_start=lambda: _say_when_ready(supervisor, address),
        )
    raise typer.Exit(code)


def _the_only_one(servers: EmbeddedServers | None) -> AbstractContextManager[Callable[[str], None]]:
    """With servers of its own, a service is alone in its data folder."""
    return only_service(servers.run_folder) if servers else nullcontext(lambda _: None)


def _choose_address() -> str:
    """Put the port of the pages into the environment; the URL on this machine."""
    settings = get_settings()
    port = free_port(settings)
    os.environ["OVERHEARD_WEB_PORT"] = str(port)
    get_settings.cache_clear()
    return f"http://{local_host(settings)}:{port}/"


def _say_when_ready(supervisor: Supervisor, address: str | None) -> None:
    """Print one block when all processes work, from a thread: the main one waits for signals."""

    def say() -> None:
        pages = (local_host(get_settings()), get_settings().web_port) if address else None
        if wait_until_ready(("work", "ops"), pages, lambda: supervisor.is_stopping):
            account = _first_account() if address else ""
            shown = {"address": address or "without pages", "pid": os.getpid()}
            typer.echo(_UP.format(first_account=account, data=_data(), command=_command(), **shown))
            sys.stdout.flush()

    threading.Thread(target=say, name="say when ready", daemon=True).start()


def _first_account() -> str:
    """A line with the one-time link, while there is no account; made in a process of its own."""
    made = subprocess.run(
        command_line("accounts", "first-link"), check=False, capture_output=True, text=True
    )
    link = made.stdout.strip()
    return f"\n  create an account   by this link, which works once:\n  {link}" if link else ""


def _command() -> str:
    """What to type in another terminal, in the same folder, for this program."""
    program = Path(sys.argv[0])
    if program.suffix == ".py" or shutil.which(program.name) == str(program.absolute()):
        return "overheard"
    return os.path.relpath(program)


def _data() -> str:
    """A line that lets commands in another terminal find the data of this service."""
    folder = os.environ.get("OVERHEARD_DATA")
    return f"\n  elsewhere first     export OVERHEARD_DATA={shlex.quote(folder)}" if folder else ""


def _migrate_in_a_process() -> None:
    """Migrate in a process of its own: this one stays, and need not load SQLAlchemy for it."""
    ended = subprocess.run(command_line("migrate", "--quiet"), check=False)
    if ended.returncode:
        raise typer.Exit(ended.returncode)


def down() -> None:
    """Stop the service that `up` runs, and the embedded servers even if they are in use."""
    from workers.local.embedded.directory import open_data_dir  # noqa: PLC0415
    from workers.local.embedded.servers import down as stop_servers  # noqa: PLC0415

    data_dir = get_settings().data or default_data_dir()
    was_up = data_dir.exists() and stop_service(open_data_dir(data_dir).run, _STOP_SECONDS)
    was_running = stop_servers(data_dir) or was_up
    typer.echo("stopped" if was_running else "nothing was running")


def migrate(
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.")] = False,
    wait: Annotated[
        float, typer.Option(min=0, help="Seconds to wait for a database that is unavailable.")
    ] = 0,
) -> None:
    """Migrate the database to this version's schema.

    Several hosts may run it at once. It also tries settings that other processes use, because every
    deployment runs it first, and with invalid ones they would fail again and again.
    """
    from models.database.migrate import NEWEST_REVISION  # noqa: PLC0415  `up` stays small
    from models.database.owner import migrate_as_owner  # noqa: PLC0415
    from workers.local.preflight import try_settings  # noqa: PLC0415

    try_settings(get_settings())
    with service(migrated=False, broker=False):
        before = _patient(wait)(migrate_as_owner)
    if quiet:
        return
    same = before == NEWEST_REVISION
    typer.echo(f"schema at {before}" if same else f"schema {before or 'new'} -> {NEWEST_REVISION}")


def _patient(seconds: float) -> "Retrying":
    """Call again and again while the database is unavailable, for so many seconds."""
    from tenacity import (  # noqa: PLC0415
        RetryCallState,
        Retrying,
        retry_if_exception,
        stop_after_delay,
        wait_fixed,
    )

    from models.database.errors import is_unavailable, summarize_error  # noqa: PLC0415

    def say_once(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if state.attempt_number == 1 and error:
            typer.echo(f"waiting for the database: {summarize_error(error)}", err=True)

    return Retrying(
        retry=retry_if_exception(is_unavailable),
        stop=stop_after_delay(seconds),
        wait=wait_fixed(1),
        before_sleep=say_once,
        reraise=True,
    )
