"""Commands about episodes: list, show."""

from dataclasses import replace
from typing import Annotated

import typer

from models.database import in_transaction
from models.queries import people, podcasts
from models.queries.episode_history import PastEpisode, PastTranscript, episode_history
from models.queries.shown import revealed
from tasks.http.redaction import public_url
from workers.cli.options import Json, Limit, OfPodcast, Reveal, fail, optional_podcast_id
from workers.cli.output import FOLLOW_FIRST, as_record, console, print_json, print_table, show
from workers.local.service import service


def list_episodes(podcast: OfPodcast = None, limit: Limit = 50, as_json: Json = False) -> None:
    """List episodes and the state of each."""
    with service(broker=False):
        podcast_id = optional_podcast_id(podcast)
        rows = in_transaction(podcasts.episodes, podcast_id=podcast_id, limit=limit)
    columns = ("id", "title", "published_at", "state", "reason", "appearances")
    show(rows, columns, as_json=as_json, limit=limit, next_step=FOLLOW_FIRST)


def show_episode(
    episode: Annotated[int, typer.Argument(metavar="EPISODE", help="The episode, by id.")],
    reveal: Reveal = False,
    as_json: Json = False,
) -> None:
    """Show an episode: its transcripts and speakers.

    `overheard explain` tells what happened to it and what happens next.
    """
    with service(broker=False):
        history = in_transaction(revealed(episode_history) if reveal else episode_history, episode)
        speakers = in_transaction(people.speakers, episode_id=episode)
    if history is None:
        fail(f"no such episode: {episode}")
    transcripts = history.transcripts
    if not reveal:
        transcripts = [replace(row, url=public_url(row.url)) for row in transcripts]
    if as_json:
        print_json({"episode": history.episode, "transcripts": transcripts, "speakers": speakers})
    else:
        _print_episode(history.episode, transcripts, speakers)


def _print_episode(
    episode: PastEpisode, transcripts: list[PastTranscript], speakers: list[people.ListedSpeaker]
) -> None:
    console.print(episode.title, style="bold", markup=False, highlight=False)
    shown = [
        {"field": name.replace("_", " "), "value": value}
        for name, value in as_record(episode).items()
        if value is not None
    ]
    print_table(shown, ("field", "value"))
    if transcripts:
        print_table(transcripts, list(as_record(transcripts[0])), title="transcripts")
    columns = ("label", "person", "method", "reason", "status", "appearances")
    print_table(speakers, columns, title="speakers")
