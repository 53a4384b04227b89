"""The API's search and charts."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from models.chart_scope import ChartScope
from models.database import database_time
from models.queries.charts import FIRST_YEAR, chart
from models.queries.search import people_by_name, podcasts_by_name
from models.year_span import year_span
from tasks.search.find import SearchRequest, search
from tasks.search.index_searcher import IndexMissing
from tasks.search.query_parser import MAX_LENGTH
from tasks.search.values import Filters, Order, SearchRefused
from tasks.speakers.names.names import comparable
from web.api import shapes
from web.api.cursors import cursor, read_cursor
from web.api.people import known
from web.api.problems import ApiError, responses
from web.api.row_limits import Limit, row_limit
from web.cache.cache import ranking
from web.read_transaction import snapshot
from workers.local.index_folder import search_folder

router = APIRouter()


class ChartOf(StrEnum):
    """What is ranked."""

    people = "people"
    podcasts = "podcasts"
    topics = "topics"


class Period(StrEnum):
    """Of how many days up to today."""

    week = "7"
    month = "30"
    year = "365"
    all = "all"


@router.get("/search", response_model=shapes.Found, responses=responses(404), tags=["search"])
def find(  # noqa: PLR0913, PLR0917  each is a parameter of the address
    q: Annotated[
        str,
        Query(
            max_length=MAX_LENGTH,
            examples=['"the last ferry" OR lighthouse*'],
            description='Words, "a phrase", begin*, AND, OR, NOT, -word, (groups).',
        ),
    ],
    limit: Annotated[int, Depends(row_limit(20, 100))],
    person: Annotated[str | None, Query(max_length=400, description="Slug.")] = None,
    podcast: Annotated[int | None, Query(ge=1, le=2**63 - 1, description="Id.")] = None,
    language: Annotated[str | None, Query(pattern="^[a-z]{2,3}$", examples=[None])] = None,
    since: date | None = None,
    until: date | None = None,
    year: Annotated[
        int | None, Query(ge=1, le=9999, description="Wins over `since` and `until`.")
    ] = None,
    order: Order = Order.relevance,
    counts: Annotated[bool, Query(description="Count by podcast, person and year.")] = True,
    cursor_: Annotated[shapes.Cursor, Query(alias="cursor")] = None,
) -> dict[str, Any]:
    """Search all segments.

    Ordered by `date`, pages stay consistent while segments arrive; ordered by `relevance`, only the
    first 1,000 results can be paged through.
    """
    kind = f"search.{order}"
    after = read_cursor(kind, cursor_, int)
    with snapshot() as session:
        person_id = known(session, person).id if person else None
        first, last = year_span(year) if year else (since, until)
        filters = Filters(person_id, podcast, language, first, last)
        query = SearchRequest(q, filters, order, max(0, int(after[0])) if after else None, limit)
        try:
            found = search(session, query, search_folder(), counts=counts and after is None)
        except SearchRefused as error:
            raise ApiError(422, str(error), position=error.position) from None
        except IndexMissing:
            raise ApiError(
                503,
                "the search index is being built, and there are no results until it is complete",
                headers={"retry-after": "5"},
            ) from None
    items = [
        shapes.appearance(shapes.fields(hit.appearance))
        | {"person_slug": hit.appearance.slug}
        | {"pieces": [shapes.fields(piece) for piece in hit.pieces]}
        | {"before": hit.before and shapes.fields(hit.before)}
        | {"behind": hit.behind and shapes.fields(hit.behind)}
        for hit in found.hits
    ]
    return {
        "items": items,
        "total": found.total,
        "behind": found.behind,
        "next": cursor(kind, found.next_cursor) if found.next_cursor else None,
        "by_podcast": [shapes.fields(count) for count in found.podcasts],
        "by_person": [shapes.fields(count) for count in found.people],
        "by_year": [shapes.fields(count) for count in found.years],
        "counted_among": found.counted_among,
        "did_you_mean": found.meant,
    }


@router.get("/suggest", response_model=shapes.Suggestions, tags=["search"])
def suggest(q: Annotated[str, Query(max_length=100, examples=["mar"])]) -> dict[str, Any]:
    """People and podcasts whose name, or a word of it, begins with this text."""
    with snapshot() as session:
        people = people_by_name(session, comparable(q))
        podcasts = podcasts_by_name(session, q.strip())
    return {
        "items": [
            *(
                {"kind": "person", "name": row.name, "slug": row.slug, "id": row.id}
                for row in people
            ),
            *(
                {"kind": "podcast", "name": row.title, "slug": None, "id": row.id}
                for row in podcasts
            ),
        ]
    }


@router.get("/charts/{of}", response_model=shapes.Chart, tags=["charts"])
def charts(
    of: ChartOf,
    limit: Limit,
    days: Period = Period.month,
    year: Annotated[
        int | None, Query(ge=FIRST_YEAR, le=9999, description="Wins over `days`.")
    ] = None,
    language: Annotated[str, Query(pattern="^([a-z]{2,3})?$", description="Of podcasts.")] = "",
    topic: Annotated[str, Query(max_length=200, description="Of episodes: a slug.")] = "",
) -> dict[str, Any]:
    """Most appearances in the last days up to today or in a year, compared with the one before."""
    period = None if days is Period.all or year else int(days)
    scope = ChartScope(language, topic)
    with snapshot() as session:
        today = database_time(session).date()
        ranked, moment = ranking(
            session, chart, of.value, today, period, scope, year=year, limit=limit
        )
    return {
        "of": of.value,
        "days": period,
        "year": year,
        "as_of": moment,
        "items": [shapes.fields(row) | {"appearances": row.now} for row in ranked],
    }
