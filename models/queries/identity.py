"""Who is who: the ledger's events, what waits for a person, and what an audit said."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

_EVENTS = """
    SELECT v.id, v.uuid, v.kind, v.actor, v.reason, v.at, p.name AS person, p.slug,
           o.name AS other, o.slug AS other_slug, q.title AS podcast, v.podcast_id,
           v.episode_id, e.title AS episode, v.label, v.name, v.undoes, v.undone_by
    FROM identity_event v
    LEFT JOIN person p ON p.id = v.person_id LEFT JOIN person o ON o.id = v.target_person_id
    LEFT JOIN podcast q ON q.id = v.podcast_id LEFT JOIN episode e ON e.id = v.episode_id
"""
# Everybody whose story is this person's: whom they are by merges, and who came of their splits.
_OF_PERSON = text(f"""
    WITH RECURSIVE same (id) AS (
        SELECT CAST(:id AS bigint) UNION
        SELECT p.id FROM person p JOIN same s ON p.merged_into = s.id
    )
    {_EVENTS}
    WHERE v.person_id IN (SELECT id FROM same) OR v.target_person_id IN (SELECT id FROM same)
    ORDER BY v.id DESC
""")  # noqa: S608  constants of ours
_LATEST = text(_EVENTS + " ORDER BY v.id DESC LIMIT :limit")
_OPEN = """
    SELECT s.id, s.kind, p.name AS person, p.slug, o.name AS other, o.slug AS other_slug,
           s.podcast_id, q.title AS podcast, s.assignment_event_id, s.score, s.evidence, s.state, s.made_at
    FROM suggestion s JOIN person p ON p.id = s.person_id
    LEFT JOIN person o ON o.id = s.target_person_id LEFT JOIN podcast q ON q.id = s.podcast_id
    WHERE s.state = 'open' AND p.state = 'active' AND coalesce(o.state, 'active') = 'active'
    ORDER BY s.kind, s.score DESC, s.id
"""
_QUARANTINED = """
    SELECT m.name AS person, m.slug, p.title AS podcast, e.podcast_id,
           s.status_reason AS reason, count(*) AS episodes,
           sum(s.appearances)::bigint AS appearances, min(s.label) AS label
    FROM speaker s JOIN episode e ON e.id = s.episode_id JOIN podcast p ON p.id = e.podcast_id
    JOIN person m ON m.id = s.matched_person_id AND m.state = 'active'
    WHERE s.status = 'quarantined' AND e.duplicate_of IS NULL
        AND p.state NOT IN ('removed', 'duplicate')
    GROUP BY m.id, p.id, e.podcast_id, s.status_reason
    ORDER BY appearances DESC, m.slug, e.podcast_id
"""
_DRAWN = text("""
    SELECT s.episode_id, s.label, s.person_id, p.name AS person, p.slug, s.method, s.version,
           s.confidence, s.evidence, s.status_reason, s.appearances, e.title AS episode,
           q.title AS podcast, j.correct, j.id IS NOT NULL AS judged
    FROM speaker s JOIN person p ON p.id = s.person_id
    JOIN episode e ON e.id = s.episode_id AND e.duplicate_of IS NULL
    JOIN podcast q ON q.id = e.podcast_id AND q.state NOT IN ('removed', 'duplicate')
    LEFT JOIN audit_answer j ON j.seed = :seed AND j.episode_id = s.episode_id
        AND j.label = s.label AND j.person_id = s.person_id
    ORDER BY md5(CAST(:seed AS text) || e.podcast_id || '/' || e.identity || '/' || s.label)
    LIMIT :sample
""")
_QUOTES = text("""
    SELECT a.start_ms, a.text FROM appearance a JOIN speaker s ON s.id = a.speaker_id
    WHERE s.episode_id = :episode_id AND s.label = :label ORDER BY a.position LIMIT :limit
""")
_JUDGED = text("""
    SELECT method, count(*) FILTER (WHERE correct) AS correct,
           count(*) FILTER (WHERE correct IS NOT NULL) AS judged,
           count(*) FILTER (WHERE correct IS NULL) AS unsure
    FROM audit_answer WHERE CAST(:seed AS int) IS NULL OR seed = :seed GROUP BY method ORDER BY method
""")


def events_of(session: Session, person_id: int) -> list[dict[str, Any]]:
    """What was decided about a person and those that were merged into them, the latest first."""
    return _rows(session, _OF_PERSON, {"id": person_id})


def events(session: Session, *, limit: int) -> list[dict[str, Any]]:
    """The latest decisions."""
    return _rows(session, _LATEST, {"limit": limit})


def suggestions(session: Session, *, limit: int = 0) -> list[dict[str, Any]]:
    """What waits for a person's decision, the likeliest of each kind first; 0 is all."""
    return _limited(session, _OPEN, limit)


def quarantined(session: Session, *, limit: int = 0) -> list[dict[str, Any]]:
    """Who is in quarantine, by podcast and rule, the most speech first; 0 is all."""
    return _limited(session, _QUARANTINED, limit)


def drawn(session: Session, *, sample: int, seed: int) -> list[dict[str, Any]]:
    """So many speakers that count for somebody, drawn at random: the same for the same seed."""
    return _rows(session, _DRAWN, {"sample": sample, "seed": seed})


def quotes(session: Session, episode_id: int, label: str, limit: int = 5) -> list[dict[str, Any]]:
    """The first words of a speaker."""
    asked = {"episode_id": episode_id, "label": label, "limit": limit}
    return _rows(session, _QUOTES, asked)


def judged(session: Session, *, seed: int | None = None) -> list[dict[str, Any]]:
    """How many speakers were judged right, by the method that named them."""
    return _rows(session, _JUDGED, {"seed": seed})


def _limited(session: Session, query: str, limit: int) -> list[dict[str, Any]]:
    if limit:
        return _rows(session, text(query + " LIMIT :limit"), {"limit": limit})
    return _rows(session, text(query), {})


def _rows(session: Session, query: Any, asked: dict[str, Any]) -> list[dict[str, Any]]:
    rows: Sequence[Any] = session.connection().execute(query, asked).mappings().all()
    return [dict(row) for row in rows]
