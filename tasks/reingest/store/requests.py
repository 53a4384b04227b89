"""Requests in the database: what they cover, their rows, and when they are done."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from models import RequestState, Stage
from tasks.jobs.store import LIVE_PRIORITY
from tasks.reingest.values import Scope, Subjects
from tasks.speakers.match import MATCHER_VERSION
from tasks.transcripts.parse import PARSER_VERSION

_EPISODES = """
    SELECT e.id FROM episode e JOIN podcast p ON p.id = e.podcast_id
    WHERE p.state NOT IN ('removed', 'refused') AND e.duplicate_of IS NULL
"""
# What an episode must have for a job to begin at a stage.
_HAS = {
    Stage.fetch: "EXISTS (SELECT FROM transcript t WHERE t.episode_id = e.id "
    "AND (t.is_listed OR t.is_selected))",
    Stage.parse: "EXISTS (SELECT FROM transcript t WHERE t.episode_id = e.id AND t.is_selected)",
    Stage.people: "EXISTS (SELECT FROM speaker s WHERE s.episode_id = e.id)",
    Stage.counts: "EXISTS (SELECT FROM speaker s WHERE s.episode_id = e.id)",
}
_OLD_PARSER = """EXISTS (SELECT FROM transcript t WHERE t.episode_id = e.id AND t.is_selected
    AND t.parser_version IS DISTINCT FROM :parser)"""
_OLD_MATCHER = """EXISTS (SELECT FROM speaker s WHERE s.episode_id = e.id
    AND s.version <> :matcher)"""
# The latest job of an episode decides whether it failed.
_FAILED = """EXISTS (SELECT FROM (
        SELECT state, attempts, worker_losses, reason FROM job
        WHERE kind = 'parse' AND subject = e.id ORDER BY id DESC LIMIT 1) j
    WHERE (j.state = 'dead' OR j.state = 'waiting' AND j.attempts + j.worker_losses > 0)
        AND (:failed = 'any' OR j.reason = :failed))"""
_FEEDS = """
    SELECT p.id FROM podcast p JOIN crawl c ON c.podcast_id = p.id
    WHERE p.state IN ('active', 'gone')
"""
# Who is counted in a scope: by the speakers of its episodes, and by what is kept of its podcast.
_SPEAK_THERE = """
    SELECT DISTINCT s.person_id FROM speaker s JOIN ({episodes}) e ON e.id = s.episode_id
    WHERE s.person_id IS NOT NULL
"""
_KEPT = {
    "everything": """ UNION SELECT id FROM person WHERE appearances > 0
        UNION SELECT person_id FROM person_podcast UNION SELECT person_id FROM person_day""",
    "podcast_id": " UNION SELECT person_id FROM person_podcast WHERE podcast_id = :podcast_id",
    "person_id": " UNION SELECT CAST(:person_id AS bigint)",
}
_PERSON = text("SELECT id FROM person WHERE slug = :slug")

_MAKE = text("""
    INSERT INTO reingest_request (id, scope, stage, state, reason, message, requested_by, jobs, created_at)
    VALUES (:id, CAST(:scope AS jsonb), :stage, :state, :reason, :message, :requested_by, 0, :now)
    ON CONFLICT (id) DO NOTHING RETURNING id
""")
_COVERS = text("UPDATE reingest_request SET jobs = :jobs, podcast_ids = :podcasts WHERE id = :id")
_PAUSE = text("UPDATE reingest_request SET state = 'paused' WHERE id = :id AND state = 'running'")
_RESUME = text("UPDATE reingest_request SET state = 'running' WHERE id = :id AND state = 'paused'")
_CANCEL = text("""
    UPDATE reingest_request SET state = 'cancelled', finished_at = :now
    WHERE id = :id AND state IN ('running', 'paused')
""")
# Live work that the request had joined goes on: somebody waits for it.
_CANCEL_JOBS = text("""
    UPDATE job SET state = 'done', outcome = 'skipped', reason = 'cancelled', finished_at = :now
    WHERE request_id = :id AND state = 'waiting' AND priority > :live
""")
_CLOSE = text("""
    WITH ended AS MATERIALIZED (
        SELECT q.id FROM reingest_request q WHERE q.state = 'running'
            AND NOT EXISTS (SELECT FROM job j
                WHERE j.request_id = q.id AND j.state IN ('waiting', 'running'))
            AND NOT EXISTS (SELECT FROM crawl c WHERE c.podcast_id = ANY(q.podcast_ids)
                AND c.next_poll_at IS NOT NULL
                AND coalesce(c.polled_at < q.created_at, true))
        FOR UPDATE OF q SKIP LOCKED)
    UPDATE reingest_request q SET state = 'done', finished_at = :now, counts = coalesce((
        SELECT jsonb_object_agg(state, jobs) FROM (
            SELECT state, count(*) AS jobs FROM job WHERE request_id = q.id GROUP BY 1) s), '{}')
    FROM ended WHERE q.id = ended.id
    RETURNING q.id, q.stage, q.jobs, q.counts, q.created_at
""")
_FORGET = text("DELETE FROM reingest_request WHERE finished_at < :before")


def subjects_of(session: Session, scope: Scope, stage: Stage, ids: dict[str, Any]) -> Subjects:
    """What a scope comes to now. ``ids`` has the podcast or person that it names, if any."""
    asked = _asked(scope, ids)
    if stage is Stage.counts:
        return Subjects([], {}, _ids(session, _people_query(asked), asked))
    if scope.outdated:
        return Subjects([], _outdated(session, stage, asked), [])
    found = _ids(session, _episode_query(stage, asked), asked)
    feeds = _ids(session, query, asked) if (query := _feed_query(stage, asked)) else []
    return Subjects(feeds, {stage: found}, [])


def _asked(scope: Scope, ids: dict[str, Any]) -> dict[str, Any]:
    said = {
        "everything": scope.everything,
        "episode_id": scope.episode_id,
        "podcast_id": scope.podcast_id,
        "since": scope.since,
        "failed": scope.failed,
        "parser": scope.outdated and PARSER_VERSION,
        "matcher": scope.outdated and MATCHER_VERSION,
    }
    return {name: value for name, value in (said | ids).items() if value}


_CONDITIONS = {
    "episode_id": "e.id = :episode_id",
    "podcast_id": "e.podcast_id = :podcast_id",
    "person_id": "e.id IN (SELECT episode_id FROM speaker "
    "WHERE person_id = :person_id OR matched_person_id = :person_id)",
    "since": "e.stats_date >= :since",
    "failed": _FAILED,
    "parser": f"({_OLD_PARSER} OR {_OLD_MATCHER})",
}


def _episode_query(stage: Stage, asked: dict[str, Any]) -> str:
    conditions = [_HAS[stage], *(_CONDITIONS[name] for name in asked if name in _CONDITIONS)]
    return " AND ".join([_EPISODES, *conditions])


def _feed_query(stage: Stage, asked: dict[str, Any]) -> str | None:
    """The feeds that a scope has looked at again, if it is a matter of feeds."""
    if stage is not Stage.fetch:
        return None
    if "everything" in asked:
        return _FEEDS
    if "podcast_id" in asked:
        return _FEEDS + " AND p.id = :podcast_id"
    if "failed" in asked:
        return (
            _FEEDS + " AND c.last_error_reason IS NOT NULL "
            "AND (:failed = 'any' OR c.last_error_reason = :failed)"
        )
    return None


def _people_query(asked: dict[str, Any]) -> str:
    kept = [_KEPT[name] for name in asked if name in _KEPT]
    return _SPEAK_THERE.format(episodes=_episode_query(Stage.counts, asked)) + "".join(kept)


def _outdated(session: Session, stage: Stage, asked: dict[str, Any]) -> dict[Stage, list[int]]:
    """Each from the stage that is outdated, or from the one asked for when that is earlier."""
    parsed = _ids(session, f"{_EPISODES} AND {_HAS[Stage.parse]} AND {_OLD_PARSER}", asked)
    matched = _ids(session, f"{_EPISODES} AND {_OLD_MATCHER}", asked)
    if stage is Stage.people:
        return {Stage.people: matched}
    if stage is Stage.fetch:
        return {Stage.fetch: sorted({*parsed, *matched})}
    return {Stage.parse: parsed, Stage.people: sorted(set(matched) - set(parsed))}


def _ids(session: Session, query: str, asked: dict[str, Any]) -> list[int]:
    return list(session.connection().execute(text(query + " ORDER BY 1"), asked).scalars())


def person_id_of(session: Session, slug: str) -> int | None:
    """The person under a slug."""
    found: int | None = session.connection().execute(_PERSON, {"slug": slug}).scalar()
    return found


def create_request(
    session: Session,
    request_id: str,
    scope: dict[str, Any],
    stage: str,
    now: datetime,
    *,
    requested_by: str = "",
    refused: str = "",
) -> bool:
    """Make the row of a request; False when its id is known: it was asked for already."""
    asked = {
        "id": request_id,
        "scope": json.dumps(scope, default=str),
        "stage": stage,
        "state": (RequestState.refused if refused else RequestState.running).value,
        "reason": "bad_scope" if refused else "",
        "message": refused,
        "requested_by": requested_by,
        "now": now,
    }
    return session.connection().execute(_MAKE, asked).first() is not None


def record_subjects(
    session: Session, request_id: str, *, jobs: int, podcast_ids: list[int]
) -> None:
    """Note how many jobs a request made, and which feeds it has looked at."""
    asked = {"id": request_id, "jobs": jobs, "podcasts": podcast_ids}
    session.connection().execute(_COVERS, asked)


def pause_request(session: Session, request_id: str) -> bool:
    """Begin nothing more of a request; whether it was running."""
    return session.connection().execute(_PAUSE, {"id": request_id}).rowcount > 0


def resume_request(session: Session, request_id: str) -> bool:
    """Let a paused request go on; whether it was paused."""
    return session.connection().execute(_RESUME, {"id": request_id}).rowcount > 0


def cancel_request(session: Session, request_id: str, now: datetime) -> bool:
    """End a request: what waits of it is not done; whether it was still open."""
    asked = {"id": request_id, "now": now, "live": LIVE_PRIORITY}
    if not session.connection().execute(_CANCEL, asked).rowcount:
        return False
    session.connection().execute(_CANCEL_JOBS, asked)
    return True


def close_finished_requests(session: Session, now: datetime) -> list[dict[str, Any]]:
    """End the requests of which nothing is left to do; their rows."""
    return [dict(row) for row in session.connection().execute(_CLOSE, {"now": now}).mappings()]


def purge_requests(session: Session, before: datetime) -> int:
    """Delete the records of requests that ended long ago."""
    return session.connection().execute(_FORGET, {"before": before}).rowcount
