"""The command that lists speakers."""

from typing import Annotated

import typer

from models.database import in_transaction
from models.queries.people import speakers
from workers.cli.options import Json, Limit, OfPodcast, optional_podcast_id
from workers.cli.output import show
from workers.local.service import service

_COLUMNS = ("episode_guid", "label", "person", "method", "reason", "status", "appearances")


def list_speakers(
    podcast: OfPodcast = None,
    episode: Annotated[int | None, typer.Option(help="Only this episode, by id.")] = None,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """List speakers, and the person that each was resolved to."""
    with service(broker=False):
        podcast_id = optional_podcast_id(podcast)
        rows = in_transaction(speakers, podcast_id=podcast_id, episode_id=episode, limit=limit)
    show(rows, _COLUMNS, as_json=as_json)
