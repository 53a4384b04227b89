"""The command that reads the local log files of the service."""

import json
from collections import deque
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from workers.cli.options import fail, podcast_id_of
from workers.local.service import service
from workers.logging.configure import renderer
from workers.logging.folder import local_logs
from workers.logging.reader import Line, LogDirectory, LogFilter, parse_since


class LogLevel(StrEnum):
    """The levels of log lines, lowest first."""

    debug = "debug"
    info = "info"
    warning = "warning"
    error = "error"


def logs(  # noqa: PLR0913, PLR0917  an option each
    podcast: Annotated[
        str | None, typer.Option(help="About one podcast: its title, feed URL or id.")
    ] = None,
    episode: Annotated[int | None, typer.Option(help="About one episode, by id.")] = None,
    job: Annotated[int | None, typer.Option(help="About one job, by id.")] = None,
    correlation: Annotated[
        str | None, typer.Option(help="Caused by one tick, command or request: its correlation id.")
    ] = None,
    event: Annotated[str | None, typer.Option(help="Only this event.")] = None,
    level: Annotated[LogLevel, typer.Option(help="The lowest level.")] = LogLevel.debug,
    since: Annotated[
        str | None, typer.Option(help="Since a time: 10m, 2h, 3d, or 2026-01-31T03:00:00Z.")
    ] = None,
    lines: Annotated[int, typer.Option(min=0, help="Number of latest lines; 0 shows all.")] = 200,
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on printing new lines as they arrive.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON, one object per line.")
    ] = False,
) -> None:
    """Show the local log lines of all processes in chronological order."""
    folder = local_logs()
    if not folder.is_dir():
        fail(
            f"no log files in {folder}: a process writes there where OVERHEARD_LOG_DIR or "
            "OVERHEARD_DATA is set, or by `overheard up`. Elsewhere see its process manager: "
            "docker compose logs, journalctl, kubectl logs"
        )
    keys = {
        "podcast_id": _podcast_id(podcast),
        "episode_id": episode,
        "job_id": job,
        "correlation_id": correlation,
        "event": event,
    }
    fields = {key: str(value) for key, value in keys.items() if value is not None}
    files = LogDirectory(folder, LogFilter(fields, level.value, _since(since)))
    for line in deque(files.stored(), maxlen=lines or None):
        _show(line, as_json=as_json)
    if follow:
        files.follow(lambda line: _show(line, as_json=as_json))


def _podcast_id(podcast: str | None) -> int | None:
    """The id of a podcast; only a feed URL needs the database."""
    if podcast is None or podcast.isdecimal():
        return int(podcast) if podcast else None
    with service():
        return podcast_id_of(podcast)


def _since(time: str | None) -> str:
    try:
        return parse_since(time, datetime.now(UTC)) if time else ""
    except ValueError as error:
        message = f"{time} is not a time; write 10m, 2h, 3d or an RFC 3339 time"
        raise typer.BadParameter(message) from error


def _show(line: Line, *, as_json: bool) -> None:
    text = json.dumps(line, ensure_ascii=False) if as_json else _as_text(line)
    print(text, flush=True)  # noqa: T201


def _as_text(line: Line) -> str:
    """Keys and values, without characters that control the terminal."""
    text = str(renderer("keyvalue")(None, "", dict(line)))
    return "".join(char if char.isprintable() else "�" for char in text)
