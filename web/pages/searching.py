"""The search page, and names as they are typed."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse
from sqlmodel import Session

from models.queries.languages import languages_spoken
from models.queries.search import SubjectName, names_of, people_by_name, podcasts_by_name
from tasks.search.find import SearchPage, SearchRequest, search
from tasks.search.index_searcher import IndexMissing
from tasks.search.values import Filters, Order, SearchRefused
from tasks.speakers.names.names import comparable
from web.read_transaction import snapshot
from web.rendering import page, with_query
from workers.local.index_folder import search_folder

router = APIRouter(include_in_schema=False)

Id = Annotated[int | None, Query(ge=1, lt=2**63)]


def number_or_none(value: str) -> int | None:
    """An id in an address; a filter that was left empty is none, and so is nonsense."""
    is_number = value.isascii() and value.isdigit() and len(value) <= 19
    return int(value) if is_number and 0 < int(value) < 2**63 else None


def day_or_none(value: str) -> date | None:
    """A day in an address, likewise."""
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


@router.get("/search")
def search_page(  # noqa: PLR0913, PLR0917  each is a field of the form
    request: Request,
    q: str = "",
    person: str = "",
    podcast: str = "",
    language: Annotated[str, Query(pattern="^([a-z]{2,3})?$")] = "",
    since: str = "",
    until: str = "",
    order: Annotated[Order, Query()] = Order.relevance,
    after: str = "",
) -> HTMLResponse:
    """Search results, by words and filters; without words, the search syntax."""
    filters = Filters(
        number_or_none(person),
        number_or_none(podcast),
        language or None,
        day_or_none(since),
        day_or_none(until),
    )
    shown: SearchPage | None = None
    refused: SearchRefused | None = None
    missing = False
    with snapshot() as session:
        if q.strip():
            query = SearchRequest(q, filters, order, number_or_none(after))
            try:
                shown = search(session, query, search_folder(), counts=query.after is None)
            except SearchRefused as error:
                refused = error
            except IndexMissing:
                missing = True
        chosen = _chosen(session, filters)
        languages = languages_spoken(session)
        people = people_by_name(session, comparable(q), limit=4) if q.strip() else []
        podcasts = podcasts_by_name(session, q.strip(), limit=4) if q.strip() else []
    more = (
        with_query(request.url, after=str(shown.next_cursor))
        if shown and shown.next_cursor
        else None
    )
    return page(
        request,
        "search.html",
        here="Search",
        status=400 if refused else 200,
        q=q[:500],
        filters=filters,
        order=order.value,
        shown=shown,
        refused=refused,
        missing=missing,
        chosen=chosen,
        languages=languages,
        people=people,
        podcasts=podcasts,
        more=more,
        later=bool(after),
        query_parts=_pointed(q, refused),
    )


def _chosen(session: Session, filters: Filters) -> dict[str, SubjectName | None]:
    """The person and the podcast that the search is limited to; None for one that is not shown."""
    people = [filters.person_id] if filters.person_id else []
    podcasts = [filters.podcast_id] if filters.podcast_id else []
    names = names_of(session, people=people, podcasts=podcasts) if people or podcasts else {}
    unknown: dict[str, SubjectName | None] = {"person": None, "podcast": None}
    return unknown | {kind: row for (kind, _), row in names.items()}


def _pointed(text: str, refused: SearchRefused | None) -> tuple[str, str, str] | None:
    """A refused search parted before, at and behind the place that makes no sense."""
    if refused is None or refused.position is None:
        return None
    at = refused.position - 1
    return text[max(0, at - 60) : at], text[at : at + 1], text[at + 1 : at + 61]


@router.get("/search/suggest")
def suggest(q: Annotated[str, Query(max_length=100)] = "") -> JSONResponse:
    """People and podcasts whose name, or a word of it, begins so."""
    with snapshot() as session:
        people = people_by_name(session, comparable(q), limit=6)
        podcasts = podcasts_by_name(session, q.strip(), limit=4)
    found = [
        {
            "kind": "person",
            "name": row.name,
            "href": f"/people/{row.slug}",
            "appearances": row.appearances,
        }
        for row in people
    ] + [
        {"kind": "podcast", "name": row.title[:200], "href": f"/podcasts/{row.id}"}
        for row in podcasts
    ]
    return JSONResponse({"suggestions": found})
