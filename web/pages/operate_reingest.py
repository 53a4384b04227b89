"""Re-ingests, by the operator's pages: dry run, start, progress, pause, resume, cancel."""

import itertools
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from models import Stage
from models.database import database_time, in_transaction
from models.queries import reingests as about_requests
from models.tables.job import SPEECH_STAGES
from tasks.auth.values import SignedIn
from tasks.jobs.publisher import publish_waiting_jobs
from tasks.reingest.diff import DryRunSummary
from tasks.reingest.request import find_subjects, log_requested, request_reingest
from tasks.reingest.store.dry_run import dry_run_episodes
from tasks.reingest.store.requests import (
    cancel_request,
    close_finished_requests,
    pause_request,
    resume_request,
)
from tasks.reingest.values import BadScope, ReingestScope
from web.auth.session import CheckedForm, Operator
from web.read_transaction import MAX_ID_DIGITS
from web.rendering import page

router = APIRouter(prefix="/operate/reingest", include_in_schema=False)

# A page waits for its dry run: of more episodes than these, the command line does it, and so it
# does where transcripts would be fetched.
MAX_EPISODES = 200
NOT_HERE = frozenset({Stage.fetch, Stage.counts, *SPEECH_STAGES})

SCOPES = {
    "podcast": "a podcast, by its feed URL or id",
    "episode_id": "an episode, by its id",
    "person": "episodes in which a person speaks, by slug",
    "since": "episodes since a date, such as 2026-01-31",
    "failed": "what failed, by reason code, or any",
    "outdated": "what an older parser or matcher made",
    "all": "everything",
}


@router.get("")
def form(request: Request, who: Operator) -> Response:
    """The form, and the requests so far."""
    del who
    return _page(request)


@router.post("", dependencies=[CheckedForm])
def submit(
    request: Request,
    who: Operator,
    scope: Annotated[str, Form(max_length=20)],
    stage: Annotated[Stage, Form()],
    value: Annotated[str, Form(max_length=2000)] = "",
    action: Annotated[str, Form(max_length=20)] = "dry_run",
) -> Response:
    """Say what it would change, or begin it."""
    chosen = {"scope": scope, "value": value, "stage": stage}
    try:
        meant = _scope(scope, value.strip())
        if action == "begin":
            return _begin(who, meant, stage)
        return _page(request, chosen=chosen, dry_run=_dry_run(meant, stage))
    except BadScope as bad:
        return _page(request, chosen=chosen, problem=f"{bad}", status=400)


def _scope(word: str, value: str) -> ReingestScope:
    """The scope that the form says.

    Raises:
        BadScope: it cannot be understood.
    """
    if word in {"all", "outdated"}:
        return ReingestScope.from_json({word: True})
    if word == "episode_id":
        return ReingestScope.from_json({word: int(value) if _is_id(value) else 0})
    if word == "podcast" and _is_id(value):
        return ReingestScope.from_json({"podcast_id": int(value)})
    if word == "since":
        return ReingestScope(since=_day(value))
    return ReingestScope.from_json({word: value})


def _is_id(value: str) -> bool:
    return value.isdecimal() and len(value) <= MAX_ID_DIGITS


def _day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise BadScope("write the date as YYYY-MM-DD, such as 2026-01-31") from None


def _dry_run(scope: ReingestScope, stage: Stage) -> dict[str, Any]:
    """What it would change; of a large scope only its size, for a page must come soon."""
    subjects = in_transaction(find_subjects, scope, stage)
    episodes = sum(len(ids) for ids in subjects.episodes.values())
    size = {"episodes": episodes, "feeds": len(subjects.podcast_ids), "most": MAX_EPISODES}
    if episodes > MAX_EPISODES or stage in NOT_HERE:
        return {"size": size, "preview": None}
    preview = DryRunSummary()
    for one in itertools.islice(dry_run_episodes(subjects), MAX_EPISODES):
        preview.add(one)
    return {"size": size, "preview": preview}


def _begin(who: SignedIn, scope: ReingestScope, stage: Stage) -> Response:
    requested = in_transaction(request_reingest, scope, stage, "", requested_by=who.name)
    if requested is None:
        raise BadScope("this has already been requested")
    log_requested(scope, requested)
    publish_waiting_jobs()
    return RedirectResponse(f"/operate/reingest/{requested.request_id}", status_code=303)


@router.get("/{request_id}")
def one_request(request: Request, who: Operator, request_id: str) -> Response:
    """How far one is, what failed of it, and what it changed."""
    del who
    in_transaction(lambda session: close_finished_requests(session, database_time(session)))
    found = in_transaction(about_requests.request, request_id)
    if found is None:
        raise HTTPException(404)
    return page(request, "operate/request.html", here="Operate", tab="reingest", found=found)


@router.post("/{request_id}", dependencies=[CheckedForm])
def change(who: Operator, request_id: str, action: Annotated[str, Form()]) -> Response:
    """Pause, resume or cancel it."""
    del who
    if action == "cancel":
        in_transaction(lambda s: cancel_request(s, request_id, database_time(s)))
    elif action in {"pause", "resume"}:
        in_transaction(pause_request if action == "pause" else resume_request, request_id)
    publish_waiting_jobs()
    return RedirectResponse(f"/operate/reingest/{request_id}", status_code=303)


def _page(request: Request, *, status: int = 200, **context: Any) -> Response:
    nothing = {"scope": "podcast", "value": "", "stage": Stage.parse}
    context = {"chosen": nothing, "dry_run": None, "problem": ""} | context
    rows = in_transaction(about_requests.requests, limit=20)
    return page(
        request,
        "operate/reingest.html",
        here="Operate",
        tab="reingest",
        status=status,
        requests=rows,
        scopes=SCOPES,
        stages=list(Stage),
        **context,
    )
