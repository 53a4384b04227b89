"""Suggestions in the database: each pair is suggested once, and closed for good."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text, update
from sqlmodel import col, or_, select

from models import Person, PodcastSpeakerState, Suggestion
from models.database import Session
from models.database.row_columns import any_of, row_columns
from models.database.sql import execute, fetch_all, fetch_one
from tasks.identity.suggestion_rules import likely_merges, likely_splits
from tasks.identity.values import SpeakingPerson, SuggestedDecision
from tasks.speakers.names.names import comparable

_SPEAKING = text("""
    SELECT p.id, p.name, sum(s.appearances)::bigint AS appearances,
           array_agg(DISTINCT s.episode_id) AS episodes
    FROM speaker s JOIN episode e ON e.id = s.episode_id AND e.duplicate_of IS NULL
    JOIN person p ON p.id = s.person_id
    WHERE e.podcast_id = :podcast_id GROUP BY p.id ORDER BY p.id
""")
_EPISODES_BY_PODCAST = text("""
    SELECT c.person_id, c.podcast_id, c.episodes, coalesce(p.language, '') AS language
    FROM person_podcast c JOIN podcast p ON p.id = c.podcast_id
    WHERE c.person_id IN (SELECT person_id FROM person_podcast WHERE podcast_id = :podcast_id)
    ORDER BY c.person_id, c.podcast_id
""")
# Never what was decided before: by a closed suggestion, or in the decision log.
_ADD = text("""
    INSERT INTO suggestion (kind, person_id, target_person_id, podcast_id, score, evidence,
                            state, made_at)
    SELECT n.kind, n.person_id, n.target_person_id, n.podcast_id, n.score, n.evidence, 'open', :now
    FROM unnest(CAST(:kinds AS text[]), CAST(:people AS bigint[]), CAST(:targets AS bigint[]),
                CAST(:podcasts AS bigint[]), CAST(:scores AS float8[]), CAST(:evidences AS jsonb[]))
        AS n (kind, person_id, target_person_id, podcast_id, score, evidence)
    WHERE NOT EXISTS (
        SELECT FROM identity_event v WHERE v.kind = 'never_merge' AND v.undone_by IS NULL
            AND v.person_id = n.person_id AND v.target_person_id = n.target_person_id)
    ORDER BY n.kind, n.person_id, n.target_person_id, n.podcast_id
    ON CONFLICT ON CONSTRAINT suggestion_once DO NOTHING
""")


@dataclass(frozen=True, slots=True)
class LockedSuggestion:
    """A suggestion, locked in this transaction until it is closed."""

    id: int
    kind: str
    person_id: int | None
    target_person_id: int | None
    podcast_id: int | None
    target_podcast_id: int | None
    assignment_id: int | None
    evidence: dict[str, Any]
    state: str
    decision_id: int | None


@dataclass(frozen=True, slots=True)
class SuggestedPerson:
    """A person whom a suggestion is about."""

    id: int
    name: str


def podcasts_without_suggestions(session: Session) -> dict[int, datetime]:
    """Podcasts whose quarantine rules ran after the last suggestions, and when they ran."""
    state = PodcastSpeakerState
    suggested_at, checked_at = col(state.suggested_at), col(state.quarantine_checked_at)
    query = select(state.podcast_id, checked_at).where(
        or_(suggested_at.is_(None), suggested_at < checked_at)
    )
    return dict(session.exec(query.order_by(col(state.podcast_id))).all())


def suggest(session: Session, podcast_id: int, quarantine_checked_at: datetime) -> None:
    """Suggest merges and splits among a podcast's people; earlier suggestions stay."""
    of_podcast = update(PodcastSpeakerState).where(
        col(PodcastSpeakerState.podcast_id) == podcast_id
    )
    execute(session, of_podcast.values(suggested_at=quarantine_checked_at))
    people = _speaking_people(session, podcast_id)
    names = {person.person_id: person.name for person in people}
    suggested = [*likely_merges(podcast_id, people), *_splits(session, podcast_id, names)]
    _add(session, suggested, quarantine_checked_at)


def _speaking_people(session: Session, podcast_id: int) -> list[SpeakingPerson]:
    rows = session.connection().execute(_SPEAKING, {"podcast_id": podcast_id})
    return [
        SpeakingPerson(
            person_id=row.id,
            name=row.name,
            key=comparable(row.name),
            appearances=row.appearances,
            episodes=frozenset(row.episodes),
        )
        for row in rows
    ]


def _splits(
    session: Session, podcast_id: int, names: dict[int, str]
) -> Iterator[SuggestedDecision]:
    episodes: defaultdict[int, dict[int, int]] = defaultdict(dict)
    languages: dict[int, str] = {}
    for row in session.connection().execute(_EPISODES_BY_PODCAST, {"podcast_id": podcast_id}):
        episodes[row.person_id][row.podcast_id] = row.episodes
        languages[row.podcast_id] = row.language
    for person_id, by_podcast in episodes.items():
        spoken = {podcast: languages[podcast] for podcast in by_podcast}
        yield from likely_splits(person_id, names.get(person_id, ""), by_podcast, spoken)


def _add(session: Session, suggested: Sequence[SuggestedDecision], now: datetime) -> None:
    if not suggested:
        return
    params = {
        "kinds": [decision.kind for decision in suggested],
        "people": [decision.person_id for decision in suggested],
        "targets": [decision.target_person_id for decision in suggested],
        "podcasts": [decision.podcast_id for decision in suggested],
        "scores": [decision.score for decision in suggested],
        "evidences": [json.dumps(decision.evidence, ensure_ascii=False) for decision in suggested],
        "now": now,
    }
    session.connection().execute(_ADD, params)


def lock_suggestion(session: Session, suggestion_id: int) -> LockedSuggestion | None:
    """Lock a suggestion, so that only this transaction can close it."""
    columns = row_columns(
        LockedSuggestion,
        Suggestion,
        assignment_id=Suggestion.assignment_event_id,
        decision_id=Suggestion.event_id,
    )
    query = select(*columns).where(Suggestion.id == suggestion_id)
    return fetch_one(session, query.with_for_update(), LockedSuggestion)


def people_by_appearances(session: Session, *person_ids: int | None) -> list[SuggestedPerson]:
    """People with their names, those with most appearances first."""
    query = select(*row_columns(SuggestedPerson, Person)).where(
        col(Person.id) == any_of(person_ids)
    )
    by_appearances = query.order_by(col(Person.appearances).desc(), col(Person.id))
    return fetch_all(session, by_appearances, SuggestedPerson)


def close_suggestion(
    session: Session,
    suggestion_id: int,
    state: str,
    actor: str,
    now: datetime,
    decision_id: int | None,
) -> None:
    """Record how a suggestion was decided, and the identity decision that was recorded for it."""
    closed = update(Suggestion).where(col(Suggestion.id) == suggestion_id)
    execute(
        session,
        closed.values(state=state, decided_at=now, decided_by=actor, event_id=decision_id),
    )


def reopen_suggestion(session: Session, suggestion_id: int) -> None:
    """Make a suggestion open again, as if it had never been decided."""
    of_suggestion = update(Suggestion).where(col(Suggestion.id) == suggestion_id)
    reopened = of_suggestion.values(state="open", decided_at=None, decided_by=None, event_id=None)
    execute(session, reopened)
