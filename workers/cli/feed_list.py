"""Reads the lists of feeds that commands take: OPML, or a plain list of URLs."""

from pathlib import Path

import typer

from tasks.feeds.opml import OpmlEntry, parse_opml


def read_feed_list(file: Path) -> list[OpmlEntry]:
    """The entries of an OPML file or a plain list.

    Raises:
        typer.BadParameter: it cannot be read, or has no entry.
    """
    try:
        entries = parse_opml(file.read_bytes())
    except OSError as error:
        raise typer.BadParameter(f"{file}: {error.strerror}") from error
    if not entries:
        raise typer.BadParameter(f"{file}: no feed in it; an outline needs an xmlUrl")
    return entries
