"""Commands about jobs: list, show, retry."""

from typing import Annotated

import typer

from models import Job, JobState
from models.database import database_time, in_transaction
from models.queries import jobs as queries
from tasks.jobs.store import retry_jobs
from workers.cli.options import Json, Limit, OfPodcast, fail, optional_podcast_id
from workers.cli.output import print_json, print_table, show
from workers.local.service import service
from workers.words import count

_COLUMNS = ("id", "state", "outcome", "reason", "attempts", "run_after", "episode")


def list_jobs(
    state: Annotated[list[JobState] | None, typer.Option(help="Only these states.")] = None,
    reason: Annotated[str | None, typer.Option(help="Only this reason code.")] = None,
    podcast: OfPodcast = None,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """List jobs, newest first."""
    with service(broker=False):
        rows = in_transaction(
            queries.jobs,
            states=[each.value for each in state or ()],
            reason=reason,
            podcast_id=optional_podcast_id(podcast),
            limit=limit,
        )
    show(rows, _COLUMNS, as_json=as_json, limit=limit)


def show_job(
    job_id: Annotated[int, typer.Argument(metavar="JOB", help="The job, by id.")],
    as_json: Json = False,
) -> None:
    """Show everything about one job."""
    with service(broker=False):
        job = in_transaction(
            lambda session: row.model_dump() if (row := session.get(Job, job_id)) else None
        )
    if job is None:
        fail(f"no such job: {job_id}")
    if as_json:
        print_json(job)
        return
    facts = [
        {"field": name.replace("_", " "), "value": value}
        for name, value in job.items()
        if value is not None and value != ""
    ]
    print_table(facts, ("field", "value"))


def retry(
    job_ids: Annotated[
        list[int] | None, typer.Argument(metavar="JOB…", help="The jobs, by id.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="All jobs that are dead or waiting after a failure.")
    ] = False,
    reason: Annotated[
        str, typer.Option(metavar="CODE", help="All of these that failed for one reason code.")
    ] = "",
) -> None:
    """Retry jobs that are dead or waiting after a failure, at once."""
    if [bool(job_ids), everything, bool(reason)].count(True) != 1:
        raise typer.BadParameter("give either job ids, or --reason, or --all")
    from workers.cli.publish import publish_waiting_jobs  # noqa: PLC0415  it loads Celery

    with service():
        retried = in_transaction(
            lambda session: retry_jobs(
                session, database_time(session), job_ids or None, reason=reason or None
            )
        )
        publish_waiting_jobs()
    typer.echo(f"{count(len(retried), 'job is', 'jobs are')} now waiting for a worker")
    if job_ids and len(retried) < len(set(job_ids)):
        fail("the others are done, running, or do not exist")
