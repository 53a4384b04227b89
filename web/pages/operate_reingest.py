"""Re-ingests, by the operator's pages: dry run, start, progress, pause, resume, cancel."""

import itertools
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field
from sqlmodel import Session
from starlette.exceptions import HTTPException

from models import RequestState, Stage, get_settings
from models.database import database_time, in_transaction
from models.queries import podcast_pages
from models.queries import reingests as about_requests
from models.queries.jobs import PausedQueue, paused_by_name
from models.queries.reingests import RequestRow
from models.queries.search import PodcastByName
from models.tables.job import SPEECH_STAGES
from tasks.auth.values import SignedIn
from tasks.jobs.publisher import publish_waiting_jobs
from tasks.podcasts.store.find import find_podcast
from tasks.reingest.diff import DryRunSummary
from tasks.reingest.request import find_subjects, log_requested, request_reingest
from tasks.reingest.store.dry_run import dry_run_episodes
from tasks.reingest.store.fetch_plan import planned_fetches
from tasks.reingest.store.requests import (
    cancel_request,
    close_finished_requests,
    pause_request,
    resume_request,
)
from tasks.reingest.values import BadScope, ReingestScope, Subjects
from web.auth.session import CheckedForm, Operator
from web.presenters.reingest_texts import (
    NO_DRY_RUN,
    dry_run_command,
    queues_needed,
    scope_text,
    stage_text,
)
from web.presenters.request_progress import request_progress
from web.presenters.similar_podcasts import is_exact, podcasts_titled
from web.read_transaction import MAX_ID_DIGITS, snapshot
from web.rendering import page

router = APIRouter(prefix="/operate/reingest", include_in_schema=False)

# A page waits for its dry run: of more episodes than these, the command line does it.
MAX_EPISODES = 200

SCOPES = {
    "podcast": "a podcast, by its name, feed URL or id",
    "episode_id": "an episode, by its id",
    "person": "episodes in which a person speaks, by slug",
    "since": "episodes since a date, such as 2026-01-31",
    "failed": "what failed, by reason code, or any",
    "outdated": "what an older parser or matcher made",
    "all": "everything",
}


class UnclearPodcast(BadScope):
    """No podcast, or several, have the title that was typed; ``similar`` ones may be meant."""

    def __init__(self, typed: str, similar: list[PodcastByName]) -> None:
        super().__init__(f"no podcast has exactly this title, feed URL or id: {typed[:200]}")
        self.similar = similar


@router.get("")
def form(
    request: Request,
    who: Operator,
    scope: Annotated[str, Query(max_length=20)] = "podcast",
    value: Annotated[str, Query(max_length=2000)] = "",
    stage: Stage = Stage.parse,
) -> Response:
    """The form, and the requests so far."""
    del who
    return _page(request, chosen={"scope": scope, "value": value, "stage": stage})


class ReingestForm(BaseModel):
    """The fields of the form; everything is begun only when that is confirmed."""

    scope: str = Field(max_length=20)
    stage: Stage
    value: str = Field(default="", max_length=2000)
    action: str = Field(default="dry_run", max_length=20)
    confirmed: bool = False


@router.post("", dependencies=[CheckedForm])
def submit(request: Request, who: Operator, sent: Annotated[ReingestForm, Form()]) -> Response:
    """Say what it would change, or begin it."""
    chosen = {"scope": sent.scope, "value": sent.value, "stage": sent.stage}
    try:
        meant = _scope(sent.scope, sent.value.strip())
        if sent.action != "begin":
            return _page(request, chosen=chosen, dry_run=_dry_run(meant, sent.stage))
        if meant.everything and not sent.confirmed:
            return _page(request, chosen=chosen, unconfirmed=_size(_subjects(meant, sent.stage)))
        return _begin(who, meant, sent.stage)
    except BadScope as bad:
        similar = bad.similar if isinstance(bad, UnclearPodcast) else []
        return _page(request, chosen=chosen, problem=f"{bad}", similar=similar, status=400)


def _scope(word: str, value: str) -> ReingestScope:
    """The scope that the form says.

    Raises:
        BadScope: it cannot be understood.
    """
    if word in {"all", "outdated"}:
        return ReingestScope.from_json({word: True})
    if word == "episode_id":
        return ReingestScope.from_json({word: int(value) if _is_id(value) else 0})
    if word == "podcast" and value:
        return ReingestScope(podcast_id=_podcast_id(value))
    if word == "since":
        return ReingestScope(since=_day(value))
    return ReingestScope.from_json({word: value})


def _podcast_id(value: str) -> int:
    """The podcast with this id, feed URL or title.

    Raises:
        UnclearPodcast: there is none, or several have the title.
    """
    with snapshot(revealing=True) as session:
        podcast = find_podcast(session, value)
        found = [] if podcast else podcasts_titled(session, value[:200])
    if podcast is not None and podcast.id is not None:
        return podcast.id
    if is_exact(found, value):
        return found[0].id
    raise UnclearPodcast(value, found)


def _is_id(value: str) -> bool:
    return value.isdecimal() and len(value) <= MAX_ID_DIGITS


def _day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise BadScope("write the date as YYYY-MM-DD, such as 2026-01-31") from None


def _subjects(scope: ReingestScope, stage: Stage) -> Subjects:
    return in_transaction(find_subjects, scope, stage)


def _size(subjects: Subjects) -> dict[str, int]:
    episodes = sum(len(ids) for ids in subjects.episodes.values())
    return {
        "episodes": episodes,
        "feeds": len(subjects.podcast_ids),
        "people": len(subjects.person_ids),
        "most": MAX_EPISODES,
    }


def _dry_run(scope: ReingestScope, stage: Stage) -> dict[str, Any]:
    """What it would change; of a large scope only its size, for a page must come soon."""
    subjects = _subjects(scope, stage)
    size = _size(subjects)
    found = {"size": size, "command": dry_run_command(scope, stage), "preview": None, "plan": None}
    if stage is Stage.fetch:
        plan = in_transaction(planned_fetches, subjects)
        return found | {"plan": plan, "days_recorded": get_settings().job_history_days}
    if size["episodes"] > MAX_EPISODES or stage in NO_DRY_RUN:
        return found
    preview = DryRunSummary()
    for one in itertools.islice(dry_run_episodes(subjects), MAX_EPISODES):
        preview.add(one)
    return found | {"preview": preview}


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
    states = found.jobs_by_state
    left = states["waiting"] + states["running"] + states["failed"]
    paused = in_transaction(paused_by_name) if found.state == RequestState.running else {}
    needed = queues_needed(found.stage, jobs=left, feeds=found.feeds_left)
    halted = [paused[name] for name in needed if name in paused]
    runs = found.state == RequestState.running
    now = in_transaction(database_time)
    return page(
        request,
        "operate/request.html",
        here="Operate",
        tab="reingest",
        found=found,
        scope=scope_text(found.scope, in_transaction(_titles, [found.scope])),
        paused=halted,
        progress=request_progress(
            found.jobs, left, found.created_at, now, runs=runs and not halted
        ),
        done=not runs,
    )


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


def _titles(session: Session, scopes: Iterable[Mapping[str, Any]]) -> dict[int, str]:
    """The titles of the podcasts that stored scopes name by id."""
    ids = {one["podcast_id"] for one in scopes if "podcast_id" in one}
    found = (podcast_pages.podcast(session, one) for one in ids if isinstance(one, int))
    return {one.id: one.title or one.feed_url for one in found if one}


def _paused_queue(row: RequestRow, halted: Mapping[str, PausedQueue]) -> str:
    """The paused queue that a running request waits for, if any."""
    if row.state != RequestState.running:
        return ""
    needed = queues_needed(row.stage, jobs=row.jobs_left, feeds=0)
    return next((name for name in needed if name in halted), "")


def _page(
    request: Request, *, chosen: dict[str, Any], status: int = 200, **context: Any
) -> Response:
    nothing: dict[str, Any] = {"dry_run": None, "unconfirmed": None, "problem": "", "similar": []}
    rows = in_transaction(about_requests.requests, limit=20)
    titles = in_transaction(_titles, [row.scope for row in rows])
    halted = in_transaction(paused_by_name)
    return page(
        request,
        "operate/reingest.html",
        here="Operate",
        tab="reingest",
        status=status,
        chosen=chosen,
        requests=rows,
        paused={row.id: in_paused for row in rows if (in_paused := _paused_queue(row, halted))},
        scope_texts={row.id: scope_text(row.scope, titles) for row in rows},
        scopes=SCOPES,
        # Those of speech to text, which few need, are last.
        stages={one: stage_text(one) for one in sorted(Stage, key=SPEECH_STAGES.__contains__)},
        **(nothing | context),
    )
