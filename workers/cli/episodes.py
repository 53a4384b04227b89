"""Commands about episodes: list, show."""

from typing import Annotated

import typer

from models.database import in_transaction
from models.queries import people, podcasts
from models.queries.history import episode_facts
from tasks.http.redaction import public_url
from workers.cli.options import Json, Limit, OfPodcast, fail, optional_podcast_id
from workers.cli.output import Row, console, print_json, print_table, show
from workers.local.service import service


def list_episodes(podcast: OfPodcast = None, limit: Limit = 50, as_json: Json = False) -> None:
    """List episodes and the state of each."""
    with service():
        podcast_id = optional_podcast_id(podcast)
        rows = in_transaction(podcasts.episodes, podcast_id=podcast_id, limit=limit)
    columns = ("id", "title", "published_at", "state", "reason", "appearances")
    show(rows, columns, as_json=as_json)


def show_episode(
    episode: Annotated[int, typer.Argument(metavar="EPISODE", help="The episode, by id.")],
    as_json: Json = False,
) -> None:
    """Show an episode: its transcripts and speakers.

    `overheard explain` tells what happened to it and what happens next.
    """
    with service():
        facts = in_transaction(episode_facts, episode)
        speakers = in_transaction(people.speakers, episode_id=episode)
    if facts is None:
        fail(f"no such episode: {episode}")
    for transcript in facts["transcripts"]:
        transcript["url"] = public_url(transcript["url"])
    shown = {name: facts[name] for name in ("episode", "transcripts")} | {"speakers": speakers}
    if as_json:
        print_json(shown)
    else:
        _print_episode(shown)


def _print_episode(shown: Row) -> None:
    episode = shown["episode"]
    console.print(episode["title"], style="bold", markup=False, highlight=False)
    facts = [
        {"field": name.replace("_", " "), "value": value}
        for name, value in episode.items()
        if value is not None
    ]
    print_table(facts, ("field", "value"))
    if shown["transcripts"]:
        print_table(shown["transcripts"], list(shown["transcripts"][0]), title="transcripts")
    columns = ("label", "person", "method", "reason", "status", "appearances")
    print_table(shown["speakers"], columns, title="speakers")
