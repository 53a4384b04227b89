"""People to browse and to find: by appearances, new, trending, or by letter."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse
from sqlmodel import Session

from models.database import database_time
from models.queries.charts import TrendingPerson, trending
from models.queries.lists import browse_people, count_people, letters_of_people
from models.queries.person import ListedPerson
from models.queries.timed import timed_episodes
from web.cache.cache import ranking
from web.pages.paged import ListPage, list_page
from web.presenters.similar_names import people_meant
from web.read_transaction import key, snapshot
from web.rendering import page

router = APIRouter(include_in_schema=False)
PAGE = 50
MOST_MEANT = 3
_KINDS: dict[str, Callable[[str], object]] = {
    "appearances": int,
    "new": date.fromisoformat,
    "name": str,
}


@router.get("/people")
def people(
    request: Request,
    listed: Annotated[ListPage, Depends(list_page(PAGE))],
    sort: Annotated[str, Query(pattern="^(appearances|new|trending|name)$")] = "appearances",
    letter: Annotated[str, Query(max_length=1, pattern="^[A-Za-z0-9]?$")] = "",
    q: Annotated[str, Query(max_length=100)] = "",
    after: str | None = None,
) -> HTMLResponse:
    """A page of people."""
    with snapshot() as session:
        letters = ranking(session, letters_of_people).answer
        found: Sequence[ListedPerson] | Sequence[TrendingPerson]
        moment: datetime | None = None
        more, total = None, 0
        ids: tuple[int, ...] = ()
        if sort == "trending":
            found, moment = ranking(session, trending, database_time(session).date(), limit=PAGE)
        else:
            browsed = browse_people(
                session,
                order="name" if letter else sort,
                letter=letter,
                words=q.strip(),
                after=key(after, _KINDS[sort]),
                limit=listed.limit,
            )
            found, more = listed.shown(browsed), listed.more(browsed, partial(_key, sort))
            ids = tuple(one.id for one in found)
            total = _total(session, letter, q.strip())
        timed = ranking(session, timed_episodes, ids).answer
        meant = people_meant(session, q, limit=MOST_MEANT) if q.strip() and not found else []
    return page(
        request,
        "people.html",
        timed=timed,
        here="People & Topics",
        people=found,
        meant=meant,
        listed=listed,
        total=total,
        sort=sort,
        q=q,
        letter=letter.upper(),
        letters=letters,
        moment=moment,
        more=more,
    )


def _total(session: Session, letter: str, words: str) -> int:
    """How many people are in the list; what was typed is not cached."""
    if words:
        return count_people(session, letter=letter, words=words)
    return ranking(session, count_people, letter=letter).answer


def _key(sort: str, last: ListedPerson) -> str:
    """The key after which the next page begins."""
    value = {"appearances": last.appearances, "new": last.first_on}.get(sort, "-")
    return f"{value}~{last.slug}"
