"""Who is who, by the operator's pages: the review queue, decisions, and taking them back."""

from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field
from sqlmodel import Session

from models.database import database_time, in_transaction
from models.queries import identity as about_identity
from models.queries.identity import IdentityDecisionRow
from tasks.auth.values import SignedIn
from tasks.identity import decisions, review
from tasks.identity.evidence_text import evidence_sentences
from tasks.identity.store.lookup import has_episode, person_id
from tasks.podcasts.store.find import find_podcast
from tasks.speakers.decisions import DecisionRefused, RecordedDecision
from web.auth.session import CheckedForm, Operator
from web.pages.paged import ListPage, list_page
from web.presenters.decision_outcome import (
    DecisionOutcome,
    recorded_outcome,
    refused_outcome,
    suggestion_outcome,
)
from web.presenters.decision_texts import decision_text
from web.read_transaction import MAX_ID_DIGITS
from web.rendering import page

router = APIRouter(prefix="/operate/people", include_in_schema=False)

ROWS = 50
HERE = "/operate/people"
Quarantine = Annotated[ListPage, Depends(list_page(ROWS))]


# Undo has a button of its own.
KINDS = {kind: spec for kind, spec in decisions.DECISIONS.items() if kind != "undo"}
# The form's fields, by the field of a decision that each gives.
FORM_FIELDS = {
    "person_id": "person",
    "target_person_id": "other",
    "podcast_id": "podcast",
    "episode_id": "episode",
}


class DecisionForm(BaseModel):
    """The fields of the form; those that a kind does not know are left alone."""

    kind: str = Field(default="", max_length=20)
    person: str = Field(default="", max_length=200)
    other: str = Field(default="", max_length=200)
    name: str = Field(default="", max_length=200)
    label: str = Field(default="", max_length=500)
    podcast: str = Field(default="", max_length=2000)
    episode: str = Field(default="", max_length=18)
    reason: str = Field(default="", max_length=500)
    # The section of the page that the form is in, where it is shown what came of it.
    place: str = Field(default="decide", max_length=20)


class PeopleQuery(DecisionForm):
    """What the page shows: the form filled in, and what came of the request before.

    ``recorded`` is the decision that was just taken, ``suggestion`` what it was about, if it was
    about one. The log has only decisions ``about`` a person, if there is one.
    """

    recorded: int = Field(default=0, ge=0, lt=2**63)
    suggestion: int = Field(default=0, ge=0, lt=2**63)
    about: str = Field(default="", max_length=200)


@router.get("")
def queue(
    request: Request, who: Operator, shown: Annotated[PeopleQuery, Query()], listed: Quarantine
) -> Response:
    """What waits for a decision, who is in quarantine, and what was decided."""
    del who
    outcome = in_transaction(_outcome, shown, shown.recorded, shown.suggestion)
    return _page(request, form=shown, outcome=outcome, listed=listed, about=shown.about)


def _outcome(
    session: Session, form: DecisionForm, recorded: int, suggestion: int
) -> DecisionOutcome | None:
    if suggestion:
        return suggestion_outcome(session, form.place, suggestion)
    return recorded_outcome(session, form.place, recorded) if recorded else None


@router.post("/suggestions/{number}", dependencies=[CheckedForm])
def decide_suggestion(
    request: Request,
    who: Operator,
    number: int,
    action: Annotated[str, Form(max_length=10)],
) -> Response:
    """Accept or refuse a suggestion, once and for ever."""
    what = review.accept if action == "accept" else review.reject
    return _decided(
        request,
        lambda s: what(s, who.name, "", suggestion_id=number, now=database_time(s)),
        DecisionForm(place="suggested"),
        suggestion=number,
    )


@router.post("/decisions/{number}/undo", dependencies=[CheckedForm])
def undo(request: Request, who: Operator, number: int) -> Response:
    """Take a decision back."""
    return _decided(
        request,
        lambda s: decisions.decide(
            s, "undo", who.name, "", decision_id=number, now=database_time(s)
        ),
        DecisionForm(place="decided"),
    )


@router.post("", dependencies=[CheckedForm])
def decide(request: Request, who: Operator, form: Annotated[DecisionForm, Form()]) -> Response:
    """Take a decision."""
    return _decided(request, lambda session: _take(session, who, form), form)


def _take(session: Session, who: SignedIn, form: DecisionForm) -> RecordedDecision:
    """Take the decision that a form says.

    Raises:
        DecisionRefused: it cannot be understood, or contradicts what is in force.
    """
    spec = KINDS.get(form.kind)
    found = {
        field: _value(session, field, value)
        for field in (spec.fields if spec else ())
        if (value := getattr(form, FORM_FIELDS.get(field, field)).strip())
    }
    now = database_time(session)
    return decisions.decide(session, form.kind, who.name, form.reason, **found, now=now)


def _value(session: Session, field: str, value: str) -> Any:
    """A field of the form as the decision takes it."""
    if field == "podcast_id":
        return _podcast_id(session, value)
    if field == "episode_id":
        return _episode_id(session, value)
    if field in {"person_id", "target_person_id"}:
        return person_id(session, value)
    return value


def _podcast_id(session: Session, value: str) -> int:
    podcast = find_podcast(session, value)
    if podcast is None or podcast.id is None:
        raise DecisionRefused("no_such_podcast", "that podcast is not followed here")
    return podcast.id


def _episode_id(session: Session, value: str) -> int:
    is_id = value.isdecimal() and len(value) <= MAX_ID_DIGITS
    if not is_id or not has_episode(session, int(value)):
        raise DecisionRefused("no_such_episode", f"no such episode: {value[:100]}")
    return int(value)


def _decided(
    request: Request,
    what: Callable[[Session], RecordedDecision | None],
    form: DecisionForm,
    **about: int,
) -> Response:
    """Take a decision in a transaction of its own, and say why not when it is refused."""
    try:
        recorded = in_transaction(what)
    except DecisionRefused as refused:
        outcome = in_transaction(_refused, form, refused)
        return _page(request, form=form, outcome=outcome, status=400)
    number = recorded.id if recorded else 0
    query = urlencode({"place": form.place, "recorded": number, "kind": form.kind} | about)
    return RedirectResponse(f"{HERE}?{query}#outcome", status_code=303)


def _refused(session: Session, form: DecisionForm, refused: DecisionRefused) -> DecisionOutcome:
    """Why a decision is refused, with people like the one that was not found."""
    name = _unknown_person(session, form) if refused.reason == "no_such_person" else ""
    return refused_outcome(
        session,
        form.place,
        str(refused),
        typed=getattr(form, name, ""),
        name=name,
        fields=form.model_dump(exclude={"place"}),
    )


def _unknown_person(session: Session, form: DecisionForm) -> str:
    """The field of the form whose person is not found."""
    for name in ("person", "other"):
        try:
            person_id(session, getattr(form, name).strip())
        except DecisionRefused:
            return name
    return ""


def _log(session: Session, about: str) -> list[IdentityDecisionRow]:
    """The latest decisions, or all about a person."""
    if not about:
        return about_identity.decisions(session, limit=ROWS)
    try:
        return about_identity.decisions_of(session, person_id(session, about))
    except DecisionRefused:
        return []


def _page(
    request: Request,
    *,
    form: DecisionForm,
    outcome: DecisionOutcome | None = None,
    listed: ListPage | None = None,
    about: str = "",
    status: int = 200,
) -> Response:
    listed = listed or ListPage(request, 1, ROWS, ROWS)
    found = in_transaction(about_identity.quarantined, limit=listed.limit, offset=listed.first - 1)
    more = listed.more(found, lambda _: listed.first)
    if more and request.method == "POST":  # its address is that of the form
        more = f"{HERE}?{urlencode({'after': 1, 'from': ROWS + 1})}"
    return page(
        request,
        "operate/people.html",
        here="Operate",
        tab="people",
        status=status,
        form=form,
        outcome=outcome,
        kinds=KINDS,
        form_fields=FORM_FIELDS,
        evidence_of=evidence_sentences,
        decision_text=decision_text,
        open_total=in_transaction(about_identity.open_suggestions),
        suggestions=in_transaction(about_identity.suggestions, limit=ROWS),
        quarantined=listed.shown(found),
        quarantined_total=in_transaction(about_identity.count_quarantined),
        listed=listed,
        more=more,
        about=about,
        decisions=in_transaction(_log, about),
    )
