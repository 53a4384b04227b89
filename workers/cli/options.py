"""Arguments and options that several commands share."""

import getpass
import socket
from typing import Annotated, NoReturn

import typer

from workers.cli.output import print_error

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Limit = Annotated[int, typer.Option(min=0, help="Maximum number of rows; 0 shows all.")]
OfPodcast = Annotated[
    str | None, typer.Option("--podcast", help="Only this podcast: its title, feed URL or id.")
]
InPodcast = Annotated[
    str | None, typer.Option("--podcast", help="In this podcast: its title, feed URL or id.")
]
InEpisode = Annotated[int | None, typer.Option("--episode", help="In this episode, by id.")]
PodcastName = Annotated[str, typer.Argument(metavar="PODCAST", help="Title, feed URL or id.")]
PodcastNames = Annotated[
    list[str], typer.Argument(metavar="PODCAST…", help="Titles, feed URLs or ids.")
]
FeedUrls = Annotated[list[str], typer.Argument(metavar="LINK…", help="Feed URLs or other links.")]
PersonName = Annotated[str, typer.Argument(metavar="PERSON", help="Slug or name.")]
Reason = Annotated[str, typer.Option("--reason", help="The reason, for the decision log.")]
Actor = Annotated[
    str, typer.Option("--actor", help="Who decides. Default: the current user and host.")
]
Reveal = Annotated[
    bool, typer.Option("--reveal", help="Show the URLs of private podcasts, with their secrets.")
]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Do not wait for the jobs.")]


def fail(message: str) -> NoReturn:
    """Print a message on standard error and end the command with exit code 1."""
    print_error(message)
    raise typer.Exit(1)


def current_actor() -> str:
    """The user and host that run this command, for the rows that record it."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in a container
        user = "unknown"
    return f"{user}@{socket.gethostname()}"


def podcast_id_of(name: str) -> int:
    """The id of a podcast; ends the command if none, or several, have the name."""
    from models.database import in_transaction  # noqa: PLC0415  `logs` often needs no database
    from workers.cli.named_podcasts import UnclearName, named_podcast_id  # noqa: PLC0415

    try:
        return in_transaction(named_podcast_id, name)
    except UnclearName as unclear:
        fail(str(unclear))


def optional_podcast_id(name: str | None) -> int | None:
    """The id of the podcast that an option names; None without the option."""
    return None if name is None else podcast_id_of(name)
