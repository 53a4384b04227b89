"""The command that reads the local log files of the service."""

import json
from collections import deque
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from models import get_settings
from workers.cli.output import errors
from workers.cli.show import chosen_podcast
from workers.local.embedded.directory import default_data_dir
from workers.local.service import service
from workers.logging.configure import log_folder, renderer
from workers.logging.reader import Line, LogFolder, Wanted, moment


class Level(StrEnum):
    """The levels of lines, the least first."""

    debug = "debug"
    info = "info"
    warning = "warning"
    error = "error"


def local_logs() -> Path:
    """The folder of the local log files, also of a service that runs without a setting for it."""
    return log_folder(get_settings()) or default_data_dir() / "logs"


def logs(  # noqa: PLR0913, PLR0917  an option each
    podcast: Annotated[
        str | None, typer.Option(help="Lines about one podcast: its id, or its address.")
    ] = None,
    episode: Annotated[int | None, typer.Option(help="About one episode, by id.")] = None,
    job: Annotated[int | None, typer.Option(help="About one job, by id.")] = None,
    correlation: Annotated[
        str | None, typer.Option(help="What follows from one tick, command or request.")
    ] = None,
    event: Annotated[str | None, typer.Option(help="Only this event.")] = None,
    level: Annotated[Level, typer.Option(help="The least level.")] = Level.debug,
    since: Annotated[
        str | None, typer.Option(help="Since then: 10m, 2h, 3d, or 2026-01-31T03:00:00Z.")
    ] = None,
    lines: Annotated[int, typer.Option(min=0, help="The last so many; 0 is all.")] = 200,
    follow: Annotated[bool, typer.Option("--follow", help="Go on with what comes.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="An object a line.")] = False,
) -> None:
    """Show the local log lines of all processes of the service, in the order of time."""
    folder = local_logs()
    if not folder.is_dir():
        errors.print(f"no log files in {folder}", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1)
    keys = {
        "podcast_id": _podcast_id(podcast),
        "episode_id": episode,
        "job_id": job,
        "correlation_id": correlation,
        "event": event,
    }
    said = {key: str(value) for key, value in keys.items() if value is not None}
    wanted = Wanted(said, level.value, _since(since))
    files = LogFolder(folder, wanted)
    for line in deque(files.stored(), maxlen=lines or None):
        _show(line, as_json=as_json)
    if follow:
        files.follow(lambda line: _show(line, as_json=as_json))


def _podcast_id(said: str | None) -> int | None:
    """An address needs the database; with the id, logs can be read without one."""
    if said is None or said.isdecimal():
        return int(said) if said else None
    with service():
        return chosen_podcast(said)


def _since(said: str | None) -> str:
    try:
        return moment(said, datetime.now(UTC)) if said else ""
    except ValueError as error:
        raise typer.BadParameter(f"no time: {said}; 10m, 2h or an RFC 3339 time is one") from error


def _show(line: Line, *, as_json: bool) -> None:
    text = json.dumps(line, ensure_ascii=False) if as_json else _as_text(line)
    print(text, flush=True)  # noqa: T201


def _as_text(line: Line) -> str:
    """Keys and values; what others wrote in them cannot steer the terminal."""
    said = str(renderer("keyvalue")(None, "", dict(line)))
    return "".join(sign if sign.isprintable() else "�" for sign in said)
