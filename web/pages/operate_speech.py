"""Speech to text for operators: progress, speech coverage, failures, and what is chosen."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from models import QueueState, SpeechMode, Stage, get_settings
from models.database import Session, database_time, in_transaction
from models.queries import podcast_pages
from models.queries.heard_episodes import heard_episodes, speech_choices, speech_failures
from models.queries.speech import SpeechProgress, running_transcriptions, speech_progress
from tasks.jobs.publisher import publish_waiting_jobs
from tasks.jobs.queue_control import change_queue_state
from tasks.jobs.queue_state import paused_queues
from tasks.reingest.request import log_requested, request_reingest
from tasks.reingest.values import ReingestScope
from tasks.speech.store.choices import cancel_waiting, choose_speech
from tasks.speech.store.control import QUEUE
from web.auth.session import CheckedForm, Operator
from web.rendering import page

router = APIRouter(prefix="/operate/speech", include_in_schema=False)
ROWS = 100
_RECENT = timedelta(days=7)
_PAGE = "/operate/speech"


@router.get("")
def overview(request: Request, who: Operator, degraded: bool = False) -> Response:
    """How far speech to text is, and the speech coverage of each transcribed episode."""
    del who
    settings = get_settings()
    below = settings.speech_min_coverage if degraded else None
    progress = in_transaction(_progress)
    return page(
        request,
        "operate/speech.html",
        here="Operate",
        tab="speech",
        enabled=settings.speech,
        limit=settings.speech_min_coverage,
        most=ROWS,
        degraded=degraded,
        modes=list(SpeechMode),
        default_mode=settings.speech_mode,
        progress=progress,
        cost=progress.cost(settings.speech_endpoint_price),
        queue=in_transaction(paused_queues).get(QUEUE, QueueState.open),
        running=in_transaction(running_transcriptions),
        failures=in_transaction(speech_failures),
        choices=in_transaction(speech_choices),
        heard=in_transaction(heard_episodes, below=below, limit=ROWS),
    )


def _progress(session: Session) -> SpeechProgress:
    since = database_time(session) - _RECENT
    return speech_progress(session, get_settings().speech_min_coverage, since)


@router.post("", dependencies=[CheckedForm])
def change(who: Operator, action: Annotated[str, Form(max_length=20)]) -> Response:
    """Pause or resume speech to text, or cancel what waits."""
    if action == "cancel":
        in_transaction(lambda session: cancel_waiting(session, database_time(session)))
    elif action in {"pause", "resume"}:
        state = QueueState.paused if action == "pause" else QueueState.open
        change_queue_state(QUEUE, state, who.name)
    return RedirectResponse(_PAGE, status_code=303)


@router.post("/podcasts", dependencies=[CheckedForm])
def change_podcast(
    who: Operator,
    podcast: Annotated[int, Form(ge=1, lt=2**63)],
    mode: Annotated[SpeechMode, Form()],
    speakers: Annotated[int, Form(ge=0, le=100)] = 0,
    action: Annotated[str, Form(max_length=20)] = "choose",
) -> Response:
    """Choose which episodes of a podcast are transcribed, or transcribe all of them now."""
    if in_transaction(podcast_pages.podcast, podcast) is None:
        raise HTTPException(404)
    in_transaction(choose_speech, podcast, mode, speakers)
    if action == "run":
        _transcribe(podcast, who.name)
    return RedirectResponse(_PAGE, status_code=303)


def _transcribe(podcast_id: int, requested_by: str) -> None:
    scope = ReingestScope(podcast_id=podcast_id)
    receipt = in_transaction(request_reingest, scope, Stage.download, "", requested_by=requested_by)
    if receipt is not None:
        log_requested(scope, receipt)
    publish_waiting_jobs()
