"""The decision log: records decisions and applies them in the same transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import count
from typing import TypedDict
from uuid import UUID

from sqlalchemy import exists, literal, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, func, select

from models import Appearance, IdentityDecision, Person, PersonState, Speaker, Transcript
from models.database import Session
from models.database.row_columns import row_columns
from models.database.sql import execute, fetch_one, fetch_value, lock_in_order, statement
from tasks.counts.store.updates import updating_counts
from tasks.identity.rules import check, check_undo, merged_from, person_status
from tasks.speakers.decisions import (
    ALIAS,
    ASSIGN,
    NEVER_MERGE,
    RENAME,
    UNDO,
    Decision,
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
from tasks.speakers.store.podcast_scope import PODCAST_IDS

# Decisions are recorded one at a time, so that none contradicts another.
_LOG_LOCK = 0x0F3E_4EA2E
_TAKE_LOCKS = text("""
    SELECT pg_advisory_xact_lock(:class, (k % 2147483647)::int)
    FROM unnest(CAST(:keys AS bigint[])) AS k
""")
_ALL_DECISIONS = statement(f"""
    SELECT {DECISION_COLUMNS},
           CASE WHEN episode_id = :episode_id THEN fingerprints END AS fingerprints,
           CASE WHEN episode_id = :episode_id THEN spans END AS spans
    FROM identity_event WHERE kind <> 'undo' ORDER BY id
""")  # noqa: S608  columns from a constant
_AFFECTED = statement(f"""
    {SPEAKER_QUERY}
    WHERE (s.matched_person_id = ANY(:people) OR s.person_id = ANY(:people)
           OR s.label_key = ANY(:keys) OR s.episode_id = ANY(:episodes)
           OR (:unkeyed AND s.label_key IS NULL))
      AND (CAST(:podcast_id AS bigint) IS NULL OR :podcast_id = ANY({PODCAST_IDS}))
      AND (CAST(:episode_id AS bigint) IS NULL OR s.episode_id = :episode_id)
    ORDER BY s.id
""")
# The published name stays stored while another is shown, and is shown again after an undo.
_UPDATE_PERSON = text("""
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
    """Which speakers a decision can affect: by person, label or episode, within a scope."""

    people: list[int]
    keys: list[str]
    episodes: list[int]
    unkeyed: bool  # whether speakers without a stored label key may be affected, too
    podcast_id: int | None
    episode_id: int | None


def record(
    session: Session,
    decision: Decision,
    uuid: UUID,
    actor: str,
    reason: str,
    now: datetime,
    *,
    new_person: str = "",
) -> RecordedDecision:
    """Record a decision and apply it in this transaction.

    A decision that is already recorded under this UUID is returned unchanged. ``new_person`` is
    the name of a person that the decision creates.

    Raises:
        DecisionRefused: it contradicts an earlier decision; nothing was written.
    """
    if (known := _begin(session, uuid)) is not None:
        return known
    earlier = load_decisions(session, _ALL_DECISIONS, episode_id=decision.episode_id)
    check(decision, earlier)
    if new_person:
        decision = replace(decision, target_person_id=_add_person(session, new_person))
    recorded = _insert(session, decision, uuid, actor, reason, now)
    decision = replace(decision, id=recorded.id)
    changed = _apply(session, decision, [*earlier, decision])
    return replace(recorded, changed=changed)


def revert(
    session: Session, decision_id: int, uuid: UUID, actor: str, reason: str, now: datetime
) -> RecordedDecision:
    """Undo a decision: everything but the decision log is then as if it had never been recorded.

    An undo is a decision itself, and final: to redo a decision, record it again.

    Raises:
        DecisionRefused: there is no such decision, or it cannot be undone.
    """
    if (known := _begin(session, uuid)) is not None:
        return known
    earlier = load_decisions(session, _ALL_DECISIONS, episode_id=None)
    decision = next((decision for decision in earlier if decision.id == decision_id), None)
    if decision is None:
        raise DecisionRefused(
            "no_such_decision", f"there is no decision {decision_id} that can be undone"
        )
    check_undo(decision, earlier)
    undo = Decision(0, UNDO, decision.person_id, decision.target_person_id)
    recorded = _insert(session, undo, uuid, actor, reason, now, undoes=decision_id)
    marked = update(IdentityDecision).where(col(IdentityDecision.id) == decision_id)
    execute(session, marked.values(undone_by=recorded.id))
    undone = replace(decision, undone=True)
    changed = _apply(session, undone, [undone if e.id == decision_id else e for e in earlier])
    return replace(recorded, changed=changed)


def _begin(session: Session, uuid: UUID) -> RecordedDecision | None:
    """Lock the decision log; return the decision if it is recorded already."""
    session.exec(select(func.pg_advisory_xact_lock(_LOG_LOCK)))
    columns = row_columns(RecordedDecision, IdentityDecision, changed=literal(0))
    known = select(*columns).where(IdentityDecision.uuid == uuid)
    return fetch_one(session, known, RecordedDecision)


def _add_person(session: Session, name: str) -> int:
    """Add a person under the first free slug for the name."""
    base = slug_of(comparable(name))
    for number in count(1):
        slug = base if number == 1 else f"{base}-{number}"
        row = insert(Person).values(name=name.strip(), slug=slug, state=PersonState.active)
        added = row.on_conflict_do_nothing(index_elements=["slug"]).returning(col(Person.id))
        person_id: int | None = fetch_value(session, added)
        if person_id is not None:
            return person_id
    raise AssertionError("unreachable: some number is free")


def _insert(
    session: Session,
    decision: Decision,
    uuid: UUID,
    actor: str,
    reason: str,
    now: datetime,
    *,
    undoes: int | None = None,
) -> RecordedDecision:
    row = insert(IdentityDecision).values(
        uuid=uuid,
        kind=decision.kind,
        actor=actor,
        reason=reason,
        at=now,
        person_id=decision.person_id,
        target_person_id=decision.target_person_id,
        podcast_id=decision.podcast_id,
        episode_id=decision.episode_id,
        label=decision.label,
        name=decision.name,
        fingerprints=list(decision.fingerprints) or None,
        spans=list(decision.spans) or None,
        undoes=undoes,
    )
    decision_id = fetch_value(session, row.returning(col(IdentityDecision.id)))
    people = (decision.person_id, decision.target_person_id)
    return RecordedDecision(decision_id, uuid, decision.kind, actor, reason, now, *people)


def fingerprints_of(session: Session, episode_id: int, label: str) -> tuple[int, ...]:
    """Fingerprints of all segments of a speaker, in order."""
    query = (
        select(Appearance.fingerprint)
        .join(Speaker, col(Speaker.id) == Appearance.speaker_id)
        .where(Speaker.episode_id == episode_id, Speaker.label == label)
    )
    return tuple(session.exec(query.order_by(col(Appearance.position))))


def heard_times_of(session: Session, episode_id: int, label: str) -> tuple[tuple[int, int], ...]:
    """Start and end of all segments of a speaker, where they were transcribed from audio.

    Another engine recognizes other text and cuts it at other places, but at the same times.
    """
    is_heard = exists().where(
        col(Transcript.episode_id) == episode_id,
        col(Transcript.is_selected),
        col(Transcript.source) == "asr",
    )
    query = (
        select(Appearance.start_ms, Appearance.end_ms)
        .join(Speaker, col(Speaker.id) == Appearance.speaker_id)
        .where(Appearance.episode_id == episode_id, Speaker.label == label, is_heard)
        .where(col(Appearance.start_ms) < col(Appearance.end_ms))
    )
    found = session.exec(query.order_by(col(Appearance.position)))
    return tuple((start, end) for start, end in found if start is not None and end is not None)


def _apply(session: Session, decision: Decision, decided: Sequence[Decision]) -> int:
    """Bring speakers, counts and people in line with the decision log; speakers changed.

    Episodes are locked before the advisory locks, in the same order as an ingest. Speakers are
    then read again and their episodes locked, too: an ingest that committed in between may have
    added some.
    """
    people = {
        person for person in (decision.person_id, decision.target_person_id) if person is not None
    }
    if decision.kind in {RENAME, NEVER_MERGE}:
        _update_people(session, people, decided)
        return 0
    subjects = _affected(decision, decided)
    locked: set[int] = set() if decision.episode_id is None else {decision.episode_id}
    locked |= lock_episodes(session, locked | _episodes(_changes(session, subjects)))
    _take_locks(session, decision, subjects)
    while new := _episodes(changed := _changes(session, subjects)) - locked:
        locked |= lock_episodes(session, new)
    with updating_counts(session, sorted(locked)):
        write_attributions(session, changed)
        affected = {speaker.stored.person_id for speaker, _ in changed} | {
            attribution.person_id for _, attribution in changed
        }
        _lock_people(session, people | affected)
        _update_people(session, people, decided)
    return len(changed)


def _affected(decision: Decision, decided: Iterable[Decision]) -> AffectedSubjects:
    """Which speakers a decision can affect, also through aliases of its person."""
    people: set[int] = set()
    labels: set[str | None] = {decision.label}
    episodes: set[int | None] = {decision.episode_id} if decision.kind == ASSIGN else set()
    if decision.label is None and decision.person_id is not None:
        people = merged_from(decision.person_id, decided)
        in_force = [e for e in decided if not e.undone and e.person_id in people]
        labels |= {e.label for e in in_force if e.kind == ALIAS}
        episodes |= {e.episode_id for e in in_force if e.kind == ASSIGN}
    keys = {label_key(label) for label in labels if label is not None}
    return {
        "people": sorted(people),
        "keys": sorted(keys),
        "episodes": sorted(episode for episode in episodes if episode is not None),
        "unkeyed": bool(keys),
        "podcast_id": decision.podcast_id,
        "episode_id": decision.episode_id,
    }


def _changes(session: Session, subjects: AffectedSubjects) -> AttributionChanges:
    speakers = load_speakers(session, _AFFECTED, **subjects)
    if not speakers:
        return []
    _, decisions = decisions_about(session, speakers)
    return changed_attributions(speakers, decisions)


def _episodes(changed: AttributionChanges) -> set[int]:
    return {speaker.episode_id for speaker, _ in changed}


def _take_locks(session: Session, decision: Decision, subjects: AffectedSubjects) -> None:
    """Take advisory locks, so that no ingest attributes speakers of these until the commit.

    A decision about one episode needs none: it has the episode's row lock.
    """
    if decision.episode_id is not None:
        return
    if decision.label is not None:
        params = {"class": LABEL_LOCKS, "keys": [decision.podcast_id or 0]}
    else:
        params = {"class": PERSON_LOCKS, "keys": subjects["people"]}
    session.connection().execute(_TAKE_LOCKS, params)


def _lock_people(session: Session, people: Iterable[int | None]) -> None:
    ids = sorted(person_id for person_id in people if person_id is not None)
    lock_in_order(session, Person, ids)


def _update_people(session: Session, people: Iterable[int], decided: Sequence[Decision]) -> None:
    """Set the state and name of people; without a chosen name, the published one is shown."""
    for person_id in sorted(people):
        status = person_status(person_id, decided)
        params = {
            "id": person_id,
            "state": status.state,
            "merged_into": status.merged_into,
            "name": status.name,
        }
        session.connection().execute(_UPDATE_PERSON, params)
