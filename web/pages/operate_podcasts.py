"""The operator's pages of podcasts: pause, resume, remove and add again, and what is not polled."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel import Session

from models.database import in_transaction
from models.queries import podcast_changes, podcast_pages
from tasks.podcasts.store.add import add_again
from tasks.podcasts.store.pause import pause, resume
from tasks.podcasts.store.remove import remove
from web.auth.session import CheckedForm, Operator
from web.pages.paged import ListPage, list_page
from web.pages.podcasts import Id
from web.presenters.podcast_changes import PodcastChange, outcome_of, possible_changes
from web.rendering import page

router = APIRouter(prefix="/operate/podcasts", include_in_schema=False)

ROWS = 50
# The same functions as those of the commands.
CHANGES: dict[PodcastChange, Callable[[Session, int], bool]] = {
    PodcastChange.pause: pause,
    PodcastChange.resume: resume,
    PodcastChange.remove: remove,
    PodcastChange.restore: add_again,
}


@router.get("")
def unpolled(
    request: Request,
    who: Operator,
    listed: Annotated[ListPage, Depends(list_page(ROWS))],
    after: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
) -> Response:
    """Podcasts that are paused, removed or refused, and may be polled again."""
    del who
    found = in_transaction(podcast_changes.unpolled_podcasts, before=after, limit=listed.limit)
    return page(
        request,
        "operate/podcasts.html",
        here="Operate",
        tab="feeds",
        which="not polled",
        podcasts=listed.shown(found),
        listed=listed,
        total=in_transaction(podcast_changes.count_unpolled),
        later=after is not None,
        more=listed.more(found, lambda last: last.id),
    )


@router.get("/{podcast_id}")
def one_podcast(
    request: Request,
    who: Operator,
    podcast_id: Id,
    done: PodcastChange | None = None,
    changed: bool = True,
) -> Response:
    """What can be done to a podcast, what that would change, and what was just done."""
    del who
    about = in_transaction(podcast_pages.podcast, podcast_id)
    if about is None:
        raise HTTPException(404)
    name = about.title or about.feed_url
    return page(
        request,
        "operate/podcast.html",
        here="Operate",
        tab="feeds",
        podcast=about,
        name=name,
        figures=in_transaction(podcast_pages.podcast_counts, podcast_id),
        counted=in_transaction(podcast_changes.counted_people, podcast_id),
        changes=possible_changes(about.state),
        outcome=outcome_of(done, about.state, name, changed=changed) if done else None,
    )


@router.post("/{podcast_id}", dependencies=[CheckedForm])
def change(who: Operator, podcast_id: Id, action: Annotated[PodcastChange, Form()]) -> Response:
    """Pause, resume or remove a podcast, or add it again."""
    del who
    if in_transaction(podcast_pages.podcast, podcast_id) is None:
        raise HTTPException(404)
    changed = in_transaction(CHANGES[action], podcast_id)
    query = f"done={action.value}" + ("" if changed else "&changed=false")
    return RedirectResponse(f"/operate/podcasts/{podcast_id}?{query}#outcome", status_code=303)
