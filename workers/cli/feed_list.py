"""Reads the lists of feeds that commands take: OPML, or a plain list of URLs."""

from pathlib import Path

import typer

from tasks.budgets.values import BudgetInterrupted
from tasks.feeds.opml import OpmlEntry
from tasks.feeds.read import read_opml
from tasks.feeds.values import FeedRefused


def read_feed_list(file: Path) -> list[OpmlEntry]:
    """The entries of an OPML file or a plain list.

    Raises:
        typer.BadParameter: it cannot be read, or has no entry.
    """
    try:
        entries = read_opml(file.read_bytes())
    except OSError as error:
        raise typer.BadParameter(f"{file}: {error.strerror}") from error
    except (FeedRefused, BudgetInterrupted) as refused:
        raise typer.BadParameter(f"{file}: {refused}") from refused
    if not entries:
        raise typer.BadParameter(f"{file}: no feed in it; an outline needs an xmlUrl")
    if all(entry.problem for entry in entries):  # a text, for instance: one sentence for all
        first = entries[0]
        raise typer.BadParameter(f"{file}: no feed in it; line {first.line} {first.problem}")
    return entries
