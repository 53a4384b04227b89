"""The command that takes notifications from elsewhere, such as Podping: one feed URL a line."""

import sys
from collections.abc import Iterator
from io import BufferedReader
from typing import Annotated, cast

import typer

from models.database import database_time, in_transaction
from tasks.podcasts.store.notifications import NotificationResult, apply_notifications
from workers.cli.output import console, print_json
from workers.local.service import service

# Bytes that are read at once, and feed URLs that are processed in one transaction.
_CHUNK_BYTES = 65_536
_BATCH = 1000


def podping(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Make due the feeds whose URLs arrive on standard input, one per line.

    Unknown URLs are ignored and counted. The input may be endless, as from a listener: each line
    takes effect when it arrives.
    """
    lines, total = 0, NotificationResult()
    with service():
        for urls in url_batches(cast(BufferedReader, sys.stdin.buffer)):
            lines += len(urls)
            total = _sum(total, _apply(urls))
    if as_json:
        print_json(
            {
                "lines": lines,
                "followed": total.followed,
                "brought_forward": total.brought_forward,
                "unknown": total.unknown,
            }
        )
        return
    console.print(
        f"{lines:,} URLs: {total.followed:,} of known feeds, "
        f"{total.brought_forward:,} of them polled sooner; {total.unknown:,} unknown",
        highlight=False,
    )


def url_batches(stream: BufferedReader) -> Iterator[list[str]]:
    """The feed URLs of a stream in batches as they arrive, without empty lines and # comments."""
    rest = b""
    while chunk := stream.read1(_CHUNK_BYTES):  # whatever has arrived
        *lines, rest = (rest + chunk).split(b"\n")
        rest = rest[:_CHUNK_BYTES]  # too long for a URL: refused as one, and memory is bounded
        yield from _batches(lines)
    yield from _batches([rest])


def _batches(lines: list[bytes]) -> Iterator[list[str]]:
    urls = [line.decode("utf-8", "replace").strip() for line in lines]
    urls = [url for url in urls if url and not url.startswith("#")]
    for start in range(0, len(urls), _BATCH):
        yield urls[start : start + _BATCH]


def _apply(urls: list[str]) -> NotificationResult:
    return in_transaction(
        lambda session: apply_notifications(session, urls, "podping", database_time(session))
    )


def _sum(total: NotificationResult, batch: NotificationResult) -> NotificationResult:
    return NotificationResult(
        total.brought_forward + batch.brought_forward,
        total.followed + batch.followed,
        total.unknown + batch.unknown,
    )
