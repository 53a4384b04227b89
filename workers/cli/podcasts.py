"""Commands about what is followed: add, import, export-opml, remove, pause, resume."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from sqlmodel import Session

from models import get_settings
from models.database import database_time, in_transaction
from models.queries.podcasts import podcasts
from tasks.feeds.opml import OpmlEntry, parse_opml, write_opml
from tasks.http.redaction import is_private, public_url
from tasks.jobs.publisher import publish_waiting_jobs
from tasks.podcasts.store.add import AddResult, add_by_url
from tasks.podcasts.store.find import fetch_urls, find_podcast
from tasks.podcasts.store.merge import merge_podcasts, unmerge_podcast
from tasks.podcasts.store.pause import pause, resume
from tasks.podcasts.store.remove import remove
from tasks.polling.poller import poll_claimed_feeds
from tasks.polling.store.claims import claim_feeds
from tasks.polling.values import Poll
from workers.cli.output import errors, print_json
from workers.local.service import service

Urls = Annotated[list[str], typer.Argument(help="Address of a feed.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def add(urls: Urls, as_json: Json = False) -> None:
    """Follow feeds: each is looked at now, and its episodes wait for the workers."""
    with service():
        _report(follow_and_look(urls), as_json=as_json)


def import_opml(
    file: Annotated[Path, typer.Argument(help="An OPML file, or a list of addresses.")],
    as_json: Json = False,
) -> None:
    """Follow every feed of an OPML file; prints a result for each line."""
    entries = read_feed_list(file)
    wrong = [_refused_entry(entry) for entry in entries if entry.problem]
    with service():
        results = follow_and_look([entry.feed_url for entry in entries if not entry.problem])
        _report([*wrong, *results], as_json=as_json)


def read_feed_list(file: Path) -> list[OpmlEntry]:
    """The rows of an OPML file or a plain list.

    Raises:
        typer.BadParameter: it cannot be read, or has no row.
    """
    try:
        entries = parse_opml(file.read_bytes())
    except OSError as error:
        raise typer.BadParameter(f"{file}: {error.strerror}") from error
    if not entries:
        raise typer.BadParameter(f"{file}: no feed in it; an outline needs an xmlUrl")
    return entries


def _refused_entry(entry: OpmlEntry) -> AddResult:
    shown = public_url(entry.feed_url) if entry.feed_url else entry.title
    return AddResult(
        shown, "refused", reason="bad_entry", message=f"line {entry.line} {entry.problem}"
    )


def follow_and_look(urls: Sequence[str]) -> list[AddResult]:
    """Follow, then look at what is new in batches, as a poll task would."""
    followed = [in_transaction(add_by_url, url) for url in urls]
    new = [one.podcast_id for one in followed if one.result == "added" and one.podcast_id]
    batch = get_settings().poll_batch
    looks: dict[int, Poll] = {}
    for start in range(0, len(new), batch):
        token = in_transaction(
            lambda session, ids: claim_feeds(session, ids, database_time(session)),
            new[start : start + batch],
        )
        looks |= {look.podcast_id: look for look in poll_claimed_feeds(token)}
    publish_waiting_jobs()
    return [_with_look(one, looks.get(one.podcast_id or 0)) for one in followed]


def _with_look(followed: AddResult, look: Poll | None) -> AddResult:
    if look is None or look.succeeded:
        episodes = f"{look.new} episodes" if look else ""
        return AddResult(
            followed.feed_url,
            followed.result,
            followed.podcast_id,
            followed.reason,
            followed.message or episodes,
        )
    result = "refused" if look.outcome == "refused" else "unreachable"
    return AddResult(followed.feed_url, result, followed.podcast_id, look.reason, look.message)


def _report(results: Sequence[AddResult], *, as_json: bool) -> None:
    if as_json:
        print_json([_fields(one) for one in results])
    else:
        for one in results:
            _print_line(one)
    if any(one.result in {"refused", "unreachable"} for one in results):
        raise typer.Exit(1)


def _fields(one: AddResult) -> dict[str, object]:
    return {
        "feed_url": one.feed_url,
        "result": one.result,
        "podcast_id": one.podcast_id,
        "reason": one.reason or None,
        "message": one.message or None,
    }


_WORDS = {"already": "already followed", "unreachable": "not reachable, tried again later"}


def _print_line(one: AddResult) -> None:
    said = ": ".join(part for part in (one.reason, one.message) if part)
    typer.echo(
        f"{_WORDS.get(one.result, one.result)}  {one.feed_url}" + (f"  {said}" if said else "")
    )


def export_opml() -> None:
    """Print what is followed as OPML; private feeds are left out, their address is a secret."""
    with service():
        rows = in_transaction(podcasts)
        urls = in_transaction(fetch_urls)
        now = in_transaction(database_time)
    entries = [
        OpmlEntry(row.title, row.feed_url, 0) for row in rows if not is_private(urls[row.id])
    ]
    sys.stdout.buffer.write(write_opml(entries, "Followed by Overheard", now))
    if left_out := len(rows) - len(entries):
        errors.print(f"left out: {left_out} private feeds", highlight=False)


def _change(urls: Sequence[str], change: Callable[[Session, int], bool], done: str) -> None:
    """Do the same to each podcast; unknown ones are said and make the command fail."""
    unknown = False
    with service():
        for url in urls:
            podcast = in_transaction(find_podcast, url)
            if podcast is None or podcast.id is None:
                unknown = True
                errors.print(f"not followed: {public_url(url)}", markup=False, highlight=False)
                continue
            changed = in_transaction(change, podcast.id)
            said = done if changed else f"unchanged, it is {podcast.state}"
            typer.echo(f"{said}  {podcast.feed_url}")
    if unknown:
        raise typer.Exit(1)


def remove_podcast(urls: Urls) -> None:
    """Follow podcasts no more and count them nowhere; a tombstone stays, add brings them back."""
    _change(urls, remove, "removed")


def pause_podcast(urls: Urls) -> None:
    """Stop polling podcasts; what is known of them stays and counts."""
    _change(urls, pause, "paused")


def resume_podcast(urls: Urls) -> None:
    """Poll paused podcasts again."""
    _change(urls, resume, "resumed")


def merge(
    duplicate: Annotated[str, typer.Argument(help="The podcast that is the same as the other.")],
    survivor: Annotated[str, typer.Argument(help="The podcast that stays.")],
) -> None:
    """Make one podcast of two: what is in both counts once; unmerge makes them two again."""
    with service():
        gone, stays = _podcast_id(duplicate), _podcast_id(survivor)
        if gone == stays:
            raise typer.BadParameter("these are the same podcast")
        merged = in_transaction(merge_podcasts, duplicate_id=gone, survivor_id=stays)
        publish_waiting_jobs()
    typer.echo(f"merged  {merged.same} episodes in both, {merged.received} received")


def unmerge(
    duplicate: Annotated[str, typer.Argument(help="The podcast that was merged into another.")],
) -> None:
    """Make two podcasts again of what was merged."""
    with service():
        done = in_transaction(unmerge_podcast, _podcast_id(duplicate))
    if not done:
        errors.print("unchanged, it was not merged into another", highlight=False)
        raise typer.Exit(1)
    typer.echo("unmerged")


def _podcast_id(said: str) -> int:
    podcast = in_transaction(find_podcast, said)
    if podcast is None or podcast.id is None:
        errors.print(f"not followed: {public_url(said)}", markup=False, highlight=False)
        raise typer.Exit(1)
    return podcast.id
