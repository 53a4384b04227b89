"""The command that does the whole job once: ingest."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from models.database import database_time, in_transaction
from models.queries.people import people
from tasks.podcasts.store.add import AddResult, add_by_url
from tasks.podcasts.store.due_times import poll_now
from workers.cli.feed_list import read_feed_list
from workers.cli.options import Json, NoWait
from workers.cli.output import print_error, show
from workers.cli.run_work import run_until_done
from workers.local.service import service


def ingest(
    sources: Annotated[
        list[str], typer.Argument(metavar="FEED…|OPML", help="Feed URLs, or OPML files.")
    ],
    no_wait: NoWait = False,
    as_json: Json = False,
) -> None:
    """Add feeds, poll them, ingest all episodes, and show who speaks."""
    urls = [url for source in sources for url in _urls(source)]
    with service() as servers:
        since = in_transaction(database_time)
        results = [in_transaction(add_by_url, url) for url in urls]
        refused = _print_refused(results)
        podcast_ids = sorted({result.podcast_id for result in results if result.podcast_id})
        in_transaction(poll_now, podcast_ids)
        failed = run_until_done(servers, podcast_ids, since, no_wait=no_wait)
        if not no_wait:
            rows = in_transaction(people, limit=0 if as_json else 25)
            show(rows, ("name", "appearances", "episodes", "podcasts", "seconds"), as_json=as_json)
    if failed or refused:
        raise typer.Exit(1)


def _urls(source: str) -> list[str]:
    if "://" in source:
        return [source]
    entries = read_feed_list(Path(source))
    for entry in entries:
        if entry.problem:
            print_error(f"refused: {source} line {entry.line}: {entry.problem}")
    return [entry.feed_url for entry in entries if not entry.problem]


def _print_refused(results: Sequence[AddResult]) -> bool:
    refused = [result for result in results if result.result == "refused"]
    for result in refused:
        print_error(f"refused: {result.feed_url}: {result.reason}: {result.message}")
    return bool(refused)
