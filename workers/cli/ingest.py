"""The command that does the whole job once: ingest."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from models.database import database_time, in_transaction
from models.queries.people import people
from models.queries.silent_podcasts import silent_podcasts
from tasks.podcasts.store.add import AddResult, add_by_url
from tasks.podcasts.store.due_times import poll_now
from workers.cli.feed_list import read_feed_list
from workers.cli.options import Json, NoWait
from workers.cli.output import print_error, show
from workers.cli.run_work import run_until_done
from workers.local.service import service
from workers.words import count

SHOWN = 25


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
            _print_silent(podcast_ids)
            _print_people(as_json=as_json)
    if failed or refused:
        raise typer.Exit(1)


def _print_silent(podcast_ids: Sequence[int]) -> None:
    for silent in in_transaction(silent_podcasts, podcast_ids):
        episodes = count(silent.episodes, "episode")
        name = silent.title or f"podcast {silent.podcast_id}"
        print_error(f"{name}: {episodes}, none with a transcript: nobody is counted")


def _print_people(*, as_json: bool) -> None:
    """All people of this service, or the first of them as a table."""
    found = in_transaction(people)
    title = f"People by appearances in all podcasts, {min(SHOWN, len(found))} of {len(found):,}"
    columns = ("name", "appearances", "episodes", "podcasts", "seconds")
    show(found if as_json else found[:SHOWN], columns, as_json=as_json, title=title)


def _urls(source: str) -> list[str]:
    if "://" in source or not (Path(source).exists() or _is_path(source)):
        return [source if "://" in source else f"https://{source}"]
    entries = read_feed_list(source)
    for entry in entries:
        if entry.problem:
            print_error(f"refused: {source} line {entry.line}: {entry.problem}")
    urls = [entry.feed_url for entry in entries if not entry.problem]
    return [url if "://" in url else f"https://{url}" for url in urls]


def _is_path(source: str) -> bool:
    """Whether this is the path of a file that is not there, and not an address like example.com."""
    return source.startswith((".", "/", "~")) or Path(source).suffix in {".opml", ".xml", ".txt"}


def _print_refused(results: Sequence[AddResult]) -> bool:
    refused = [result for result in results if result.result == "refused"]
    for result in refused:
        print_error(f"refused: {result.feed_url}: {result.reason}: {result.message}")
    return bool(refused)
