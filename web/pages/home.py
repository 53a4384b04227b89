"""The first page: what this is, a way in, what is new, and who is heard most."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from models.questions.browse import browse_people, browse_topics, latest_episodes, whole
from web.kept import kept
from web.reading import snapshot
from web.rendering import page

router = APIRouter(include_in_schema=False)


@router.get("/")
def home(request: Request) -> HTMLResponse:
    """The first page."""
    with snapshot() as session:
        shown: dict[str, Any] = {
            "whole": kept(session, whole),
            "latest": kept(session, latest_episodes, 6),
            "people": kept(session, browse_people, limit=10),
            "topics": kept(session, browse_topics, limit=18),
        }
    return page(request, "home.html", **shown)
