"""Reads the lists of feeds that commands take: OPML, or a plain list of URLs."""

from pathlib import Path

import typer

from tasks.budgets.values import BudgetInterrupted
from tasks.feeds.opml import OpmlEntry, why_no_list
from tasks.feeds.read import read_opml
from tasks.feeds.values import FeedRefused


def read_feed_list(file: str) -> list[OpmlEntry]:
    """The entries of an OPML file or a plain list.

    Raises:
        typer.BadParameter: it cannot be read, or has no entry.
    """
    if "://" in file:
        raise typer.BadParameter(f"{file} is no file: download the list and give its path")
    try:
        body = Path(file).read_bytes()
        entries = read_opml(body)
    except OSError as error:
        raise typer.BadParameter(f"{file}: {error.strerror}") from error
    except (FeedRefused, BudgetInterrupted) as refused:
        raise typer.BadParameter(f"{file}: {refused}") from refused
    why = why_no_list(body, entries)
    if why is not None:
        raise typer.BadParameter(f"{file}: {why}")
    return entries
