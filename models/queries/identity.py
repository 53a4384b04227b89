"""Identity decisions, open suggestions, quarantined speech, and audits."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from models.database.sql import fetch_all
from models.queries.visibility import VISIBLE

_EVENTS = """
    SELECT v.id, v.uuid, v.kind, v.actor, v.reason, v.at, p.name AS person, p.slug,
           o.name AS other, o.slug AS other_slug, q.title AS podcast, v.podcast_id,
           v.episode_id, e.title AS episode, v.label, v.name, v.undoes, v.undone_by
    FROM identity_event v
    LEFT JOIN person p ON p.id = v.person_id LEFT JOIN person o ON o.id = v.target_person_id
    LEFT JOIN podcast q ON q.id = v.podcast_id LEFT JOIN episode e ON e.id = v.episode_id
"""
# Decisions about the person, and about those who were merged into them.
_OF_PERSON = f"""
    WITH RECURSIVE same (id) AS (
        SELECT CAST(:id AS bigint) UNION
        SELECT p.id FROM person p JOIN same s ON p.merged_into = s.id
    )
    {_EVENTS}
    WHERE v.person_id IN (SELECT id FROM same) OR v.target_person_id IN (SELECT id FROM same)
    ORDER BY v.id DESC
"""  # noqa: S608  constants of ours
_LATEST = _EVENTS + " ORDER BY v.id DESC LIMIT :limit"
_OPEN = """
    SELECT s.id, s.kind, p.name AS person, p.slug, o.name AS other, o.slug AS other_slug,
           s.podcast_id, q.title AS podcast, s.assignment_event_id, s.score, s.evidence,
           s.state, s.made_at
    FROM suggestion s JOIN person p ON p.id = s.person_id
    LEFT JOIN person o ON o.id = s.target_person_id LEFT JOIN podcast q ON q.id = s.podcast_id
    WHERE s.state = 'open' AND p.state = 'active' AND coalesce(o.state, 'active') = 'active'
    ORDER BY s.kind, s.score DESC, s.id LIMIT :limit
"""
_QUARANTINED = f"""
    SELECT m.name AS person, m.slug, p.title AS podcast, e.podcast_id,
           s.status_reason AS reason, count(*) AS episodes,
           sum(s.appearances)::bigint AS appearances, min(s.label) AS label
    FROM speaker s JOIN episode e ON e.id = s.episode_id JOIN podcast p ON p.id = e.podcast_id
    JOIN person m ON m.id = s.matched_person_id AND m.state = 'active'
    WHERE s.status = 'quarantined' AND {VISIBLE}
    GROUP BY m.id, p.id, e.podcast_id, s.status_reason
    ORDER BY appearances DESC, m.slug, e.podcast_id LIMIT :limit
"""  # noqa: S608  constants of ours
_SAMPLE = f"""
    SELECT s.episode_id, s.label, s.person_id, o.name AS person, o.slug, s.method, s.version,
           s.confidence, s.evidence, s.status_reason, s.appearances, e.title AS episode,
           p.title AS podcast, j.correct, j.id IS NOT NULL AS judged
    FROM speaker s JOIN person o ON o.id = s.person_id
    JOIN episode e ON e.id = s.episode_id JOIN podcast p ON p.id = e.podcast_id
    LEFT JOIN audit_answer j ON j.seed = :seed AND j.episode_id = s.episode_id
        AND j.label = s.label AND j.person_id = s.person_id
    WHERE {VISIBLE}
    ORDER BY md5(CAST(:seed AS text) || e.podcast_id || '/' || e.identity || '/' || s.label)
    LIMIT :sample
"""  # noqa: S608  constants of ours
_FIRST_SEGMENTS = """
    SELECT a.start_ms, a.text FROM appearance a JOIN speaker s ON s.id = a.speaker_id
    WHERE s.episode_id = :episode_id AND s.label = :label ORDER BY a.position LIMIT :limit
"""
_AUDITED = """
    SELECT method, count(*) FILTER (WHERE correct) AS correct,
           count(*) FILTER (WHERE correct IS NOT NULL) AS judged,
           count(*) FILTER (WHERE correct IS NULL) AS unsure
    FROM audit_answer WHERE CAST(:seed AS int) IS NULL OR seed = :seed
    GROUP BY method ORDER BY method
"""


@dataclass(frozen=True, slots=True)
class IdentityEventRow:
    """An identity decision with the names of what it is about."""

    id: int
    uuid: UUID
    kind: str
    actor: str
    reason: str
    at: datetime
    person: str | None
    slug: str | None
    other: str | None
    other_slug: str | None
    podcast: str | None
    podcast_id: int | None
    episode_id: int | None
    episode: str | None
    label: str | None
    name: str | None
    undoes: int | None
    undone_by: int | None


@dataclass(frozen=True, slots=True)
class SuggestionRow:
    """An open suggestion with the names of the people that it is about."""

    id: int
    kind: str
    person: str
    slug: str
    other: str | None
    other_slug: str | None
    podcast_id: int | None
    podcast: str | None
    assignment_event_id: int | None
    score: float
    evidence: dict[str, Any]
    state: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class QuarantinedSpeech:
    """Speech of one person in one podcast that one rule put in quarantine."""

    person: str
    slug: str
    podcast: str
    podcast_id: int
    reason: str
    episodes: int
    appearances: int
    label: str


@dataclass(frozen=True, slots=True)
class AuditedSpeaker:
    """A speaker in an audit's sample; ``correct`` is the answer, if it was ``judged``."""

    episode_id: int
    label: str
    person_id: int
    person: str
    slug: str
    method: str
    version: int
    confidence: float
    evidence: str
    status_reason: str
    appearances: int
    episode: str
    podcast: str
    correct: bool | None
    judged: bool


@dataclass(frozen=True, slots=True)
class SegmentText:
    """The text of a segment; ``start_ms`` from the beginning of the audio."""

    start_ms: int | None
    text: str


@dataclass(frozen=True, slots=True)
class MethodAccuracy:
    """Audit answers about speakers that one method attributed."""

    method: str
    correct: int
    judged: int
    unsure: int


def events_of(session: Session, person_id: int) -> list[IdentityEventRow]:
    """Decisions about a person and those merged into them, latest first."""
    return fetch_all(session, _OF_PERSON, IdentityEventRow, {"id": person_id})


def events(session: Session, *, limit: int) -> list[IdentityEventRow]:
    """The latest decisions."""
    return fetch_all(session, _LATEST, IdentityEventRow, {"limit": limit})


def suggestions(session: Session, *, limit: int = 0) -> list[SuggestionRow]:
    """Open suggestions, the likeliest of each kind first; 0 is all."""
    return fetch_all(session, _OPEN, SuggestionRow, {"limit": limit or None})


def quarantined(session: Session, *, limit: int = 0) -> list[QuarantinedSpeech]:
    """Quarantined speech by person, podcast and rule, most appearances first; 0 is all."""
    return fetch_all(session, _QUARANTINED, QuarantinedSpeech, {"limit": limit or None})


def audit_sample(session: Session, *, sample: int, seed: int) -> list[AuditedSpeaker]:
    """A random sample of counted speakers, the same for the same seed."""
    return fetch_all(session, _SAMPLE, AuditedSpeaker, {"sample": sample, "seed": seed})


def first_segments(
    session: Session, episode_id: int, label: str, limit: int = 5
) -> list[SegmentText]:
    """The first segments of a speaker."""
    params = {"episode_id": episode_id, "label": label, "limit": limit}
    return fetch_all(session, _FIRST_SEGMENTS, SegmentText, params)


def audit_results(session: Session, *, seed: int | None = None) -> list[MethodAccuracy]:
    """Audit answers by the method that attributed the speaker, of all audits or of one."""
    return fetch_all(session, _AUDITED, MethodAccuracy, {"seed": seed})
