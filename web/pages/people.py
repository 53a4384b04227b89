"""People to browse and to find: by appearances, new, trending, or by letter."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from models.database import database_time
from models.queries.charts import TrendingPerson, trending
from models.queries.lists import browse_people, letters_of_people
from models.queries.person import ListedPerson
from models.queries.timed import timed_episodes
from web.cache.cache import ranking
from web.read_transaction import key, snapshot
from web.rendering import page, with_query

router = APIRouter(include_in_schema=False)
PAGE = 50
_KINDS: dict[str, Callable[[str], object]] = {
    "appearances": int,
    "new": date.fromisoformat,
    "name": str,
}


@router.get("/people")
def people(
    request: Request,
    sort: Annotated[str, Query(pattern="^(appearances|new|trending|name)$")] = "appearances",
    letter: Annotated[str, Query(max_length=1, pattern="^[A-Za-z0-9]?$")] = "",
    q: Annotated[str, Query(max_length=100)] = "",
    after: str | None = None,
) -> HTMLResponse:
    """A page of people."""
    with snapshot() as session:
        letters = ranking(session, letters_of_people).answer
        found: list[ListedPerson] | list[TrendingPerson]
        moment: datetime | None = None
        if sort == "trending":
            found, moment = ranking(session, trending, database_time(session).date(), limit=PAGE)
        else:
            found = browse_people(
                session,
                order="name" if letter else sort,
                letter=letter,
                words=q.strip(),
                after=key(after, _KINDS[sort]),
                limit=PAGE + 1,
            )
        listed = [one.id for one in found if isinstance(one, ListedPerson)][:PAGE]
        timed = ranking(session, timed_episodes, tuple(listed)).answer
    return page(
        request,
        "people.html",
        timed=timed,
        here="People & Topics",
        people=found[:PAGE],
        sort=sort,
        q=q,
        letter=letter.upper(),
        letters=letters,
        moment=moment,
        more=_more(request, found, sort),
    )


def _more(
    request: Request, found: list[ListedPerson] | list[TrendingPerson], sort: str
) -> str | None:
    """The address of the next page, if there is more."""
    if len(found) <= PAGE:
        return None
    last = found[PAGE - 1]
    if isinstance(last, TrendingPerson):  # trending people are on one page
        return None
    value = {"appearances": last.appearances, "new": last.first_on}.get(sort, "-")
    return with_query(request.url, after=f"{value}~{last.slug}")
