"""The review queue: one suggestion at a time, with both sides, and one key for each decision.

The address has what was decided in this visit, so that it can be undone, also after a skip.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlmodel import Session

from models.database import database_time, in_transaction
from models.queries.decided_suggestions import decided_suggestion
from models.queries.identity import open_suggestions, place_of_suggestion, suggestions
from tasks.auth.values import SignedIn
from tasks.identity import review
from tasks.speakers.decisions import DecisionRefused
from web.auth.session import CheckedForm, Operator
from web.presenters.review import reviewed
from web.presenters.review_outcome import decided_sentence, undone_sentence
from web.read_transaction import snapshot
from web.rendering import page

router = APIRouter(prefix="/operate/people/review", include_in_schema=False)

_HERE = "/operate/people/review"
MAX_UNDO = 20


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
_Number = Annotated[int, Query(ge=1, lt=2**63)]


@dataclass(frozen=True, slots=True)
class Visit:
    """Where an operator is in the queue, and what they decided so far, the latest last.

    ``undone`` is a suggestion whose decision was taken back by the request before, and ``was`` the
    state that it had.
    """

    place: int = 0
    decided: tuple[int, ...] = ()
    undone: int = 0
    was: str = ""

    def url(self, place: int | None = None) -> str:
        """The address of a place of the queue, this one by default."""
        fields = {
            "place": self.place if place is None else place,
            "decided": self.decided[-MAX_UNDO:],
            "undone": self.undone if place is None else 0,
            "was": self.was if place is None else "",
        }
        query = urlencode({name: value for name, value in fields.items() if value}, doseq=True)
        return f"{_HERE}?{query}" if query else _HERE


@router.get("")
def queue(
    request: Request,
    who: Operator,
    place: Place = 0,
    decided: Annotated[list[_Number] | None, Query(max_length=MAX_UNDO)] = None,
    undone: Number = 0,
    was: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """The open suggestion at a place of the queue; the last of ``decided`` can be undone."""
    del who
    return _page(request, Visit(place, tuple(decided or ()), undone, was))


@router.post("/{number}", dependencies=[CheckedForm])
def decide(
    request: Request,
    who: Operator,
    number: int,
    action: Annotated[ReviewAction, Form()],
    place: Annotated[int, Form(ge=0, lt=2**31)] = 0,
    decided: Annotated[list[int] | None, Form()] = None,
) -> Response:
    """Decide about a suggestion, or take that back, and go on."""
    before = tuple(one for one in (decided or ())[-MAX_UNDO:] if one != number and 0 < one < 2**63)
    try:
        after = in_transaction(_decide, who, number, action, Visit(place, before))
    except DecisionRefused as refused:
        return _page(request, Visit(place, before), problem=str(refused), status=400)
    return RedirectResponse(after.url(), status_code=303)


def _decide(
    session: Session, who: SignedIn, number: int, action: ReviewAction, visit: Visit
) -> Visit:
    """Where the visit goes on: where it was, or at the suggestion that is open again."""
    found = decided_suggestion(session, number)
    _ACTIONS[action](session, who.name, "", suggestion_id=number, now=database_time(session))
    if action is not ReviewAction.undo:
        return Visit(visit.place, (*visit.decided, number))
    was = found.state if found else ""
    return Visit(place_of_suggestion(session, number), visit.decided, number, was)


def _page(request: Request, visit: Visit, *, problem: str = "", status: int = 200) -> Response:
    with snapshot(revealing=True) as session:
        total = open_suggestions(session)
        found = suggestions(session, limit=1, offset=visit.place)
        shown = reviewed(session, found[0]) if found else None
        last = decided_suggestion(session, visit.decided[-1]) if visit.decided else None
        undone = decided_suggestion(session, visit.undone) if visit.undone else None
    return page(
        request,
        "operate/review.html",
        here="Operate",
        tab="people",
        status=status,
        shown=shown,
        total=total,
        place=visit.place,
        visit=visit,
        last=last,
        decided_text=decided_sentence(last) if last else "",
        undone_text=undone_sentence(undone, visit.was) if undone else "",
        problem=problem,
    )
