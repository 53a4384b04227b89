"""The command that lists transcribed episodes with their speech coverage."""

from typing import Annotated, Any

import typer

from models import get_settings
from models.database import in_transaction
from models.queries.heard_episodes import HeardEpisode, heard_episodes
from workers.cli.options import Json, Limit, OfPodcast, optional_podcast_id
from workers.cli.output import as_records, show
from workers.local.service import service

_COLUMNS = ("episode_id", "title", "podcast", "engine", "minutes", "speech_coverage", "left_out")


def list_episodes(
    podcast: OfPodcast = None,
    degraded: Annotated[
        bool, typer.Option("--degraded", help="Only those with too little speech coverage.")
    ] = False,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """List transcribed episodes with their speech coverage, the newest first."""
    below = get_settings().speech_min_coverage if degraded else None
    with service(broker=False):
        podcast_id = optional_podcast_id(podcast)
        found = in_transaction(heard_episodes, podcast_id=podcast_id, below=below, limit=limit)
    rows = _records(found) if as_json else [_readable(one) for one in found]
    show(rows, _COLUMNS, as_json=as_json)


def _records(found: list[HeardEpisode]) -> list[dict[str, Any]]:
    pairs = zip(as_records(found), found, strict=True)
    return [record | {"speech_coverage": one.speech_coverage} for record, one in pairs]


def _readable(one: HeardEpisode) -> dict[str, Any]:
    engine = one.engine or {}
    return {
        "episode_id": one.episode_id,
        "title": one.title,
        "podcast": one.podcast,
        "engine": f"{engine.get('name', '')} {engine.get('model', '')}".strip(),
        "minutes": round(one.audio_ms / 60_000, 1),
        "speech_coverage": "no speech"
        if one.speech_coverage is None
        else f"{one.speech_coverage:.1%}",
        "left_out": sum(one.left_out.values()),
    }
