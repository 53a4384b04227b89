"""The operator's area: its status, which feeds fail, and what to do about it."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, HTTPException, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.exc import DBAPIError

from models import QueueState, RequestState, get_settings
from models.database import database_time, in_transaction, summarize_error
from models.queries import feeds as about_feeds
from models.queries import jobs as about_work
from models.queries import podcast_pages
from models.queries.failed_jobs import failed_jobs, unfinished_jobs
from models.queries.failing_feeds import failing_feeds
from models.queries.identity import open_suggestions
from models.queries.replica import ReplicaHealth, replica_health
from tasks.auth.store.accounts import account_id_of, accounts, end_sessions
from tasks.jobs.broker import BrokerUnavailable, queue_length
from tasks.jobs.publisher import publish_waiting_jobs
from tasks.jobs.queue_control import UNPAUSABLE, change_queue_state
from tasks.podcasts.store.due_times import poll_now
from tasks.podcasts.store.privacy import declare_privacy
from web.auth.session import CheckedForm, Operator
from web.pages.podcasts import Id
from web.presenters.reingest_texts import queues_needed
from web.presenters.request_progress import RequestProgress, request_progress
from web.rendering import page
from workers.celery_app import QUEUES, app

router = APIRouter(prefix="/operate", include_in_schema=False)

ROWS = 100


@router.get("")
def overview(request: Request, who: Operator) -> Response:
    """The whole in figures, queues, and what is not done."""
    del who
    found = in_transaction(lambda session: about_work.status(session, database_time(session)))
    fresh = in_transaction(lambda session: about_feeds.freshness(session, database_time(session)))
    jobs = in_transaction(unfinished_jobs)
    working = any(row.state in {"waiting", "running"} for row in jobs)
    halted = {queue.name: queue for queue in found.paused_queues}
    queues = [
        {
            "name": name,
            "length": _length(name),
            "halted": halted.get(name),
            "may_halt": name != UNPAUSABLE,
        }
        for name in QUEUES
    ]
    return page(
        request,
        "operate/overview.html",
        here="Operate",
        tab="overview",
        status=200,
        found=found,
        fresh=fresh,
        jobs=jobs,
        progress=_progress(found.requests),
        done=not (working or found.feeds_due or found.feeds_polled_now),
        failures=in_transaction(failed_jobs),
        feed_failures=in_transaction(failing_feeds),
        suggested=in_transaction(open_suggestions),
        queues=queues,
        replica=_replica(),
    )


def _progress(requests: list[about_work.OpenRequest]) -> dict[str, RequestProgress]:
    """How far each re-ingest request is, by id."""
    now = in_transaction(database_time)
    halted = in_transaction(about_work.paused_by_name)
    return {
        one.id: request_progress(
            one.jobs,
            one.jobs_left,
            one.created_at,
            now,
            runs=one.state == RequestState.running
            and not any(name in halted for name in queues_needed(one.stage, jobs=1, feeds=0)),
        )
        for one in requests
    }


def _replica() -> ReplicaHealth | str | None:
    """How far the replica is behind, or why it does not answer; None without one."""
    if not get_settings().read_database_url:
        return None
    try:
        return replica_health()
    except DBAPIError as error:
        return summarize_error(error)


def _length(name: str) -> int | None:
    """Messages that wait; None when the broker does not say."""
    try:
        return queue_length(app, name)
    except BrokerUnavailable:
        return None


@router.post("/queues/{name}", dependencies=[CheckedForm])
def change_queue(who: Operator, name: str, state: Annotated[QueueState, Form()]) -> Response:
    """Pause, drain or open a queue."""
    if name in QUEUES and name != UNPAUSABLE:
        change_queue_state(name, state, who.name)
    return RedirectResponse("/operate", status_code=303)


@router.get("/feeds")
def feeds(
    request: Request,
    who: Operator,
    everything: bool = False,
    reason: Annotated[str, Query(max_length=100)] = "",
    polled: Annotated[int, Query(ge=0, lt=2**63)] = 0,
) -> Response:
    """Feeds whose last poll failed, by reason, or all; ``polled`` was made due just now."""
    del who
    due = in_transaction(podcast_pages.podcast, polled) if polled else None
    rows = in_transaction(
        lambda session: about_feeds.feeds(
            session, database_time(session), failing=not everything, reason=reason, limit=ROWS
        )
    )
    everything = everything and not reason
    return page(
        request,
        "operate/feeds.html",
        here="Operate",
        tab="feeds",
        which="all" if everything else "failing",
        rows=rows,
        everything=everything,
        reason=reason,
        groups=[] if everything else in_transaction(failing_feeds),
        due=(due.title or due.feed_url) if due else "",
        most=ROWS,
    )


@router.post("/feeds/{podcast_id}/poll", dependencies=[CheckedForm])
def poll_feed(
    who: Operator,
    podcast_id: int,
    everything: Annotated[bool, Form()] = False,
    reason: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    """Make a feed due now, and go back to the list that it was in."""
    del who
    in_transaction(poll_now, [podcast_id])
    known = {"polled": podcast_id} if 0 < podcast_id < 2**63 else {}
    listed = {"everything": "true"} if everything else {"reason": reason} if reason else {}
    query = urlencode(listed | known)
    return RedirectResponse(f"/operate/feeds?{query}#feed-{podcast_id}", status_code=303)


@router.post("/podcasts/{podcast_id}/privacy", dependencies=[CheckedForm])
def change_privacy(who: Operator, podcast_id: Id, private: Annotated[bool, Form()]) -> Response:
    """Declare the URLs of a podcast private or public."""
    del who
    if in_transaction(podcast_pages.podcast, podcast_id) is None:
        raise HTTPException(404)
    in_transaction(declare_privacy, podcast_id, private=private)
    publish_waiting_jobs()
    return RedirectResponse(f"/podcasts/{podcast_id}", status_code=303)


@router.get("/accounts")
def all_accounts(request: Request, who: Operator) -> Response:
    """Who may sign in, and who is."""
    del who
    rows = in_transaction(lambda session: accounts(session, database_time(session)))
    return page(request, "operate/accounts.html", here="Operate", tab="accounts", rows=rows)


@router.post("/accounts/sign-out", dependencies=[CheckedForm])
def sign_out(who: Operator, name: Annotated[str, Form(max_length=200)]) -> Response:
    """End every session of an account, one's own others included."""
    account_id = in_transaction(account_id_of, name)
    if account_id is not None:
        in_transaction(lambda s: end_sessions(s, account_id, but=who.session_id))
    return RedirectResponse("/operate/accounts", status_code=303)
