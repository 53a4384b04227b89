"""Commands about re-ingest requests: list, show, pause, resume, cancel."""

from typing import Annotated, Any

import typer

from models.database import database_time, in_transaction
from models.queries import reingests
from tasks.reingest.store import requests as store
from workers.cli.options import Json, Limit, fail
from workers.cli.output import as_record, console, print_error, print_json, print_table, show
from workers.local.embedded.servers import EmbeddedServers
from workers.local.service import service
from workers.words import count

_COLUMNS = ("id", "scope", "stage", "state", "jobs", "jobs_left", "requested_by", "created_at")

RequestId = Annotated[str, typer.Argument(metavar="REQUEST", help="The id of the request.")]


def list_requests(limit: Limit = 50, as_json: Json = False) -> None:
    """List re-ingest requests, newest first."""
    with service(broker=False):
        rows = in_transaction(reingests.requests, limit=limit)
    show(rows, _COLUMNS, as_json=as_json)


def show_request(
    request_id: RequestId,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until it is done.")] = False,
    as_json: Json = False,
) -> None:
    """Show the progress and the result of a request."""
    with service() as servers:
        if wait:
            _wait(request_id, servers)
        request = _closed_if_done(request_id)
    _show(request, as_json=as_json)


def _wait(request_id: str, servers: EmbeddedServers | None) -> None:
    from workers.cli.wait_for_jobs import wait_for_work  # noqa: PLC0415  only with --wait

    if details := in_transaction(reingests.request, request_id):
        request = as_record(details)
        podcast_ids = in_transaction(reingests.podcasts_of, request_id)
        watch = servers.watch if servers else None
        since, jobs = request["created_at"], request["jobs"]
        wait_for_work(podcast_ids, since, request_id=request_id, jobs=jobs, watch=watch)


def _closed_if_done(request_id: str) -> dict[str, Any]:
    in_transaction(lambda session: store.close_finished_requests(session, database_time(session)))
    request = in_transaction(reingests.request, request_id)
    if request is None:
        fail(f"no such request: {request_id}")
    return as_record(request)


def pause(request_id: RequestId, as_json: Json = False) -> None:
    """Pause a request: start no more of its jobs."""
    with service():
        changed = in_transaction(store.pause_request, request_id)
        request = _closed_if_done(request_id)
    _show_change(request, changed, as_json=as_json)


def resume(request_id: RequestId, as_json: Json = False) -> None:
    """Resume a paused request."""
    from workers.cli.publish import publish_waiting_jobs  # noqa: PLC0415  it loads Celery

    with service():
        changed = in_transaction(store.resume_request, request_id)
        publish_waiting_jobs()
        request = _closed_if_done(request_id)
    _show_change(request, changed, as_json=as_json)


def cancel(request_id: RequestId, as_json: Json = False) -> None:
    """Cancel a request: skip its jobs that have not run."""
    with service():
        changed = in_transaction(
            lambda session: store.cancel_request(session, request_id, database_time(session))
        )
        request = _closed_if_done(request_id)
    _show_change(request, changed, as_json=as_json)


def _show_change(request: dict[str, Any], changed: bool, *, as_json: bool) -> None:
    _show(request, as_json=as_json)
    if not changed:
        print_error(f"unchanged, it is {request['state']}")
        raise typer.Exit(1)


def _show(request: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(request)
        return
    ended = f", ended {request['finished_at']:%Y-%m-%d %H:%M}" if request["finished_at"] else ""
    _print(
        f"{request['id']}: {request['state']}; {request['stage']} of {request['scope']}, requested "
        f"by {request['requested_by'] or 'an unknown sender'} at "
        f"{request['created_at']:%Y-%m-%d %H:%M}{ended}"
    )
    if request["reason"]:
        _print(f"{request['reason']}: {request['message']}")
    _print_progress(request)


def _print_progress(request: dict[str, Any]) -> None:
    states = [{"state": state, "jobs": jobs} for state, jobs in request["jobs_by_state"].items()]
    print_table([row for row in states if row["jobs"]], ("state", "jobs"))
    if request["feeds"]:
        polled = request["feeds"] - request["feeds_left"]
        _print(f"{polled} of {count(request['feeds'], 'feed')} polled")
    changes = (f"{number:,} {change}" for change, number in request["changed"].items())
    _print("appearances " + ", ".join(changes))
    for failure in request["failures"]:
        after = f", next attempt {failure['retry_at']:%H:%M}" if failure["retry_at"] else ", dead"
        _print(f"{count(failure['jobs'], 'job')} failed: {failure['reason']}{after}")


def _print(text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
