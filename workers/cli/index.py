"""Commands about the search index: status, rebuild."""

from typing import Annotated

import typer

from models.database import in_transaction
from models.queries.changes import begin_epoch
from tasks.search.index_searcher import IndexMissing
from tasks.search.index_status import index_status
from tasks.search.indexer import AlreadyRebuilding, rebuild_index
from workers.cli.options import Json, fail
from workers.cli.output import print_json
from workers.local.index_folder import search_folder
from workers.local.service import service
from workers.words import count


def status(as_json: Json = False) -> None:
    """Show the size of the index and how far it is behind."""
    with service(broker=False):
        try:
            current = in_transaction(index_status, search_folder())
        except IndexMissing as error:
            fail(f"no search: {error}")
    if as_json:
        print_json({"segments": current.segments, "behind": current.behind})
    else:
        typer.echo(
            f"{count(current.segments, 'segment')}, {count(current.behind, 'episode')} to index"
        )


def rebuild(
    restored: Annotated[
        bool,
        typer.Option(
            "--restored",
            help="Use after a restore of the database: clients of the change feed start over.",
        ),
    ] = False,
) -> None:
    """Rebuild the index from the rows; searches go on meanwhile."""
    with service(broker=False):
        if restored:
            in_transaction(begin_epoch)
        try:
            episodes, segments = rebuild_index(search_folder())
        except AlreadyRebuilding as error:
            fail(str(error))
    typer.echo(f"indexed {count(segments, 'segment')} of {count(episodes, 'episode')}")
