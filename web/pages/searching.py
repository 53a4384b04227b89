"""The search page, and names as they are typed."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlmodel import Session

from models.queries import episode_pages
from models.queries.episode_titles import episodes_by_title
from models.queries.languages import languages_spoken
from models.queries.search import (
    PersonByName,
    SubjectName,
    names_of,
    people_by_name,
    podcasts_by_name,
    topics_by_name,
)
from models.year_span import year_span
from tasks.search.find import SearchPage, SearchRequest, search
from tasks.search.index_searcher import IndexMissing
from tasks.search.values import Filters, Order, SearchRefused
from tasks.speakers.names.names import comparable
from web.languages.texts import N_, translated
from web.pages.paged import ListPage, list_page
from web.presenters.other_searches import other_searches
from web.presenters.similar_names import people_meant, people_named
from web.presenters.spans import span_text
from web.read_transaction import snapshot
from web.rendering import page
from workers.local.index_folder import search_folder

router = APIRouter(include_in_schema=False)
PAGE = 20
# With fewer, a name may be misspelt.
FEW_MATCHES = 10

Typed = Annotated[str | None, Query(max_length=200)]
# The parameters of filters, as they are in an address.
_FILTERS = ("person", "podcast", "episode", "language", "since", "until", "year")

# Those of them that limit the days, which are one filter.
_SPAN = ("since", "until", "year")


@dataclass(frozen=True, slots=True)
class ShownFilter:
    """A filter of the search: what it is called, and the parameters without which it is gone."""

    label: str
    name: str
    parameters: tuple[str, ...]


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


def year_or_none(value: str) -> int | None:
    """A year in an address, likewise."""
    number = number_or_none(value)
    return number if number and number <= date.max.year else None


def search_filters(  # noqa: PLR0917  each is a parameter of the address
    person: str = "",
    podcast: str = "",
    episode: str = "",
    language: Annotated[str, Query(pattern="^([a-z]{2,3})?$")] = "",
    since: str = "",
    until: str = "",
    year: str = "",
) -> Filters:
    """The filters that an address has; a year wins over days."""
    first, last = year_span(year_or_none(year))
    return Filters(
        number_or_none(person),
        number_or_none(podcast),
        language or None,
        first or day_or_none(since),
        last or day_or_none(until),
        number_or_none(episode),
    )


@router.get("/search")
def search_page(  # noqa: PLR0917  each is a field of the form
    request: Request,
    filters: Annotated[Filters, Depends(search_filters)],
    listed: Annotated[ListPage, Depends(list_page(PAGE, 5))],
    q: str = "",
    order: Annotated[Order, Query()] = Order.relevance,
    after: str = "",
    speaker_name: Typed = None,
    podcast_name: Typed = None,
) -> Response:
    """Search results, by words and filters; without words, the search syntax."""
    shown: dict[str, Any] = {"found": None, "refused": None, "missing": False, "others": []}
    with snapshot() as session:
        chosen = _chosen(session, filters)
        if speaker_name is not None or podcast_name is not None:
            return _with_names(request, session, chosen, speaker_name or "", podcast_name or "")
        if q.strip():
            query = SearchRequest(q, filters, order, number_or_none(after), listed.rows)
            shown |= _results(session, query)
        shown |= {
            "languages": languages_spoken(session),
            "people": _people(session, q, shown["found"]) if q.strip() else [],
            "podcasts": podcasts_by_name(session, q.strip(), limit=3) if q.strip() else [],
            "episodes": episodes_by_title(session, q[:500], limit=3),
        }
    found: SearchPage | None = shown["found"]
    return page(
        request,
        "search.html",
        here="Search",
        status=400 if shown["refused"] else 200,
        q=q[:500],
        filters=filters,
        order=order.value,
        chosen=chosen,
        shown_filters=_shown_filters(filters, chosen),
        listed=listed,
        more=listed.after(found.next_cursor) if found and found.next_cursor else None,
        later=bool(number_or_none(after)),
        query_parts=_pointed(q, shown["refused"]),
        unknown=[name for name in request.query_params.getlist("unknown")[:2] if name],
        **shown,
    )


def _people(session: Session, q: str, found: SearchPage | None) -> list[PersonByName]:
    """People of this name; of a similar one if hardly anything is found, for it may be misspelt."""
    is_rare = found is not None and found.total < FEW_MATCHES
    return (people_meant if is_rare else people_named)(session, q, limit=3)


def _results(session: Session, query: SearchRequest) -> dict[str, Any]:
    """What a search finds, or why it finds nothing and what to try."""
    try:
        found = search(session, query, search_folder(), counts=query.after is None)
    except SearchRefused as error:
        return {"refused": error}
    except IndexMissing:
        return {"missing": True}
    others = []
    if not found.total:
        others = other_searches(session, query.text, query.filters, search_folder())
    return {"found": found, "others": others}


def _with_names(
    request: Request,
    session: Session,
    chosen: dict[str, SubjectName | None],
    speaker: str,
    podcast: str,
) -> Response:
    """The address with the ids of the speaker and the podcast whose names were typed."""
    params = {name: request.query_params.get(name, "") for name in ("q", "order", *_FILTERS)}
    unknown = []
    for kind, typed in (("person", speaker.strip()), ("podcast", podcast.strip())):
        known = chosen[kind]
        if known and known.name == typed:
            continue
        found = _id_of(session, kind, typed) if typed else None
        params[kind] = str(found or "")
        unknown += [("unknown", typed)] if typed and not found else []
    query = urlencode([*((name, value) for name, value in params.items() if value), *unknown])
    return RedirectResponse(f"/search?{query}", status_code=303)


def _id_of(session: Session, kind: str, typed: str) -> int | None:
    """The person or the podcast whose name begins as was typed, or is similar."""
    if kind == "person":
        return next((one.id for one in people_named(session, typed, limit=1)), None)
    return next((one.id for one in podcasts_by_name(session, typed, limit=1)), None)


def _chosen(session: Session, filters: Filters) -> dict[str, SubjectName | None]:
    """What the search is limited to, by kind; None for what is not shown."""
    people = [filters.person_id] if filters.person_id else []
    podcasts = [filters.podcast_id] if filters.podcast_id else []
    names = names_of(session, people=people, podcasts=podcasts) if people or podcasts else {}
    found: dict[str, SubjectName | None] = {"person": None, "podcast": None, "episode": None}
    found |= {kind: row for (kind, _), row in names.items()}
    if filters.episode_id:
        episode = episode_pages.episode(session, filters.episode_id)
        if episode and episode.podcast_state != "removed":
            found["episode"] = SubjectName("episode", episode.id, episode.title, "")
    return found


UNKNOWN = {
    "person": N_("an unknown person"),
    "podcast": N_("an unknown podcast"),
    "episode": N_("an unknown episode"),
}


def _shown_filters(filters: Filters, chosen: dict[str, SubjectName | None]) -> list[ShownFilter]:
    """The filters in force, each to be removed by itself."""

    def name_of(kind: str) -> str:
        one = chosen[kind]
        return (one.name or translated(N_("Untitled"))) if one else translated(UNKNOWN[kind])

    values = [
        (N_("spoken by"), filters.person_id and name_of("person"), ("person",)),
        (N_("in the podcast"), filters.podcast_id and name_of("podcast"), ("podcast",)),
        (N_("in the episode"), filters.episode_id and name_of("episode"), ("episode",)),
        (N_("in the language"), filters.language, ("language",)),
        (N_("in") if filters.year else "", span_text(filters.since, filters.until), _SPAN),
    ]
    return [ShownFilter(label, str(value), names) for label, value, names in values if value]


def _pointed(text: str, refused: SearchRefused | None) -> tuple[str, str, str] | None:
    """A refused search parted before, at and behind the place that makes no sense."""
    if refused is None or refused.position is None:
        return None
    at = refused.position - 1
    return text[max(0, at - 60) : at], text[at : at + 1], text[at + 1 : at + 61]


@router.get("/search/suggest")
def suggest(
    q: Annotated[str, Query(max_length=100)] = "",
    kind: Annotated[str, Query(pattern="^(person|podcast)?$")] = "",
) -> JSONResponse:
    """People, podcasts and topics whose name, or a word of it, begins so."""
    typed = q.strip()
    with snapshot() as session:
        people = people_by_name(session, comparable(q), limit=6) if kind != "podcast" else []
        podcasts = podcasts_by_name(session, typed, limit=4) if kind != "person" else []
        topics = [] if kind else topics_by_name(session, typed)
    found: list[dict[str, object]] = [
        {
            "kind": "person",
            "name": row.name,
            "href": f"/people/{row.slug}",
            "appearances": row.appearances,
        }
        for row in people
    ]
    found += [
        {"kind": "podcast", "name": row.title[:200], "href": f"/podcasts/{row.id}"}
        for row in podcasts
    ]
    found += [
        {"kind": "topic", "name": row.name[:200], "href": f"/topics/{row.slug}"} for row in topics
    ]
    return JSONResponse({"suggestions": found})
