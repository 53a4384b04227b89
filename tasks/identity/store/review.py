"""Decides suggestions: accepted or refused once and for ever, by an event of the ledger."""

from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from tasks.identity import decisions as identify
from tasks.identity.store.suggestions import close_suggestion, lock_suggestion
from tasks.speakers.decisions import DecisionRefused, RecordedDecision

_PEOPLE = text("""
    SELECT id, name FROM person WHERE id = ANY(:ids) ORDER BY appearances DESC, id
""")


def accept(
    session: Session, actor: str, reason: str, *, suggestion_id: int, now: datetime
) -> RecordedDecision:
    """Do what is suggested: merge the two, split the one, or assign the label's new text.

    Raises:
        DecisionRefused: it is decided, or contradicts what is in force.
    """
    asked = _open(session, suggestion_id)
    people = (
        session.connection()
        .execute(_PEOPLE, {"ids": [asked.person_id, asked.target_person_id]})
        .all()
    )
    if asked.kind == "merge":
        more, less = people
        event = identify.merge(session, actor, reason, person_id=less.id, into_id=more.id, now=now)
    elif asked.kind == "split":
        event = identify.split(
            session,
            actor,
            reason,
            person_id=asked.person_id,
            name=people[0].name,
            podcast_id=asked.podcast_id,
            now=now,
        )
    else:
        place = asked.evidence
        identify.undo(session, actor, reason, event_id=asked.assignment_event_id, now=now)
        event = identify.assign(
            session,
            actor,
            reason,
            person_id=asked.person_id,
            episode_id=place["episode_id"],
            label=place["label"],
            now=now,
        )
    close_suggestion(session, suggestion_id, "accepted", actor, now, event.id)
    return event


def refuse(
    session: Session, actor: str, reason: str, *, suggestion_id: int, now: datetime
) -> RecordedDecision | None:
    """Say no for ever: the two are never merged, the assignment is undone, or nothing happens.

    Raises:
        DecisionRefused: it is decided already.
    """
    asked = _open(session, suggestion_id)
    event = None
    if asked.kind == "merge":
        event = identify.never_merge(
            session,
            actor,
            reason,
            person_id=asked.person_id,
            target_person_id=asked.target_person_id,
            now=now,
        )
    elif asked.kind == "reassign":
        event = identify.undo(session, actor, reason, event_id=asked.assignment_event_id, now=now)
    close_suggestion(session, suggestion_id, "refused", actor, now, event.id if event else None)
    return event


def _open(session: Session, suggestion_id: int) -> Any:
    asked = lock_suggestion(session, suggestion_id)
    if asked is None:
        raise DecisionRefused("no_such_suggestion", f"there is no suggestion {suggestion_id}")
    if asked.state != "open":
        raise DecisionRefused("already_decided", f"suggestion {suggestion_id} was {asked.state}")
    return asked
