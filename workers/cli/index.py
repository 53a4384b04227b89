"""Commands that keep the search index, and build it anew."""

import os
import signal
import threading
from types import FrameType
from typing import Annotated

import typer

from models.database import engine, in_transaction
from models.queries.changes import begin_epoch
from tasks.search.indexer import AlreadyRebuilding, rebuild_index, run_indexer
from workers.cli.output import errors
from workers.local.index_folder import search_folder
from workers.local.service import service
from workers.logging.configure import configure_logs

# Reading podcasts comes first: an index may be a moment behind, and says so.
_NICE = 5

search_app = typer.Typer(help="The search index: kept, and built anew.", no_args_is_help=True)


@search_app.command("keep")
def keep() -> None:
    """Keep the index in step with the rows until SIGTERM; a second one waits for its turn."""
    configure_logs()
    engine()  # or DatabaseMissing: each of its steps would fail
    os.nice(_NICE)
    ended = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    run_indexer(search_folder(), ended)


@search_app.command("rebuild")
def rebuild(
    restored: Annotated[
        bool,
        typer.Option("--restored", help="The database was restored: all who follow changes too."),
    ] = False,
) -> None:
    """Build the index anew from the rows; it is searched and kept in step meanwhile."""
    with service():
        if restored:
            in_transaction(begin_epoch)
        try:
            episodes, segments = rebuild_index(search_folder())
        except AlreadyRebuilding as error:
            errors.print(str(error), highlight=False)
            raise typer.Exit(1) from None
    typer.echo(f"indexed {segments:,} segments of {episodes:,} episodes")
