"""The command that takes news of feeds from elsewhere, such as Podping, one address a line."""

import sys
from collections.abc import Iterator
from io import BufferedReader
from typing import Annotated, cast

import typer

from models.database import database_time, in_transaction
from tasks.podcasts.store.notifications import NotificationResult, apply_notifications
from workers.cli.output import console, print_json
from workers.local.service import service

# Bytes that are read at once, and addresses that are looked up at once.
_PIECE = 65_536
_MOST_TOGETHER = 1000


def podping(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Make feeds due now whose addresses come on standard input, one a line, until it ends.

    Addresses that nobody follows are ignored and counted. It may stand behind a listener that
    never ends: each line takes effect when it comes.
    """
    lines, total = 0, NotificationResult()
    with service():
        for urls in addresses(cast(BufferedReader, sys.stdin.buffer)):
            lines += len(urls)
            total = _sum(total, _tell(urls))
    if as_json:
        print_json({"lines": lines, "followed": total.followed, "hastened": total.brought_forward,
                    "unknown": total.unknown})  # fmt: skip
        return
    console.print(
        f"{lines:,} addresses: {total.followed:,} of feeds that are followed, "
        f"{total.brought_forward:,} looked at sooner for it; {total.unknown:,} of others",
        highlight=False,
    )


def addresses(stream: BufferedReader) -> Iterator[list[str]]:
    """The lines of a stream in the groups in which they come; empty ones and # comments not."""
    rest = b""
    while piece := stream.read1(_PIECE):  # what is there, at once
        *lines, rest = (rest + piece).split(b"\n")
        rest = rest[:_PIECE]  # no address by then, and refused as one, however long it gets
        yield from _groups(lines)
    yield from _groups([rest])


def _groups(lines: list[bytes]) -> Iterator[list[str]]:
    urls = [line.decode("utf-8", "replace").strip() for line in lines]
    urls = [url for url in urls if url and not url.startswith("#")]
    for start in range(0, len(urls), _MOST_TOGETHER):
        yield urls[start : start + _MOST_TOGETHER]


def _tell(urls: list[str]) -> NotificationResult:
    return in_transaction(
        lambda session: apply_notifications(session, urls, "podping", database_time(session))
    )


def _sum(one: NotificationResult, other: NotificationResult) -> NotificationResult:
    return NotificationResult(
        one.brought_forward + other.brought_forward,
        one.followed + other.followed,
        one.unknown + other.unknown,
    )
