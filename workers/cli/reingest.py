"""The command that ingests again: by scope and stage, with a dry run."""

from typing import Annotated

import typer

from models import Stage
from models.database import database_time, in_transaction
from models.queries import reingests
from tasks.reingest.request import log_requested, request_reingest
from tasks.reingest.store.requests import close_finished_requests
from tasks.reingest.values import BadScope, ReingestReceipt, ReingestScope
from workers.cli.dry_run import dry_run_reingest
from workers.cli.options import Json, current_actor
from workers.cli.output import print_error, print_json
from workers.cli.run_work import run_until_done
from workers.cli.scope import SCOPE_HELP, scope_of
from workers.local.embedded.servers import EmbeddedServers
from workers.local.service import service
from workers.words import count

_STAGE_HELP = (
    "fetch: request everything from the publishers again. parse: read the stored bodies again. "
    "people: resolve speakers again. counts: recompute the counts of people. "
    "Default: fetch; for outdated, whichever stage is outdated."
)


def reingest(
    scope: Annotated[str, typer.Argument(metavar="SCOPE", help=SCOPE_HELP)],
    stage: Annotated[Stage | None, typer.Option(help=_STAGE_HELP)] = None,
    request_id: Annotated[
        str,
        typer.Option(
            "--request-id", help="An id of your choice; a second request with it does nothing."
        ),
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would change, and change nothing.")
    ] = False,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait for the jobs.")] = True,
    as_json: Json = False,
) -> None:
    """Ingest everything in SCOPE again; only differences are written.

    The jobs have a priority below live work.
    """
    with service() as servers:
        try:
            covered = scope_of(scope)
            if dry_run:
                dry_run_reingest(covered, stage or covered.default_stage, as_json=as_json)
                return
            receipt = _request(covered, stage, request_id)
        except BadScope as error:
            raise typer.BadParameter(str(error)) from error
        failed = _run(receipt, servers, no_wait=not wait)
        if as_json:
            print_json(in_transaction(reingests.request, receipt.request_id))
    if failed:
        raise typer.Exit(1)


def _request(scope: ReingestScope, stage: Stage | None, request_id: str) -> ReingestReceipt:
    """Make the rows of the request; ends the command when the id is known or nothing is covered."""
    receipt = in_transaction(
        request_reingest, scope, stage, request_id, requested_by=current_actor()
    )
    if receipt is None:
        print_error(f"{request_id} was requested before")
        raise typer.Exit(1)
    log_requested(scope, receipt)
    feeds, jobs = len(receipt.podcast_ids), len(receipt.job_ids)
    print_error(f"{receipt.request_id}: {count(feeds, 'feed')}, {count(jobs, 'job')}")
    if not feeds and not jobs:
        print_error("nothing to do in this scope")
        raise typer.Exit(1)
    return receipt


def _run(receipt: ReingestReceipt, servers: EmbeddedServers | None, *, no_wait: bool) -> bool:
    failed = run_until_done(
        servers,
        receipt.podcast_ids,
        receipt.requested_at,
        request_id=receipt.request_id,
        jobs=len(receipt.job_ids),
        no_wait=no_wait,
    )
    in_transaction(lambda session: close_finished_requests(session, database_time(session)))
    return failed
