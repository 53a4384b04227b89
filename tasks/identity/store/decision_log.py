"""Decisions in the database: written down once, in effect with the transaction that takes them."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count
from typing import TypedDict
from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from models.database.sql import statement
from tasks.counts.store.updates import updating_counts
from tasks.identity.rules import check, check_undo, merged_from, person_status
from tasks.speakers.decisions import (
    ALIAS,
    ASSIGN,
    NEVER_MERGE,
    RENAME,
    UNDO,
    DecisionEvent,
    DecisionRefused,
    RecordedDecision,
)
from tasks.speakers.names.names import comparable, label_key, slug_of
from tasks.speakers.store.attribution import (
    DECISION_COLUMNS,
    LABEL_LOCKS,
    PERSON_LOCKS,
    SPEAKER_QUERY,
    AttributionChanges,
    changed_attributions,
    decisions_about,
    load_decisions,
    load_speakers,
    lock_episodes,
    write_attributions,
)

# Decisions are taken one at a time, so that none contradicts another.
_LEDGER_LOCK = 0x0F3E_4EA2E
_LOCK_LEDGER = text("SELECT pg_advisory_xact_lock(:key)")
_TAKE_KEYS = text("""
    SELECT pg_advisory_xact_lock(:class, (k % 2147483647)::int)
    FROM unnest(CAST(:keys AS bigint[])) AS k
""")
_LOCK_PERSONS = text("SELECT id FROM person WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE")
_ALL_EVENTS = statement(f"""
    SELECT {DECISION_COLUMNS}, CASE WHEN episode_id = :episode_id THEN fingerprints END AS fingerprints
    FROM identity_event WHERE kind <> 'undo' ORDER BY id
""")  # noqa: S608  columns of ours
_CONCERNED = statement(f"""
    {SPEAKER_QUERY}
    WHERE (s.matched_person_id = ANY(:people) OR s.person_id = ANY(:people)
           OR s.label_key = ANY(:keys) OR s.episode_id = ANY(:episodes)
           OR (:unkeyed AND s.label_key IS NULL))
      AND (CAST(:podcast_id AS bigint) IS NULL OR e.podcast_id = :podcast_id)
      AND (CAST(:episode_id AS bigint) IS NULL OR s.episode_id = :episode_id)
    ORDER BY s.id
""")
_RECORD = text("""
    INSERT INTO identity_event (uuid, kind, actor, reason, at, person_id, target_person_id, podcast_id,
                                episode_id, label, name, fingerprints, undoes)
    VALUES (:uuid, :kind, :actor, :reason, :at, :person_id, :target_person_id, :podcast_id, :episode_id,
            :label, :name, CAST(:fingerprints AS jsonb), :undoes)
    RETURNING id
""")
_ADD_PERSON = text("""
    INSERT INTO person (name, slug, state) VALUES (:name, :slug, 'active')
    ON CONFLICT (slug) DO NOTHING RETURNING id
""")
_MARK_UNDONE = text("UPDATE identity_event SET undone_by = :by WHERE id = :id")
_KNOWN = text("""
    SELECT id, uuid, kind, actor, reason, at, person_id, target_person_id FROM identity_event
    WHERE uuid = :uuid
""")
_PRINTS = text("""
    SELECT a.fingerprint FROM appearance a JOIN speaker s ON s.id = a.speaker_id
    WHERE s.episode_id = :episode_id AND s.label = :label ORDER BY a.position
""")
# The name that was published is kept while another is shown, and comes back with the undoing.
_RESTATE = text("""
    UPDATE person p SET state = n.state, merged_into = n.merged_into,
        name = coalesce(n.name, p.published_name, p.name),
        published_name = CASE WHEN n.name IS NOT NULL THEN coalesce(p.published_name, p.name) END
    FROM (SELECT CAST(:state AS text), CAST(:merged_into AS bigint), CAST(:name AS text))
        AS n (state, merged_into, name)
    WHERE p.id = :id AND (p.state, p.merged_into, p.name, p.published_name IS NULL)
        IS DISTINCT FROM (n.state, n.merged_into, coalesce(n.name, p.published_name, p.name),
                          n.name IS NULL)
""")


class AffectedSubjects(TypedDict):
    """Whom a decision can mean: by match, by label, or by episode, within a scope."""

    people: list[int]
    keys: list[str]
    episodes: list[int]
    unkeyed: bool  # what was never held since its label could be compared may be meant, too
    podcast_id: int | None
    episode_id: int | None


def record(
    session: Session,
    decision: DecisionEvent,
    uuid: UUID,
    actor: str,
    reason: str,
    now: datetime,
    *,
    new_person: str = "",
) -> RecordedDecision:
    """Take a decision: write it down, and let it take effect in this transaction.

    An event that is known by its uuid is returned as it is. ``new_person`` is the name of somebody
    whom the decision brings about.

    Raises:
        DecisionRefused: it contradicts what is in force; nothing was written.
    """
    if (known := _begin(session, uuid)) is not None:
        return known
    so_far = load_decisions(session, _ALL_EVENTS, episode_id=decision.episode_id)
    check(decision, so_far)
    if new_person:
        decision = replace(decision, target_person_id=_add_person(session, new_person))
    recorded = _insert(session, decision, uuid, actor, reason, now)
    decision = replace(decision, id=recorded.id)
    changed = _take_effect(session, decision, [*so_far, decision])
    return replace(recorded, changed=changed)


def revert(
    session: Session, event_id: int, uuid: UUID, actor: str, reason: str, now: datetime
) -> RecordedDecision:
    """Undo an event: everything is then as if it had never been, the ledger excepted.

    Raises:
        DecisionRefused: there is no such event, or it cannot be undone.
    """
    if (known := _begin(session, uuid)) is not None:
        return known
    so_far = load_decisions(session, _ALL_EVENTS, episode_id=None)
    event = next((one for one in so_far if one.id == event_id), None)
    if event is None:
        raise DecisionRefused("no_such_event", f"there is no event {event_id} that can be undone")
    check_undo(event, so_far)
    taken_back = DecisionEvent(0, UNDO, event.person_id, event.target_person_id)
    recorded = _insert(session, taken_back, uuid, actor, reason, now, undoes=event_id)
    session.connection().execute(_MARK_UNDONE, {"id": event_id, "by": recorded.id})
    undone = replace(event, undone=True)
    changed = _take_effect(session, undone, [undone if e.id == event_id else e for e in so_far])
    return replace(recorded, changed=changed)


def _begin(session: Session, uuid: UUID) -> RecordedDecision | None:
    """Wait for the turn of this decision; the event, if it was taken before."""
    session.connection().execute(_LOCK_LEDGER, {"key": _LEDGER_LOCK})
    known = session.connection().execute(_KNOWN, {"uuid": uuid}).first()
    return None if known is None else RecordedDecision(*known)


def _add_person(session: Session, name: str) -> int:
    """Add somebody under the first free slug of their name."""
    base = slug_of(comparable(name))
    for number in count(1):
        asked = {"name": name.strip(), "slug": base if number == 1 else f"{base}-{number}"}
        added = session.connection().execute(_ADD_PERSON, asked).scalar()
        if added is not None:
            return int(added)
    raise AssertionError("slugs never end")


def _insert(
    session: Session,
    decision: DecisionEvent,
    uuid: UUID,
    actor: str,
    reason: str,
    now: datetime,
    *,
    undoes: int | None = None,
) -> RecordedDecision:
    asked = {
        "uuid": uuid,
        "kind": decision.kind,
        "actor": actor,
        "reason": reason,
        "at": now,
        "person_id": decision.person_id,
        "target_person_id": decision.target_person_id,
        "podcast_id": decision.podcast_id,
        "episode_id": decision.episode_id,
        "label": decision.label,
        "name": decision.name,
        "fingerprints": json.dumps(decision.fingerprints) if decision.fingerprints else None,
        "undoes": undoes,
    }
    event_id = session.connection().execute(_RECORD, asked).scalar_one()
    people = (decision.person_id, decision.target_person_id)
    return RecordedDecision(event_id, uuid, decision.kind, actor, reason, now, *people)


def fingerprints_of(session: Session, episode_id: int, label: str) -> tuple[int, ...]:
    """The fingerprints of everything that a speaker says, in order."""
    asked = {"episode_id": episode_id, "label": label}
    return tuple(session.connection().execute(_PRINTS, asked).scalars())


def _take_effect(session: Session, event: DecisionEvent, decided: Sequence[DecisionEvent]) -> int:
    """Bring speakers, figures and persons to what the ledger says now; how many speakers changed.

    Episodes are locked before the keys, as stores do. What is found only then is locked too: a
    store that ended meanwhile may have made speakers that nobody could see.
    """
    people = {person for person in (event.person_id, event.target_person_id) if person is not None}
    if event.kind in {RENAME, NEVER_MERGE}:
        _restate(session, people, decided)
        return 0
    concerned = _concerned(event, decided)
    locked: set[int] = set() if event.episode_id is None else {event.episode_id}
    locked |= lock_episodes(session, locked | _places(_changes(session, concerned)))
    _take_keys(session, event, concerned)
    while new := _places(changed := _changes(session, concerned)) - locked:
        locked |= lock_episodes(session, new)
    with updating_counts(session, sorted(locked)):
        write_attributions(session, changed)
        affected = {one.stored.person_id for one, _ in changed} | {
            now.person_id for _, now in changed
        }
        _lock_persons(session, people | affected)
        _restate(session, people, decided)
    return len(changed)


def _concerned(event: DecisionEvent, decided: Iterable[DecisionEvent]) -> AffectedSubjects:
    """The speakers that a decision can mean, also through labels that lead to its person."""
    people: set[int] = set()
    labels: set[str | None] = {event.label}
    episodes: set[int | None] = {event.episode_id} if event.kind == ASSIGN else set()
    if event.label is None and event.person_id is not None:
        people = merged_from(event.person_id, decided)
        leading = [one for one in decided if not one.undone and one.person_id in people]
        labels |= {one.label for one in leading if one.kind == ALIAS}
        episodes |= {one.episode_id for one in leading if one.kind == ASSIGN}
    keys = {label_key(label) for label in labels if label is not None}
    return {
        "people": sorted(people),
        "keys": sorted(keys),
        "episodes": sorted(episode for episode in episodes if episode is not None),
        "unkeyed": bool(keys),
        "podcast_id": event.podcast_id,
        "episode_id": event.episode_id,
    }


def _changes(session: Session, concerned: AffectedSubjects) -> AttributionChanges:
    speakers = load_speakers(session, _CONCERNED, **concerned)
    if not speakers:
        return []
    _, ledger = decisions_about(session, speakers)
    return changed_attributions(speakers, ledger)


def _places(changed: AttributionChanges) -> set[int]:
    return {one.episode_id for one, _ in changed}


def _take_keys(session: Session, event: DecisionEvent, concerned: AffectedSubjects) -> None:
    """Wait for stores that hold speakers of these, and let no other begin until the commit.

    A decision about one episode needs no key: it has the episode's lock.
    """
    if event.episode_id is not None:
        return
    if event.label is not None:
        asked = {"class": LABEL_LOCKS, "keys": [event.podcast_id or 0]}
    else:
        asked = {"class": PERSON_LOCKS, "keys": concerned["people"]}
    session.connection().execute(_TAKE_KEYS, asked)


def _lock_persons(session: Session, people: Iterable[int | None]) -> None:
    ids = sorted(person for person in people if person is not None)
    session.connection().execute(_LOCK_PERSONS, {"ids": ids})


def _restate(session: Session, people: Iterable[int], decided: Sequence[DecisionEvent]) -> None:
    """Bring persons to their state and name; a name is shown again that was published before."""
    for person_id in sorted(people):
        status = person_status(person_id, decided)
        asked = {
            "id": person_id,
            "state": status.state,
            "merged_into": status.merged_into,
            "name": status.name,
        }
        session.connection().execute(_RESTATE, asked)
