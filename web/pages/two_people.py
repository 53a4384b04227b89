"""Two people side by side: their figures, their podcasts, and the episodes in which both speak."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import RedirectResponse, Response

from models.queries.people import find_slug
from models.queries.person import MergedPerson, PersonPodcastRow, person_of_slug, podcasts_of_person
from models.queries.timed import timed_episodes
from models.queries.two_people import count_together, episodes_together
from tasks.speakers.names.names import comparable
from web.pages.person import known
from web.presenters.similar_names import people_meant
from web.read_transaction import snapshot
from web.rendering import page, with_query

router = APIRouter(include_in_schema=False)
PAGE = 40


@router.get("/people/{slug}/with")
def chosen(
    request: Request, slug: str, name: Annotated[str, Query(max_length=200)] = ""
) -> Response:
    """Find the second person by name; the names that are nearly what was typed, if nobody is."""
    with snapshot() as session:
        who = known(session, slug)
        other = find_slug(session, name.strip(), comparable(name)) if name.strip() else None
        similar = people_meant(session, name.strip(), limit=3) if name.strip() and not other else []
    if other and other != slug:
        return RedirectResponse(f"/people/{slug}/with/{other}", status_code=303)
    return page(
        request,
        "two_people_choice.html",
        here="People & Topics",
        person=who,
        name=name.strip(),
        same=other == slug,
        similar=similar,
    )


@router.get("/people/{slug}/with/{second}")
def two_people(
    request: Request,
    slug: str,
    second: str,
    begin: Annotated[int, Query(ge=0, lt=2**31)] = 0,
) -> Response:
    """Compare two people."""
    with snapshot() as session:
        first = known(session, slug)
        other = person_of_slug(session, second)
        if other is None or second == slug:
            raise HTTPException(404)
        if isinstance(other, MergedPerson):
            return RedirectResponse(f"/people/{slug}/with/{other.slug}", status_code=308)
        ids = (first.id, other.id)
        found = episodes_together(session, *ids, limit=PAGE + 1, skipped=begin)
        together = count_together(session, *ids)
        podcasts = [podcasts_of_person(session, one) for one in ids]
        timed = timed_episodes(session, ids)
    return page(
        request,
        "two_people.html",
        here="People & Topics",
        people=(first, other),
        timed=timed,
        together=together,
        podcasts=side_by_side(*podcasts),
        rows=found[:PAGE],
        later=bool(begin),
        more=with_query(request.url, begin=begin + PAGE) if len(found) > PAGE else None,
    )


def side_by_side(
    first: Sequence[PersonPodcastRow], second: Sequence[PersonPodcastRow]
) -> list[tuple[PersonPodcastRow | None, PersonPodcastRow | None]]:
    """The podcasts of two people in rows: those of both before those of one."""
    others = {one.id: one for one in second}
    rows = [(one, others.pop(one.id, None)) for one in first]
    both = [row for row in rows if row[1]]
    return [*both, *(row for row in rows if not row[1]), *((None, one) for one in others.values())]
