"""The first page: what this is, a way in, what is new, and who is heard most."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from models.database import database_time
from models.queries.charts import trending
from models.queries.lists import (
    browse_people,
    browse_topics,
    latest_episodes,
    newest_podcasts,
    totals,
)
from models.queries.quote import quote, quote_of_the_day
from tasks.auth.store.first_account import has_accounts
from web.cache.cache import ranking
from web.read_transaction import snapshot
from web.rendering import page

router = APIRouter(include_in_schema=False)


@router.get("/")
def home(request: Request) -> HTMLResponse:
    """The first page."""
    with snapshot() as session:
        today = database_time(session).date()
        figures = ranking(session, totals)
        topics = ranking(session, browse_topics, limit=18)
        chosen = ranking(session, quote_of_the_day, today).answer
        shown: dict[str, Any] = {
            "whole": figures.answer,
            "whole_moment": figures.moment,
            "quote": quote(session, chosen) if chosen else None,
            "latest": latest_episodes(session, 6),
            "people": browse_people(session, limit=8),
            "first_heard": browse_people(session, order="new", limit=6),
            "rising": ranking(session, trending, today, limit=5).answer,
            "added": newest_podcasts(session),
            "topics": topics.answer,
        }
        shown["first_visit"] = not shown["latest"] and not has_accounts(session)
    return page(request, "home.html", **shown)
