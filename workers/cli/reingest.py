"""Commands that do work again, and follow what becomes of it: reingest, requests, request."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.progress import track

from models import Stage
from models.database import database_time, in_transaction
from models.queries import reingests as about_requests
from tasks.jobs.publisher import publish_waiting_jobs
from tasks.reingest.diff import DryRunSummary, EpisodeDiff
from tasks.reingest.request import find_subjects, log_requested, request_reingest
from tasks.reingest.store.dry_run import dry_run_counts, dry_run_episodes
from tasks.reingest.store.requests import (
    cancel_request,
    close_finished_requests,
    pause_request,
    resume_request,
)
from tasks.reingest.values import BadScope, ReingestScope, Subjects
from workers.cli.jobs import do_work
from workers.cli.output import as_record, console, errors, print_json, print_table, show
from workers.cli.queues import current_actor
from workers.cli.show import Json, Limit, chosen_podcast
from workers.cli.wait_for_jobs import wait_for_work
from workers.local.service import service

DIFFERENCES_SHOWN = 30


def reingest(  # noqa: PLR0913, PLR0917  an option each
    everything: Annotated[bool, typer.Option("--all", help="Everything.")] = False,
    podcast: Annotated[str | None, typer.Option(help="One podcast: its address or id.")] = None,
    episode: Annotated[int | None, typer.Option(help="One episode, by id.")] = None,
    person: Annotated[
        str | None, typer.Option(help="The episodes in which somebody speaks, by slug.")
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Episodes that count for this day or later."),
    ] = None,
    outdated: Annotated[
        bool, typer.Option("--outdated", help="What an older parser or matcher made.")
    ] = False,
    failed: Annotated[
        str | None, typer.Option(metavar="REASON", help="What failed for this reason; or: any.")
    ] = None,
    stage: Annotated[
        Stage | None,
        typer.Option(
            help="fetch: ask the publishers again. parse: read anew what is kept. people: decide "
            "again who speaks. counts: derive everybody's figures anew. "
            "Default: fetch; with --outdated what is outdated."
        ),
    ] = None,
    request_id: Annotated[
        str, typer.Option("--request-id", help="A word of yours; the same again does nothing.")
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what it would change.")
    ] = False,
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Wait for the work to be done.")
    ] = True,
    as_json: Json = False,
) -> None:
    """Do work again, below live work; only what changed is written."""
    with service() as servers:
        try:
            scope = ReingestScope(
                everything=everything,
                podcast_id=chosen_podcast(podcast),
                episode_id=episode,
                person=person,
                since=since.date() if since else None,
                outdated=outdated,
                failed=failed,
            )
            if dry_run:
                _rehearse(scope, stage or scope.default_stage, as_json=as_json)
                return
            asked = in_transaction(
                request_reingest, scope, stage, request_id, requested_by=current_actor()
            )
        except BadScope as bad:
            raise typer.BadParameter(str(bad)) from bad
        if asked is None:
            errors.print(f"{request_id} was asked for already", markup=False, highlight=False)
            raise typer.Exit(1)
        log_requested(scope, asked)
        _say(f"{asked.request_id}: {len(asked.podcast_ids)} feeds, {len(asked.job_ids)} jobs")
        if not asked.podcast_ids and not asked.job_ids:
            _say("nothing to do there")
            raise typer.Exit(1)
        failures = do_work(
            servers,
            asked.podcast_ids,
            asked.requested_at,
            request_id=asked.request_id,
            jobs=len(asked.job_ids),
            no_wait=not wait,
        )
        in_transaction(lambda session: close_finished_requests(session, database_time(session)))
        if as_json:
            print_json(in_transaction(about_requests.request, asked.request_id))
    if failures:
        raise typer.Exit(1)


def _say(text: str) -> None:
    errors.print(text, markup=False, highlight=False)


def _rehearse(scope: ReingestScope, stage: Stage, *, as_json: bool) -> None:
    subjects = in_transaction(find_subjects, scope, stage)
    if stage is Stage.counts:
        _show_counts(dry_run_counts(subjects), as_json=as_json)
        return
    preview = DryRunSummary()
    for one in _with_progress(subjects):
        preview.add(one)
    if as_json:
        print_json(_as_json(scope, stage, subjects, preview))
    else:
        _print_preview(subjects, preview)


def _with_progress(subjects: Subjects) -> Iterator[EpisodeDiff]:
    total = sum(len(episodes) for episodes in subjects.episodes.values())
    yield from track(
        dry_run_episodes(subjects),
        total=total,
        description="rehearsing",
        console=errors,
        disable=not errors.is_terminal,
    )


def _as_json(
    scope: ReingestScope, stage: Stage, subjects: Subjects, preview: DryRunSummary
) -> dict[str, Any]:
    return {
        "scope": scope.to_json(),
        "stage": stage.value,
        "feeds": len(subjects.podcast_ids),
        **preview.totals,
        "people": [asdict(one) | {"net": one.net} for one in preview.people],
        "differences": [asdict(one) for one in preview.differences],
    }


def _print_preview(subjects: Subjects, preview: DryRunSummary) -> None:
    totals = preview.totals
    console.print(
        "{changed:,} of {episodes:,} episodes would change: {added:,} appearances added, "
        "{removed:,} removed, {moved:,} moved, {updated:,} only in place or time; "
        "{failed:,} episodes cannot be read".format(**totals),
        highlight=False,
    )
    if feeds := len(subjects.podcast_ids):
        console.print(f"{feeds:,} feeds would be looked at; what is new in them is not foreseen.")
    columns = ("name", "slug", "added", "removed", "moved_in", "moved_out", "net")
    people = [asdict(one) | {"net": one.net} for one in preview.people]
    for one in people:
        one["name"] = one["name"] or "(nobody known)"
    if people:
        print_table(people[:DIFFERENCES_SHOWN], columns, title="by person")
    shown = [asdict(one) for one in preview.differences[:DIFFERENCES_SHOWN]]
    if shown:
        columns = ("episode_id", "episode", "added", "removed", "moved", "updated", "failed")
        print_table(shown, columns, title="by episode")
    if len(preview.differences) > DIFFERENCES_SHOWN:
        console.print(f"… and {len(preview.differences) - DIFFERENCES_SHOWN:,} more: --json")


def _show_counts(found: dict[int, dict[str, int]], *, as_json: bool) -> None:
    rows = [{"person_id": person, **repaired} for person, repaired in found.items()]
    if as_json:
        print_json({"stage": "counts", "repairs": rows})
        return
    console.print(f"{len(rows):,} people have figures that would be repaired", highlight=False)
    if rows:
        print_table(rows, list(rows[0]))


def requests(limit: Limit = 50, as_json: Json = False) -> None:
    """List re-ingests that were asked for, the newest first."""
    with service():
        rows = in_transaction(about_requests.requests, limit=limit)
    columns = ("id", "scope", "stage", "state", "jobs", "jobs_left", "requested_by", "created_at")
    show(rows, columns, as_json=as_json)


def request(
    request_id: Annotated[str, typer.Argument(help="The id of the request.")],
    pause: Annotated[bool, typer.Option("--pause", help="Begin nothing more of it.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Let it go on.")] = False,
    cancel: Annotated[bool, typer.Option("--cancel", help="Do not do what is left of it.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until it is done.")] = False,
    as_json: Json = False,
) -> None:
    """What became of a re-ingest; pause it, resume it, or cancel what is left of it."""
    if [pause, resume, cancel].count(True) > 1:
        raise typer.BadParameter("one of --pause, --resume and --cancel")
    with service() as servers:
        changed = _change(request_id, pause=pause, resume=resume, cancel=cancel)
        if wait and (asked := in_transaction(about_requests.request, request_id)):
            watch = servers.ensure_running if servers else None
            jobs, since = asked.jobs, asked.created_at
            feeds = in_transaction(about_requests.podcasts_of, request_id)
            wait_for_work(feeds, since, request_id=request_id, jobs=jobs, watch=watch)
        in_transaction(lambda session: close_finished_requests(session, database_time(session)))
        details = in_transaction(about_requests.request, request_id)
    if details is None:
        errors.print(f"no such request: {request_id}", markup=False, highlight=False)
        raise typer.Exit(1)
    found = as_record(details)
    if as_json:
        print_json(found)
    else:
        _print_request(found)
    if not changed:
        _say(f"unchanged, it is {found['state']}")
        raise typer.Exit(1)


def _change(request_id: str, *, pause: bool, resume: bool, cancel: bool) -> bool:
    if pause:
        return in_transaction(pause_request, request_id)
    if cancel:
        return in_transaction(
            lambda session: cancel_request(session, request_id, database_time(session))
        )
    if resume:
        resumed = in_transaction(resume_request, request_id)
        publish_waiting_jobs()
        return resumed
    return True


def _print_request(found: dict[str, Any]) -> None:
    ended = f", ended {found['finished_at']:%Y-%m-%d %H:%M}" if found["finished_at"] else ""
    _print(
        f"{found['id']}: {found['state']}; {found['stage']} of {found['scope']}, asked by "
        f"{found['requested_by'] or 'somebody'} at {found['created_at']:%Y-%m-%d %H:%M}{ended}"
    )
    if found["reason"]:
        _print(f"{found['reason']}: {found['message']}")
    states = [{"state": state, "jobs": jobs} for state, jobs in found["jobs_by_state"].items()]
    print_table([row for row in states if row["jobs"]], ("state", "jobs"))
    if found["feeds"]:
        _print(f"{found['feeds'] - found['feeds_left']} of {found['feeds']} feeds looked at")
    _print("appearances " + ", ".join(f"{n:,} {word}" for word, n in found["changed"].items()))
    for failure in found["failures"]:
        then = f", next attempt {failure['retry_at']:%H:%M}" if failure["retry_at"] else ", dead"
        _print(f"failed: {failure['jobs']} jobs: {failure['reason']}{then}")


def _print(text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
