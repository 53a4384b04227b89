"""Decisions about who is who, one function for each kind: recorded, in effect, and undoable.

Each takes effect in the caller's transaction, counts included, and raises ``DecisionRefused`` when
it contradicts what is in force. Run them by ``in_transaction``: a decision that crosses the path of
a store may have to begin again.
"""

from datetime import datetime
from uuid import uuid4

from sqlmodel import Session

from tasks.identity.store.decision_log import fingerprints_of, record, revert
from tasks.speakers import decisions as kinds
from tasks.speakers.decisions import DecisionEvent, DecisionRefused, RecordedDecision
from tasks.speakers.names.names import comparable


def merge(
    session: Session,
    actor: str,
    reason: str,
    *,
    person_id: int,
    into_id: int,
    now: datetime,
) -> RecordedDecision:
    """One person is another one; the address of the first leads to the second from then on."""
    decision = DecisionEvent(0, kinds.MERGE, person_id=person_id, target_person_id=into_id)
    return record(session, decision, uuid4(), actor, reason, now)


def split(
    session: Session,
    actor: str,
    reason: str,
    *,
    person_id: int,
    name: str,
    podcast_id: int | None = None,
    episode_id: int | None = None,
    now: datetime,
) -> RecordedDecision:
    """Who speaks under a person's name in one podcast, or one episode, is somebody else.

    The other one is a new person, under a slug of their own.
    """
    if (podcast_id is None) == (episode_id is None):
        raise DecisionRefused("no_scope", "say in which podcast, or in which episode")
    if not comparable(name):
        raise DecisionRefused("no_name", "a name is needed")
    decision = DecisionEvent(
        0, kinds.SPLIT, person_id=person_id, podcast_id=podcast_id, episode_id=episode_id
    )
    return record(session, decision, uuid4(), actor, reason, now, new_person=name)


def never_merge(
    session: Session,
    actor: str,
    reason: str,
    *,
    person_id: int,
    target_person_id: int,
    now: datetime,
) -> RecordedDecision:
    """Two people are two, however alike their names; a merge that would join them is refused."""
    first, second = sorted((person_id, target_person_id))
    decision = DecisionEvent(0, kinds.NEVER_MERGE, person_id=first, target_person_id=second)
    return record(session, decision, uuid4(), actor, reason, now)


def rename(
    session: Session,
    actor: str,
    reason: str,
    *,
    person_id: int,
    name: str,
    now: datetime,
) -> RecordedDecision:
    """A person is shown under this name; their slug stays, and so does what labels mean."""
    decision = DecisionEvent(0, kinds.RENAME, person_id=person_id, name=name.strip())
    return record(session, decision, uuid4(), actor, reason, now)


def alias(
    session: Session,
    actor: str,
    reason: str,
    *,
    person_id: int,
    label: str,
    podcast_id: int | None = None,
    now: datetime,
) -> RecordedDecision:
    """A label means a person, in one podcast or everywhere. One word never does everywhere."""
    decision = DecisionEvent(
        0, kinds.ALIAS, person_id=person_id, label=label, podcast_id=podcast_id
    )
    return record(session, decision, uuid4(), actor, reason, now)


def assign(
    session: Session,
    actor: str,
    reason: str,
    *,
    person_id: int,
    episode_id: int,
    label: str,
    now: datetime,
) -> RecordedDecision:
    """A speaker of one episode is a person. What is assigned is the text and not the label."""
    fingerprints = fingerprints_of(session, episode_id, label)
    if not fingerprints:
        raise DecisionRefused("no_such_speaker", "nobody speaks under that label there")
    decision = DecisionEvent(
        0,
        kinds.ASSIGN,
        person_id=person_id,
        episode_id=episode_id,
        label=label,
        fingerprints=fingerprints,
    )
    return record(session, decision, uuid4(), actor, reason, now)


def not_a_person(
    session: Session,
    actor: str,
    reason: str,
    *,
    label: str,
    podcast_id: int | None = None,
    episode_id: int | None = None,
    now: datetime,
) -> RecordedDecision:
    """A label is nobody: in one episode, in one podcast, or everywhere."""
    decision = DecisionEvent(
        0, kinds.NOT_A_PERSON, label=label, podcast_id=podcast_id, episode_id=episode_id
    )
    return record(session, decision, uuid4(), actor, reason, now)


def suppress(
    session: Session,
    actor: str,
    reason: str,
    *,
    person_id: int,
    now: datetime,
) -> RecordedDecision:
    """A person is not shown and not counted; what they said stays, as nobody's."""
    decision = DecisionEvent(0, kinds.SUPPRESS, person_id=person_id)
    return record(session, decision, uuid4(), actor, reason, now)


def release(
    session: Session,
    actor: str,
    reason: str,
    *,
    person_id: int | None = None,
    label: str | None = None,
    podcast_id: int | None = None,
    episode_id: int | None = None,
    now: datetime,
) -> RecordedDecision:
    """A person, or whoever speaks under a label, is out of quarantine and counts.

    Everywhere, in one podcast, or in one episode; the narrower decision holds.
    """
    decision = DecisionEvent(
        0, kinds.RELEASE, person_id, podcast_id=podcast_id, episode_id=episode_id, label=label
    )
    return record(session, decision, uuid4(), actor, reason, now)


def quarantine(
    session: Session,
    actor: str,
    reason: str,
    *,
    person_id: int | None = None,
    label: str | None = None,
    podcast_id: int | None = None,
    episode_id: int | None = None,
    now: datetime,
) -> RecordedDecision:
    """A person, or whoever speaks under a label, counts for nobody until released.

    Everywhere, in one podcast, or in one episode; the narrower decision holds.
    """
    decision = DecisionEvent(
        0, kinds.QUARANTINE, person_id, podcast_id=podcast_id, episode_id=episode_id, label=label
    )
    return record(session, decision, uuid4(), actor, reason, now)


def undo(
    session: Session,
    actor: str,
    reason: str,
    *,
    event_id: int,
    now: datetime,
) -> RecordedDecision:
    """Take an event back. An undo is an event, and final: to redo is to decide again."""
    return revert(session, event_id, uuid4(), actor, reason, now)
