"""One person: the figures, appearances over time, and each one word by word."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BeforeValidator, Field
from sqlmodel import Session

from models.queries.appearances import AppearanceFilter, AppearanceRow
from models.queries.coverage import mentioned_in
from models.queries.person import (
    MergedPerson,
    PersonRow,
    bucket_for,
    names_of_person,
    person_of_slug,
    timeline_of_person,
    years_of_person,
)
from web.cache import cache as keeping
from web.cache.cache import cached
from web.presenters.appearance_search import find_appearances
from web.presenters.person import co_speakers, podcasts_with_roles
from web.presenters.search import count_spoken, phrase
from web.presenters.timeline import timeline
from web.read_transaction import place, snapshot
from web.rendering import page, with_query

router = APIRouter(include_in_schema=False)
PAGE = 40


def _chosen(value: object) -> object:
    """What a form sends for "all of them" is nothing."""
    return value or None


_Id = Annotated[int, Field(ge=1, lt=2**63)]
_Year = Annotated[int, Field(ge=1, le=9999)]
PodcastId = Annotated[_Id | None, BeforeValidator(_chosen), Query()]
Year = Annotated[_Year | None, BeforeValidator(_chosen), Query()]
Words = Annotated[str, Query(max_length=200)]


class Moved(Exception):
    """This person was merged; ``slug`` is under which the other is found."""

    def __init__(self, slug: str) -> None:
        super().__init__(slug)
        self.slug = slug


def known(session: Session, slug: str) -> PersonRow:
    """The person of a slug; 404 when there is none, ``Moved`` when it was merged."""
    person = person_of_slug(session, slug)
    if person is None:
        raise HTTPException(404)
    if isinstance(person, MergedPerson):
        raise Moved(person.slug)
    return person


def moved(request: Request, error: Exception) -> Response:
    """Send a reader of a merged person's page to the other's, whichever page of them it is."""
    assert isinstance(error, Moved)  # noqa: S101  it is registered for these alone
    slug = request.path_params["slug"]
    path = request.url.path.replace(f"/people/{slug}", f"/people/{error.slug}", 1)
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(path + query, status_code=308)


@router.get("/people/{slug}")
def person(
    request: Request,
    slug: str,
    podcast: PodcastId = None,
    year: Year = None,
    q: Words = "",
    after: str | None = None,
) -> HTMLResponse:
    """The page of a person."""
    wanted = AppearanceFilter(podcast, year, q.strip())
    with snapshot() as session:
        who = known(session, slug)
        about = keeping.person(who.id)
        podcasts = podcasts_with_roles(session, who.id)
        bucket = bucket_for(who.first_on, who.last_on)
        rows = cached(session, about, timeline_of_person, who.id, bucket)
        found = find_appearances(session, who.id, wanted, after=place(after), limit=PAGE + 1)
        shown: dict[str, Any] = {
            "years": years_of_person(session, who.id),
            "names": cached(session, about, names_of_person, who.id),
            "others": co_speakers(session, who.id),
            "mentioned": mentioned_in(session, who.id),
            "name_spoken": count_spoken(session, who.name),
            "phrase": phrase(who.name),
        }
    listed = found.rows
    charted = [row for row in rows if podcast in (None, row.podcast_id)]
    more = with_query(request.url, after=listed[PAGE - 1].cursor) if len(listed) > PAGE else None
    return page(
        request,
        "person.html",
        here="People & Topics",
        person=who,
        podcasts=podcasts,
        chart=timeline(charted, podcasts, bucket),
        groups=by_episode(listed[:PAGE]),
        matches=found.total,
        behind=found.behind,
        wanted=wanted,
        later=bool(after),
        filtered=wanted != AppearanceFilter(),
        more=more,
        **shown,
    )


def by_episode(rows: list[AppearanceRow]) -> list[list[AppearanceRow]]:
    """Group consecutive appearances of one episode."""
    groups: list[list[AppearanceRow]] = []
    for row in rows:
        if not groups or groups[-1][0].episode_id != row.episode_id:
            groups.append([])
        groups[-1].append(row)
    return groups
