"""Commands that add podcasts: add, import."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from models.database import database_time, in_transaction
from models.settings import get_settings
from tasks.feeds.opml import OpmlEntry
from tasks.http.redaction import public_url
from tasks.podcasts.store.add import AddResult, add_by_url
from tasks.polling.poller import poll_claimed_feeds
from tasks.polling.store.claims import claim_feeds
from tasks.polling.values import Poll
from workers.cli.feed_list import read_feed_list
from workers.cli.options import FeedUrls, Json
from workers.cli.output import print_json
from workers.cli.publish import publish_waiting_jobs
from workers.local.service import service

_LABELS = {"already": "already added", "unreachable": "unreachable, will be tried again"}


def add(urls: FeedUrls, as_json: Json = False) -> None:
    """Add podcasts by feed URL and poll each now; workers do the rest."""
    with service():
        _report(_add_and_poll(urls), as_json=as_json)


def import_opml(
    file: Annotated[Path, typer.Argument(help="An OPML file, or a list with one URL a line.")],
    as_json: Json = False,
) -> None:
    """Add every feed of an OPML file or of a list of feed URLs."""
    entries = read_feed_list(file)
    invalid = [_refused_entry(entry) for entry in entries if entry.problem]
    with service():
        results = _add_and_poll([entry.feed_url for entry in entries if not entry.problem])
        _report([*invalid, *results], as_json=as_json)


def _refused_entry(entry: OpmlEntry) -> AddResult:
    shown = public_url(entry.feed_url) if entry.feed_url else entry.title
    message = f"line {entry.line} {entry.problem}"
    return AddResult(shown, "refused", reason="bad_entry", message=message)


def _add_and_poll(urls: Sequence[str]) -> list[AddResult]:
    """Add feeds, then poll the new ones in batches, as a poll task would."""
    results = [in_transaction(add_by_url, url) for url in urls]
    new = [each.podcast_id for each in results if each.result == "added" and each.podcast_id]
    batch = get_settings().poll_batch
    polls: dict[int, Poll] = {}
    for start in range(0, len(new), batch):
        token = in_transaction(
            lambda session, ids: claim_feeds(session, ids, database_time(session)),
            new[start : start + batch],
        )
        polls |= {poll.podcast_id: poll for poll in poll_claimed_feeds(token)}
    publish_waiting_jobs()
    return [_with_poll(result, polls.get(result.podcast_id or 0)) for result in results]


def _with_poll(added: AddResult, poll: Poll | None) -> AddResult:
    if poll is None:
        return added
    if poll.succeeded:
        return replace(added, message=added.message or f"{poll.new} episodes")
    result = "refused" if poll.outcome == "refused" else "unreachable"
    return replace(added, result=result, reason=poll.reason, message=poll.message)


def _report(results: Sequence[AddResult], *, as_json: bool) -> None:
    if as_json:
        print_json([_as_json(result) for result in results])
    else:
        for result in results:
            _print_line(result)
    if any(result.result in {"refused", "unreachable"} for result in results):
        raise typer.Exit(1)


def _as_json(result: AddResult) -> dict[str, object]:
    return {
        "feed_url": result.feed_url,
        "result": result.result,
        "podcast_id": result.podcast_id,
        "reason": result.reason or None,
        "message": result.message or None,
    }


def _print_line(result: AddResult) -> None:
    detail = ": ".join(part for part in (result.reason, result.message) if part)
    label = _LABELS.get(result.result, result.result)
    typer.echo(f"{label}  {result.feed_url}" + (f"  {detail}" if detail else ""))
