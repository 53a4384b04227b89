"""Commands about podcasts: list, show, export, poll, pause, resume, remove, merge, unmerge."""

import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer

from models import PodcastPrivacy
from models.database import Session, database_time, in_transaction
from models.queries import coverage, people, podcast_pages
from models.queries import podcasts as queries
from models.queries.shown import revealed
from tasks.feeds.opml import OpmlEntry, write_opml
from tasks.podcasts.store.due_times import poll_now
from tasks.podcasts.store.pause import pause, resume
from tasks.podcasts.store.privacy import declare_privacy
from tasks.podcasts.store.remove import remove
from tasks.podcasts.store.states import state_of
from workers.cli.named_podcasts import UnclearName, named_podcast_id
from workers.cli.options import Json, Limit, PodcastName, PodcastNames, Reveal, fail, podcast_id_of
from workers.cli.output import (
    FOLLOW_FIRST,
    Row,
    as_record,
    as_records,
    console,
    print_error,
    print_json,
    print_table,
    show,
)
from workers.local.service import service
from workers.words import count

_SHOWN = (
    *("id", "title", "author", "state", "privacy", "feed_url", "link", "language", "added_at"),
)
_COVERAGE = ("appearances", "named", "unknown", "quarantined")


def list_podcasts(
    everything: Annotated[
        bool, typer.Option("--all", help="Include pending and refused podcasts.")
    ] = False,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """List the podcasts and the state of their feeds."""
    with service(broker=False):
        rows = as_records(in_transaction(queries.podcasts, everything=everything, limit=limit))
    columns = ("id", "title", "state", "episodes", "appearances", "last_ok_at", "last_error")
    if not as_json:  # a refused feed has no title; its URL identifies it
        rows = [row | {"title": row["title"] or row["feed_url"]} for row in rows]
    show(rows, columns, as_json=as_json, limit=limit, next_step=FOLLOW_FIRST)


def show_podcast(
    podcast: PodcastName, limit: Limit = 25, reveal: Reveal = False, as_json: Json = False
) -> None:
    """Show a podcast: its counts and who speaks there."""
    with service(broker=False):
        podcast_id = podcast_id_of(podcast)
        row = in_transaction(revealed(_podcast_columns) if reveal else _podcast_columns, podcast_id)
        coverage_rows = as_records(in_transaction(coverage.unknown_by_podcast, podcast_id))
        row["coverage"] = coverage_rows[0] if coverage_rows else None
        row["people"] = as_records(
            in_transaction(people.people, podcast_id=podcast_id, limit=limit)
        )
    if as_json:
        print_json(row)
    else:
        _print_podcast(row)


def _podcast_columns(session: Session, podcast_id: int) -> dict[str, Any]:
    row = as_record(podcast_pages.podcast(session, podcast_id))
    fetched_url = podcast_pages.fetched_url(session, podcast_id)
    return {name: row[name] for name in _SHOWN} | ({"feed_url": fetched_url} if fetched_url else {})


def _print_podcast(row: Row) -> None:
    console.print(row["title"] or row["feed_url"], style="bold", markup=False, highlight=False)
    speakers, parts = row.pop("people"), row.pop("coverage") or {}
    shown = row | {name: parts.get(name) for name in _COVERAGE}
    facts = [{"field": k.replace("_", " "), "value": v} for k, v in shown.items() if v is not None]
    print_table(facts, ("field", "value"))
    print_table(speakers, ("name", "appearances", "episodes", "seconds"), title="who speaks")


def export_opml() -> None:
    """Print podcasts as OPML, without private feeds.

    The URL of a private feed is a secret; their number is printed to standard error.
    """
    with service(broker=False):
        rows = as_records(in_transaction(queries.podcasts))
        now = in_transaction(database_time)
    public = [row for row in rows if not PodcastPrivacy(row["privacy"]).is_private]
    entries = [OpmlEntry(row["title"], row["feed_url"], 0) for row in public]
    sys.stdout.buffer.write(write_opml(entries, "Podcasts in Overheard", now))
    if left_out := len(rows) - len(public):
        print_error(f"left out: {left_out} private feeds")


def poll(podcasts: PodcastNames) -> None:
    """Make feeds due now; the workers poll them."""
    from workers.cli.run_work import send_work  # noqa: PLC0415  it loads Celery

    with service():
        podcast_ids = [podcast_id_of(podcast) for podcast in podcasts]
        in_transaction(poll_now, podcast_ids)
        send_work()
    typer.echo(f"{count(len(podcast_ids), 'feed is', 'feeds are')} due")


def pause_podcasts(podcasts: PodcastNames) -> None:
    """Stop polling podcasts; their counts stay."""
    _change(podcasts, pause, "paused")


def resume_podcasts(podcasts: PodcastNames) -> None:
    """Poll paused podcasts again."""
    _change(podcasts, resume, "resumed")


def make_private(podcasts: PodcastNames) -> None:
    """Hide the URLs of podcasts from everybody but operators.

    Only operators see them: on the pages, and in commands with --reveal. Podcasts whose feed URL
    contains a password or token are private automatically.
    """
    _change(podcasts, _declare_private, "private")


def make_public(podcasts: PodcastNames) -> None:
    """Show the URLs of podcasts that only seem private."""
    _change(podcasts, _declare_public, "public")


def _declare_private(session: Session, podcast_id: int) -> bool:
    return declare_privacy(session, podcast_id, private=True)


def _declare_public(session: Session, podcast_id: int) -> bool:
    return declare_privacy(session, podcast_id, private=False)


def remove_podcasts(podcasts: PodcastNames) -> None:
    """Remove podcasts from polling and from all counts.

    Their rows stay as a tombstone, and `podcasts add` restores them.
    """
    _change(podcasts, remove, "removed")


def _change(names: Sequence[str], change: Callable[[Session, int], bool], done: str) -> None:
    """Change each podcast; unclear names are printed and make the command fail."""
    unclear = False
    with service():
        for name in names:
            try:
                podcast_id = in_transaction(named_podcast_id, name)
            except UnclearName as error:
                unclear = True
                print_error(str(error))
                continue
            typer.echo(_changed(podcast_id, change, done))
    if unclear:
        raise typer.Exit(1)


def _changed(podcast_id: int, change: Callable[[Session, int], bool], done: str) -> str:
    before = in_transaction(state_of, podcast_id)
    changed = in_transaction(change, podcast_id)
    after = in_transaction(podcast_pages.podcast, podcast_id)
    result = done if changed else f"unchanged, it is {before}"
    return f"{result}  {after.feed_url if after else podcast_id}"


def merge(
    duplicate: Annotated[
        str,
        typer.Argument(metavar="DUPLICATE", help="The podcast to merge: title, feed URL or id."),
    ],
    target: Annotated[
        str, typer.Argument(metavar="TARGET", help="The podcast that stays: title, feed URL or id.")
    ],
) -> None:
    """Merge a duplicate podcast into another; shared episodes count once."""
    from tasks.podcasts.store.merge import (  # noqa: PLC0415  few commands need it
        MergeRefused,
        merge_podcasts,
    )

    with service():
        ids = {"duplicate_id": podcast_id_of(duplicate), "survivor_id": podcast_id_of(target)}
        try:
            merged = in_transaction(merge_podcasts, **ids)
        except MergeRefused as refused:
            fail(f"unchanged, {refused}")
    typer.echo(f"merged: {count(merged.same, 'episode')} in both, {merged.received} moved")


def unmerge(podcast: PodcastName) -> None:
    """Undo a merge of podcasts."""
    from tasks.podcasts.store.merge import unmerge_podcast  # noqa: PLC0415  few commands need it

    with service():
        done = in_transaction(unmerge_podcast, podcast_id_of(podcast))
    if not done:
        fail("unchanged, it was not merged into another")
    typer.echo("unmerged")
