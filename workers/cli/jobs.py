"""Commands that cause work and watch it: ingest, jobs, recount."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from kombu.exceptions import OperationalError

from models import JobState
from models.database import database_time, in_transaction
from models.queries import jobs as about_work
from models.queries import people as about_people
from tasks.counts.store.recount import recount as count_anew
from tasks.jobs.publisher import publish_waiting_jobs
from tasks.jobs.store import retry_jobs
from tasks.podcasts.store.add import AddResult, add_by_url
from tasks.podcasts.store.due_times import poll_now
from tasks.polling.tasks import poll_due_feeds
from tasks.speakers.reresolve import resolve_podcasts
from tasks.speakers.store.attribution import check_attributions
from workers.cli.output import errors, print_json, print_table, show
from workers.cli.podcasts import read_feed_list
from workers.cli.show import Json, Limit, OfPodcast, chosen_podcast
from workers.cli.wait_for_jobs import print_failures, wait_for_work
from workers.local.embedded.servers import EmbeddedServers
from workers.local.processes import service_processes
from workers.local.service import responding_workers, service
from workers.local.supervisor import Supervisor

NoWait = Annotated[bool, typer.Option("--no-wait", help="Do not wait for the work to be done.")]

jobs_app = typer.Typer(help="Jobs: what waits, runs, failed, died.", no_args_is_help=False)


@contextmanager
def workers() -> Iterator[None]:
    """Workers for the time of the block, when none is alive already."""
    if responding_workers(enough=1):
        yield
        return
    errors.print("no worker is alive: starting workers for this command", highlight=False)
    # A service may be about to begin here: its workers' names are its own.
    processes = service_processes(pages=False, suffix=f"-{os.getpid()}")
    supervisor = Supervisor(processes, stream=errors.file.buffer)  # type: ignore[attr-defined]
    supervisor.start()
    try:
        yield
    finally:
        supervisor.stop()


def ingest(
    sources: Annotated[list[str], typer.Argument(help="Feed addresses, or OPML files.")],
    no_wait: NoWait = False,
    as_json: Json = False,
) -> None:
    """Follow feeds, poll them, read all of their transcripts, and show who speaks."""
    urls = [url for source in sources for url in _urls(source)]
    with service() as servers:
        since = in_transaction(database_time)
        followed = [in_transaction(add_by_url, url) for url in urls]
        refused = _print_refused(followed)
        ids = sorted({one.podcast_id for one in followed if one.podcast_id})
        in_transaction(poll_now, ids)
        failed = do_work(servers, ids, since, no_wait=no_wait)
        if not no_wait:
            rows = in_transaction(about_people.people, limit=0 if as_json else 25)
            show(rows, ("name", "appearances", "episodes", "podcasts", "seconds"), as_json=as_json)
    if failed or refused:
        raise typer.Exit(1)


def _urls(source: str) -> list[str]:
    if "://" in source:
        return [source]
    entries = read_feed_list(Path(source))
    for entry in entries:
        if entry.problem:
            said = f"refused: {source} line {entry.line}: {entry.problem}"
            errors.print(said, markup=False, highlight=False)
    return [entry.feed_url for entry in entries if not entry.problem]


def _print_refused(followed: Sequence[AddResult]) -> bool:
    refused = [one for one in followed if one.result == "refused"]
    for one in refused:
        errors.print(
            f"refused: {one.feed_url}: {one.reason}: {one.message}", markup=False, highlight=False
        )
    return bool(refused)


def do_work(
    servers: EmbeddedServers | None,
    podcast_ids: Sequence[int],
    since: datetime,
    *,
    request_id: str = "",
    jobs: int = 0,
    no_wait: bool,
) -> bool:
    """Have the work done, by whoever is alive or by workers of our own; whether any failed."""
    if no_wait:
        _send()
        return False
    watch = servers.ensure_running if servers else None
    with workers():
        _send()
        while True:
            failed = wait_for_work(
                podcast_ids, since, request_id=request_id, jobs=jobs, watch=watch
            )
            # Now, and not at the next tick: what is shown next has been decided and judged.
            if not resolve_podcasts():
                break
            publish_waiting_jobs()
    print_failures(failed)
    return bool(failed)


def _send() -> None:
    """Tell the workers at once what their next tick would find anyway."""
    try:
        poll_due_feeds.apply_async(queue="ops", expires=60)
        publish_waiting_jobs()
    except OperationalError as error:
        errors.print(f"the broker cannot be reached, ticks will do: {error}", highlight=False)


@jobs_app.callback(invoke_without_command=True)
def jobs(
    context: typer.Context,
    state: Annotated[list[JobState] | None, typer.Option(help="Only these states.")] = None,
    reason: Annotated[str | None, typer.Option(help="Only this reason word.")] = None,
    podcast: OfPodcast = None,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """List jobs, the newest first."""
    if context.invoked_subcommand:
        return
    with service():
        rows = in_transaction(
            about_work.jobs,
            states=[one.value for one in state or ()],
            reason=reason,
            podcast_id=chosen_podcast(podcast),
            limit=limit,
        )
    columns = ("id", "state", "outcome", "reason", "attempts", "run_after", "episode")
    show(rows, columns, as_json=as_json)


@jobs_app.command()
def retry(
    job_ids: Annotated[list[int] | None, typer.Argument(help="Jobs, by id.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that failed or died.")] = False,
) -> None:
    """Let jobs that died, or wait after a failure, begin anew now."""
    if bool(job_ids) == everything:
        raise typer.BadParameter("say which jobs, or --all")
    with service():
        retried = in_transaction(
            lambda session: retry_jobs(session, database_time(session), job_ids or None)
        )
        publish_waiting_jobs()
    typer.echo(f"{len(retried)} jobs wait for a worker now")
    if job_ids and len(retried) < len(set(job_ids)):
        errors.print("the others are done, running, or not there", highlight=False)
        raise typer.Exit(1)


def recount(
    fix: Annotated[bool, typer.Option("--fix", help="Repair what differs.")] = False,
    as_json: Json = False,
) -> None:
    """Count everything anew from the rows; 0 differences is the only healthy answer."""
    with service():
        found = in_transaction(count_anew, check_attributions, fix=fix)
    if as_json:
        print_json({"changed": found.changed, "checked": found.checked, "details": found.details})
    else:
        done = "repaired" if fix else "found"
        typer.echo(f"{found.changed} differences {done}")
        print_table([{"checked": k, "rows": v} for k, v in found.checked.items()],
                    ("checked", "rows"))  # fmt: skip
        for name, rows in found.details.items():
            print_table(rows, list(rows[0]), title=f"{name}: kept and counted")
    if found.changed and not fix:
        raise typer.Exit(1)
