"""The review queue: one suggestion at a time, with both sides, and one key for each decision."""

from enum import StrEnum
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from models.database import database_time, in_transaction
from models.queries.identity import open_suggestions, suggestions
from tasks.identity import review
from tasks.speakers.decisions import DecisionRefused
from web.auth.session import CheckedForm, Operator
from web.presenters.review import reviewed
from web.read_transaction import snapshot
from web.rendering import page

router = APIRouter(prefix="/operate/people/review", include_in_schema=False)

_HERE = "/operate/people/review"


class ReviewAction(StrEnum):
    """What an operator does with a suggestion."""

    accept = "accept"
    reject = "reject"
    undo = "undo"


_ACTIONS = {
    ReviewAction.accept: review.accept,
    ReviewAction.reject: review.reject,
    ReviewAction.undo: review.reopen,
}
Place = Annotated[int, Query(ge=0, lt=2**31)]
Number = Annotated[int, Query(ge=0, lt=2**63)]


@router.get("")
def queue(request: Request, who: Operator, place: Place = 0, decided: Number = 0) -> Response:
    """The open suggestion at a place of the queue; ``decided`` is the one before, to be undone."""
    del who
    return _page(request, place, decided)


@router.post("/{number}", dependencies=[CheckedForm])
def decide(
    request: Request,
    who: Operator,
    number: int,
    action: Annotated[ReviewAction, Form()],
    place: Annotated[int, Form(ge=0, lt=2**31)] = 0,
) -> Response:
    """Decide about a suggestion, or take that back, and go on."""
    what = _ACTIONS[action]
    try:
        in_transaction(lambda s: what(s, who.name, "", suggestion_id=number, now=database_time(s)))
    except DecisionRefused as refused:
        return _page(request, place, problem=str(refused), status=400)
    after = {"place": place, "decided": "" if action is ReviewAction.undo else number}
    query = urlencode({name: value for name, value in after.items() if value})
    return RedirectResponse(f"{_HERE}?{query}" if query else _HERE, status_code=303)


def _page(
    request: Request, place: int, decided: int = 0, *, problem: str = "", status: int = 200
) -> Response:
    with snapshot(revealing=True) as session:
        total = open_suggestions(session)
        found = suggestions(session, limit=1, offset=place)
        shown = reviewed(session, found[0]) if found else None
    return page(
        request,
        "operate/review.html",
        here="Operate",
        tab="people",
        status=status,
        shown=shown,
        total=total,
        place=place,
        decided=decided,
        problem=problem,
    )
