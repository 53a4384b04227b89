"""One quote on a page of its own, to share it: with a picture, and to be embedded elsewhere."""

from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, Response

from models.queries import quote as quotes
from models.queries.quote import Quote
from models.queries.shown import is_withheld
from web.auth.permissions import is_operator
from web.middleware.cache_control import NO_STORE, cached_for
from web.middleware.security_headers import CONTENT_SECURITY_POLICY
from web.pages.podcasts import Id
from web.presenters.filters import day
from web.presenters.quote_card import quote_card
from web.read_transaction import snapshot
from web.rendering import base_url, page

router = APIRouter(include_in_schema=False)
# Only this page may be shown in a frame of another site; it has no forms.
_FRAMED = CONTENT_SECURITY_POLICY.replace("frame-ancestors 'none'", "frame-ancestors *")


@router.get("/quotes/{appearance_id}")
def quote_page(request: Request, appearance_id: Id) -> HTMLResponse:
    """The page of a quote."""
    return page(request, "quote.html", here="People & Topics", **_shown(request, appearance_id))


@router.get("/quotes/{appearance_id}/embed")
def embedded_quote(request: Request, appearance_id: Id) -> HTMLResponse:
    """A quote for a frame on another site."""
    response = page(request, "quote_embed.html", **_shown(request, appearance_id))
    response.headers["content-security-policy"] = _FRAMED
    return response


@router.get("/quotes/{appearance_id}/card.png")
def card(request: Request, appearance_id: Id) -> Response:
    """The picture of a quote."""
    one = _known(request, appearance_id)
    source = f"{one.podcast or one.feed_url} \N{MIDDLE DOT} {day(one.stats_date)}"
    return Response(
        quote_card(one.text, one.person, source),
        media_type="image/png",
        headers={"cache-control": NO_STORE if is_operator(request) else cached_for(3600)},
    )


def _shown(request: Request, appearance_id: int) -> dict[str, Any]:
    return {"quote": _known(request, appearance_id), "base": base_url(request)}


def _known(request: Request, appearance_id: int) -> Quote:
    """The quote; 404 for one of a private podcast, but to operators."""
    with snapshot(revealing=is_operator(request)) as session:
        found = quotes.quote(session, appearance_id)
        if found is None or is_withheld(session, found.podcast_id):
            raise HTTPException(404)
    return found
