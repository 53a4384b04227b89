"""The command that shows how much speech is attributed."""

from typing import Annotated

import typer

from models.database import in_transaction
from models.queries.coverage import unknown_by_episode, unknown_by_podcast
from workers.cli.options import Json, Limit, OfPodcast, optional_podcast_id
from workers.cli.output import Row, as_records, show
from workers.local.service import service

_COLUMNS = ("id", "title", "appearances", "named", "quarantined", "unknown")


def coverage(
    podcast: OfPodcast = None,
    episodes: Annotated[
        bool, typer.Option("--episodes", help="List episodes instead, least attributed first.")
    ] = False,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """Show how much speech is named, unknown and in quarantine."""
    query = unknown_by_episode if episodes else unknown_by_podcast
    with service(broker=False):
        rows = as_records(in_transaction(query, optional_podcast_id(podcast)))
    if episodes:
        rows.sort(key=lambda row: (-row["unknown"] / max(row["appearances"], 1), row["id"]))
    rows = rows[: limit or None]
    show(rows if as_json else [_as_shares(row) for row in rows], _COLUMNS, as_json=as_json)


def _as_shares(row: Row) -> Row:
    total = max(row["appearances"], 1)
    return row | {part: f"{row[part] / total:.1%}" for part in ("named", "quarantined", "unknown")}
