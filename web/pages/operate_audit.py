"""The audit of names: one drawn speaker at a time, and the precision that the answers give."""

from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from models.database import Session, database_time, in_transaction
from models.queries.identity import audit_results, audit_sample, playable_segments
from tasks.identity.audit import precision
from tasks.identity.store.audit import record_audit_answer
from web.auth.session import CheckedForm, Operator
from web.read_transaction import snapshot
from web.rendering import page

router = APIRouter(prefix="/operate/people/audit", include_in_schema=False)

SAMPLE = 50


class Answer(StrEnum):
    """Whether a name is right."""

    right = "right"
    wrong = "wrong"
    unsure = "unsure"


_CORRECT = {Answer.right: True, Answer.wrong: False, Answer.unsure: None}
Seed = Annotated[int, Query(ge=1, lt=2**31)]
Place = Annotated[int, Query(ge=0, le=SAMPLE)]


@router.get("")
def audit(
    request: Request,
    who: Operator,
    seed: Seed = 1,
    place: Place = 0,
    last: Place | None = None,
    again: Place | None = None,
) -> Response:
    """The first speaker from a place of the sample on that nobody has judged yet.

    ``last`` is the place of the speaker who was just judged, ``again`` of one to judge again.
    """
    del who
    with snapshot(revealing=True) as session:
        drawn = audit_sample(session, sample=SAMPLE, seed=seed)
        left = [number for number, one in enumerate(drawn) if not one.judged]
        chosen = next((number for number in left if number >= place), None)
        if again is not None and again < len(drawn):
            chosen = again
        speaker = None if chosen is None else drawn[chosen]
        quotes = playable_segments(session, speaker.episode_id, speaker.label) if speaker else []
        rows = precision([asdict(row) for row in audit_results(session)])
    return page(
        request,
        "operate/audit.html",
        here="Operate",
        tab="people",
        seed=seed,
        place=chosen,
        last=last,
        answered=drawn[last] if last is not None and last < len(drawn) else None,
        drawn=len(drawn),
        left=len(left),
        speaker=speaker,
        quotes=quotes,
        rows=rows,
    )


@router.post("", dependencies=[CheckedForm])
def answer(
    who: Operator,
    given: Annotated[Answer, Form(alias="answer")],
    episode_id: Annotated[int, Form(ge=1, lt=2**63)],
    label: Annotated[str, Form(max_length=1000)] = "",
    seed: Annotated[int, Form(ge=1, lt=2**31)] = 1,
    place: Annotated[int, Form(ge=0, le=SAMPLE)] = 0,
) -> Response:
    """Record an answer, and go on; a speaker who is no longer drawn is left out."""

    def record(session: Session) -> None:
        for one in audit_sample(session, sample=SAMPLE, seed=seed):
            if (one.episode_id, one.label) == (episode_id, label):
                correct, now = _CORRECT[given], database_time(session)
                record_audit_answer(
                    session, who.name, asdict(one), seed=seed, correct=correct, now=now
                )

    in_transaction(record)
    shown = f"seed={seed}&place={place}&last={place}"
    return RedirectResponse(f"/operate/people/audit?{shown}", status_code=303)
