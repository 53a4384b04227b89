"""One person: the figures, appearances over time, and each one word by word."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BeforeValidator, Field
from sqlmodel import Session

from models.queries.appearances import (
    AppearanceCursor,
    AppearanceFilter,
    AppearanceRow,
    filtered_totals,
)
from models.queries.person import (
    MergedPerson,
    PersonRow,
    bucket_for,
    heard_figures,
    mentioned_in,
    names_of_person,
    person_of_slug,
    topics_of_person,
    years_of_person,
)
from models.queries.person_tags import person_tags
from models.queries.shown import withheld_podcasts
from models.queries.telling_quotes import (
    appearances_in_episode,
    episodes_of_person,
    telling_quotes,
)
from models.queries.timed import timed_episodes
from models.queries.transcript_source import TranscriptSource
from models.year_span import year_span
from tasks.search.find import count_spoken, phrase
from web.auth.permissions import is_operator
from web.cache import cache as keeping
from web.cache.cache import cached
from web.pages.paged import ListPage, list_page
from web.pages.podcasts import Id
from web.presenters.appearance_search import cached_episodes, find_appearances, marked_appearances
from web.presenters.linked_data import person_data
from web.presenters.person import co_speakers, main_role, podcasts_with_roles, timeline_rows
from web.presenters.portrait import names_in_tags, pages_of
from web.presenters.spans import span_text
from web.presenters.timeline import TimelineUnit, timeline
from web.read_transaction import place, snapshot
from web.rendering import base_url, page, with_query
from workers.local.index_folder import search_folder

router = APIRouter(include_in_schema=False)
# Episodes on the first page and on those that "More" adds: a reader who goes on wants more of them.
EPISODES, MORE_EPISODES = 7, 21
# Appearances on a page of matches, and on the page of one episode.
PAGE = 40
IN_EPISODE = 500


def _chosen(value: object) -> object:
    """What a form sends for "all of them" is nothing."""
    return value or None


_Id = Annotated[int, Field(ge=1, lt=2**63)]
_Year = Annotated[int, Field(ge=1, le=9999)]
PodcastId = Annotated[_Id | None, BeforeValidator(_chosen), Query()]
Year = Annotated[_Year | None, BeforeValidator(_chosen), Query()]
Source = Annotated[TranscriptSource | None, BeforeValidator(_chosen), Query()]
Day = Annotated[date | None, BeforeValidator(_chosen), Query()]
Words = Annotated[str, Query(max_length=200)]


def appearance_filter(
    podcast: PodcastId = None,
    year: Year = None,
    since: Day = None,
    until: Day = None,
    q: Words = "",
    source: Source = None,
) -> AppearanceFilter:
    """The filter that a URL asks for; a year wins over days."""
    first, last = year_span(year) if year else (since, until)
    return AppearanceFilter(podcast, first, last, q.strip(), source)


Wanted = Annotated[AppearanceFilter, Depends(appearance_filter)]


def person_page(
    request: Request,
    wanted: Wanted,
    first: Annotated[int, Query(alias="from", ge=1, lt=2**31)] = 1,
    show: Annotated[int, Query(ge=1, lt=2**31)] = 1,
) -> ListPage:
    """The page of the list: of episodes, or of appearances where words are wanted."""
    if wanted.words:
        return list_page(PAGE, 5)(request, first, show)
    rows, pages = (EPISODES, 10) if first == 1 else (MORE_EPISODES, 4)
    return list_page(rows, pages)(request, first, show)


PersonPage = Annotated[ListPage, Depends(person_page)]


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
    wanted: Wanted,
    listed: PersonPage,
    after: str | None = None,
    unit: TimelineUnit = TimelineUnit.appearances,
) -> HTMLResponse:
    """The page of a person."""
    cursor = place(after)
    with snapshot() as session:
        who = known(session, slug)
        about = keeping.person(who.id)
        podcasts = podcasts_with_roles(session, who.id)
        bucket = bucket_for(who.first_on, who.last_on)
        rows = timeline_rows(session, who.id, bucket, wanted.source)
        quotes = _matching if wanted.words else _by_episode
        everywhere = about.union(*(keeping.podcast(one.id) for one in podcasts))
        names = cached(session, about, names_of_person, who.id)
        tags = cached(session, everywhere, person_tags, who.id)
        personal = pages_of(tags, names_in_tags(who.name, [one.label for one in names]))
        shown: dict[str, Any] = {
            "withheld": withheld_podcasts(session, revealing=is_operator(request)),
            "years": years_of_person(session, who.id),
            "names": names,
            "pages": personal,
            "topics": cached(session, everywhere, topics_of_person, who.id),
            "timed": cached(session, everywhere, timed_episodes, (who.id,))[who.id],
            "others": co_speakers(session, who.id),
            "heard": heard_figures(session, who.id),
            "mentioned": mentioned_in(session, who.id),
            "name_spoken": count_spoken(session, who.name, search_folder()),
            "phrase": phrase(who.name),
        } | quotes(session, who, wanted, listed, cursor)
    charted = [row for row in rows if wanted.podcast_id in (None, row.podcast_id)]
    return page(
        request,
        "person.html",
        here="People & Topics",
        person=who,
        podcasts=podcasts,
        main=main_role(podcasts),
        linked_data=person_data(base_url(request), who, personal),
        chart=timeline(charted, podcasts, bucket, unit),
        wanted=wanted,
        span="" if wanted.year else span_text(wanted.since, wanted.until),
        listed=listed,
        later=bool(after),
        filtered=wanted != AppearanceFilter(),
        **shown,
    )


def _by_episode(
    session: Session,
    who: PersonRow,
    wanted: AppearanceFilter,
    page_of: ListPage,
    after: AppearanceCursor | None,
) -> dict[str, Any]:
    """The newest episodes after a cursor, with three telling quotes each."""
    found = episodes_of_person(
        session, who.id, wanted, after=after, limit=page_of.limit, episodes=cached_episodes
    )
    listed = page_of.shown(found)
    is_all = wanted == AppearanceFilter()
    totals = None if is_all else filtered_totals(session, who.id, wanted)
    groups = by_episode(telling_quotes(session, listed))
    return {
        "groups": groups,
        "spoken": {episode.episode_id: episode.appearances for episode in listed},
        "matches": None,
        "marked": {},
        "behind": 0,
        "total": totals.episodes if totals else who.episodes,
        "totals": totals,
        "rows": len(listed),
        "more": page_of.more(found, lambda last: last.cursor),
    }


def _matching(
    session: Session,
    who: PersonRow,
    wanted: AppearanceFilter,
    page_of: ListPage,
    after: AppearanceCursor | None,
) -> dict[str, Any]:
    """The newest appearances with the wanted words, after a cursor."""
    found = find_appearances(session, who.id, wanted, after=after, limit=page_of.limit)
    listed = list(page_of.shown(found.rows))
    return {
        "groups": by_episode(listed),
        "spoken": {},
        "totals": None,
        "matches": found.total,
        "behind": found.behind,
        "total": found.total,
        "rows": len(listed),
        "marked": marked_appearances(session, wanted.words, listed),
        "more": page_of.more(found.rows, lambda last: last.cursor),
    }


@router.get("/people/{slug}/episodes/{episode_id}")
def person_in_episode(
    request: Request, slug: str, episode_id: Id, begin: Annotated[int, Query(ge=0, lt=2**31)] = 0
) -> HTMLResponse:
    """All that a person says in one episode."""
    with snapshot() as session:
        who = known(session, slug)
        rows = appearances_in_episode(session, who.id, episode_id, begin, IN_EPISODE + 1)
        withheld = withheld_podcasts(session, revealing=is_operator(request))
    if not rows:
        raise HTTPException(404)
    more = rows[IN_EPISODE].position if len(rows) > IN_EPISODE else None
    return page(
        request,
        "person_in_episode.html",
        here="People & Topics",
        person=who,
        rows=rows[:IN_EPISODE],
        withheld=withheld,
        later=bool(begin),
        more=with_query(request.url, begin=more) if more else None,
    )


def by_episode(rows: list[AppearanceRow]) -> list[list[AppearanceRow]]:
    """Group consecutive appearances of one episode."""
    groups: list[list[AppearanceRow]] = []
    for row in rows:
        if not groups or groups[-1][0].episode_id != row.episode_id:
            groups.append([])
        groups[-1].append(row)
    return groups
