"""The operator's page of jobs: those in one state, what failed by reason, and retries."""

from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel import Session

from models.database import database_time, in_transaction
from models.queries import jobs as about_work
from models.queries.failed_jobs import failed_jobs
from tasks.jobs.publisher import publish_waiting_jobs
from tasks.jobs.store import retry_jobs
from web.auth.session import CheckedForm, Operator
from web.rendering import page

router = APIRouter(prefix="/operate/jobs", include_in_schema=False)

ROWS = 100


class JobsShown(StrEnum):
    """Which jobs a page lists; those that wait to be retried are ``failed``."""

    failed = "failed"
    dead = "dead"
    waiting = "waiting"
    running = "running"
    done = "done"


_FAILED = (JobsShown.failed, JobsShown.dead)


@router.get("")
def jobs(
    request: Request,
    who: Operator,
    state: JobsShown | None = None,
    reason: Annotated[str, Query(max_length=100)] = "",
    retried: Annotated[int | None, Query(ge=0, lt=2**31)] = None,
) -> Response:
    """Jobs in one state, the newest first; without a state, those that failed.

    ``retried`` is how many jobs the last retry, after which this page is shown, reset.
    """
    del who
    found = in_transaction(lambda session: _found(session, state, reason))
    return page(
        request,
        "operate/jobs.html",
        here="Operate",
        tab="jobs",
        reason=reason,
        retried=retried,
        states=list(JobsShown),
        most=ROWS,
        **found,
    )


def _found(session: Session, state: JobsShown | None, reason: str) -> dict[str, Any]:
    failures = failed_jobs(session)
    totals = {one: sum(row.jobs for row in failures if row.state == one) for one in _FAILED}
    # Dead jobs need an operator, so they come first.
    only_failed = totals[JobsShown.failed] and not totals[JobsShown.dead]
    chosen = state or (JobsShown.failed if only_failed else JobsShown.dead)
    stored = "waiting" if chosen is JobsShown.failed else chosen.value
    rows = about_work.jobs(
        session,
        states=[stored],
        failed={"failed": True, "waiting": False}.get(chosen),
        reason=reason or None,
        limit=ROWS,
    )
    with_reason = sum(row.jobs for row in failures if row.reason == reason)
    return {
        "rows": rows,
        "state": chosen,
        "failures": failures,
        "totals": totals,
        "with_reason": with_reason,
    }


@router.post("/retry", dependencies=[CheckedForm])
def retry(
    who: Operator,
    job: Annotated[list[int] | None, Form()] = None,
    everything: Annotated[bool, Form()] = False,
    reason: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    """Retry these jobs, or all that failed, or those of them with one reason."""
    del who
    chosen = None if everything or reason else job or []
    retried = in_transaction(
        lambda session: retry_jobs(session, database_time(session), chosen, reason=reason or None)
    )
    publish_waiting_jobs()
    # In the same place: a reader who came from a reason sees what is left of it.
    filtered = {"reason": reason} if reason else {}
    shown = urlencode(filtered | {"retried": str(len(retried))})
    return RedirectResponse(f"/operate/jobs?{shown}#outcome", status_code=303)
