"""The first page: what this is, a way in, what is new, and who is heard most."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from models.queries.lists import browse_people, browse_topics, latest_episodes, totals
from web.cache.cache import ranking
from web.read_transaction import snapshot
from web.rendering import page

router = APIRouter(include_in_schema=False)


@router.get("/")
def home(request: Request) -> HTMLResponse:
    """The first page."""
    with snapshot() as session:
        figures = ranking(session, totals)
        topics = ranking(session, browse_topics, limit=18)
        shown: dict[str, Any] = {
            "whole": figures.answer,
            "whole_moment": figures.moment,
            "latest": latest_episodes(session, 6),
            "people": browse_people(session, limit=10),
            "topics": topics.answer,
        }
    return page(request, "home.html", **shown)
