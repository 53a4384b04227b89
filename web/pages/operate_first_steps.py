"""The first steps of a new service: account, contact address, podcasts, with their state."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from models import Settings, get_settings
from models.database import Session, database_time, in_transaction
from models.queries.ingest_progress import newest_ids, progress
from tasks.http.settings import user_agent
from web.auth.session import Operator
from web.presenters.podcast_progress import STEPS, PodcastProgress, podcast_progress
from web.rendering import page
from web.speech_advice import advice_by_podcast

router = APIRouter(prefix="/operate/first-steps", include_in_schema=False)
SHOWN = 5


def has_own_contact(settings: Settings) -> bool:
    """Whether publishers are sent to a page of the operator, and not to the project's."""
    return bool(settings.contact_url != Settings.model_fields["contact_url"].default)


@router.get("")
def first_steps(request: Request, who: Operator) -> Response:
    """What is left to do, and how the newest podcasts fare."""
    del who
    podcasts, advice = in_transaction(_newest)
    settings = get_settings()
    return page(
        request,
        "operate/first_steps.html",
        here="Operate",
        tab="first-steps",
        podcasts=podcasts,
        steps=STEPS,
        silent={},
        advice=advice,
        already=frozenset[int](),
        user_agent=user_agent(settings),
        has_contact=has_own_contact(settings),
        done=bool(podcasts) and all(one.done_with for one in podcasts),
    )


def _newest(session: Session) -> tuple[list[PodcastProgress], dict[int, str]]:
    """The newest podcasts, and what can be done for each if it has no transcripts."""
    ids = newest_ids(session, SHOWN)
    found = progress(session, ids, database_time(session))
    advice = advice_by_podcast(session, ids, for_operators=True)
    return [podcast_progress(row) for row in reversed(found)], advice
