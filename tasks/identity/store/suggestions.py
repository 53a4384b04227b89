"""Suggestions in the database: made once for each pair, and decided once and for ever."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

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
_SPREAD = text("""
    SELECT c.person_id, c.podcast_id, c.episodes, coalesce(p.language, '') AS language
    FROM person_podcast c JOIN podcast p ON p.id = c.podcast_id
    WHERE c.person_id IN (SELECT person_id FROM person_podcast WHERE podcast_id = :podcast_id)
    ORDER BY c.person_id, c.podcast_id
""")
# Never what was decided: not by a refusal here, and not by an event of the ledger.
_ADD = text("""
    INSERT INTO suggestion (kind, person_id, target_person_id, podcast_id, score, evidence, state, made_at)
    SELECT n.kind, n.person_id, n.target_person_id, n.podcast_id, n.score, n.evidence, 'open', :now
    FROM unnest(CAST(:kinds AS text[]), CAST(:people AS bigint[]), CAST(:others AS bigint[]),
                CAST(:podcasts AS bigint[]), CAST(:scores AS float8[]), CAST(:evidences AS jsonb[]))
        AS n (kind, person_id, target_person_id, podcast_id, score, evidence)
    WHERE NOT EXISTS (
        SELECT FROM identity_event v WHERE v.kind = 'never_merge' AND v.undone_by IS NULL
            AND v.person_id = n.person_id AND v.target_person_id = n.target_person_id)
    ORDER BY n.kind, n.person_id, n.target_person_id, n.podcast_id
    ON CONFLICT ON CONSTRAINT suggestion_once DO NOTHING
""")
# Podcasts whose speakers were judged since suggestions were last made.
_DUE = text("""
    SELECT podcast_id, quarantine_checked_at FROM podcast_speaker_state
    WHERE suggested_at IS NULL OR suggested_at < quarantine_checked_at ORDER BY podcast_id
""")
_SUGGESTED = text("""
    UPDATE podcast_speaker_state SET suggested_at = :quarantine_checked_at WHERE podcast_id = :podcast_id
""")
_LOCK = text("""
    SELECT id, kind, person_id, target_person_id, podcast_id, assignment_event_id, evidence, state
    FROM suggestion WHERE id = :id FOR UPDATE
""")
_CLOSE = text("""
    UPDATE suggestion SET state = :state, decided_at = :now, decided_by = :actor,
        event_id = :event_id
    WHERE id = :id
""")


def podcasts_without_suggestions(session: Session) -> dict[int, datetime]:
    """Podcasts whose speakers were judged since suggestions were last made, and when."""
    rows = session.connection().execute(_DUE)
    return {row.podcast_id: row.quarantine_checked_at for row in rows}


def suggest(session: Session, podcast_id: int, quarantine_checked_at: datetime) -> None:
    """Suggest merges and splits among the people of a podcast; earlier suggestions stay."""
    asked = {"podcast_id": podcast_id, "quarantine_checked_at": quarantine_checked_at}
    session.connection().execute(_SUGGESTED, asked)
    rows = session.connection().execute(_SPEAKING, {"podcast_id": podcast_id}).all()
    people = [
        SpeakingPerson(
            row.id, row.name, comparable(row.name), row.appearances, frozenset(row.episodes)
        )
        for row in rows
    ]
    names = {one.person_id: one.name for one in people}
    _add(
        session,
        [*likely_merges(podcast_id, people), *_two(session, podcast_id, names)],
        quarantine_checked_at,
    )


def _two(session: Session, podcast_id: int, names: dict[int, str]) -> Iterable[SuggestedDecision]:
    episodes: defaultdict[int, dict[int, int]] = defaultdict(dict)
    languages: dict[int, str] = {}
    for row in session.connection().execute(_SPREAD, {"podcast_id": podcast_id}):
        episodes[row.person_id][row.podcast_id] = row.episodes
        languages[row.podcast_id] = row.language
    for person_id, spread in episodes.items():
        spoken = {podcast: languages[podcast] for podcast in spread}
        yield from likely_splits(person_id, names.get(person_id, ""), spread, spoken)


def _add(session: Session, found: Sequence[SuggestedDecision], now: datetime) -> None:
    if found:
        asked = {
            "kinds": [one.kind for one in found],
            "people": [one.person_id for one in found],
            "others": [one.target_person_id for one in found],
            "podcasts": [one.podcast_id for one in found],
            "scores": [one.score for one in found],
            "evidences": [json.dumps(one.evidence, ensure_ascii=False) for one in found],
            "now": now,
        }
        session.connection().execute(_ADD, asked)


def lock_suggestion(session: Session, suggestion_id: int) -> Any | None:
    """A suggestion that is decided now, by one of those who want to."""
    return session.connection().execute(_LOCK, {"id": suggestion_id}).first()


def close_suggestion(
    session: Session,
    suggestion_id: int,
    state: str,
    actor: str,
    now: datetime,
    event_id: int | None,
) -> None:
    """Note how a suggestion was decided, and the event that it led to."""
    asked = {
        "id": suggestion_id,
        "state": state,
        "actor": actor,
        "now": now,
        "event_id": event_id,
    }
    session.connection().execute(_CLOSE, asked)
