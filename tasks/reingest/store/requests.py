"""Re-ingest requests in the database: their subjects, their rows, and when they are done."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Update, delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from models import Job, JobState, Outcome, Person, ReingestRequest, RequestState, Stage
from models.database import Session
from models.database.sql import execute, fetch_all, fetch_values
from tasks.jobs.store import LIVE_PRIORITY
from tasks.reingest.values import ReingestScope, Subjects
from tasks.speakers.match import MATCHER_VERSION
from tasks.transcripts.parse import PARSER_VERSION

_EPISODES = """
    SELECT e.id FROM episode e JOIN podcast p ON p.id = e.podcast_id
    WHERE p.state NOT IN ('removed', 'refused') AND e.duplicate_of IS NULL
"""
# What an episode must have so that a job can begin at a stage.
_INPUT_OF = {
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
# People to count in a scope: the speakers of its episodes, and those with stored counts there.
_SPEAKERS = """
    SELECT DISTINCT s.person_id FROM speaker s JOIN ({episodes}) e ON e.id = s.episode_id
    WHERE s.person_id IS NOT NULL
"""
_COUNTED = {
    "everything": """ UNION SELECT id FROM person WHERE appearances > 0
        UNION SELECT person_id FROM person_podcast UNION SELECT person_id FROM person_day""",
    "podcast_id": " UNION SELECT person_id FROM person_podcast WHERE podcast_id = :podcast_id",
    "person_id": " UNION SELECT CAST(:person_id AS bigint)",
}

_CLOSE = """
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
    RETURNING q.id, q.stage, q.jobs, coalesce((q.counts ->> 'dead')::int, 0) AS dead
"""


@dataclass(frozen=True, slots=True)
class ClosedRequest:
    """A re-ingest request that is done now: how many jobs it had, and how many are dead."""

    id: str
    stage: str
    jobs: int
    dead: int


def subjects_of(
    session: Session, scope: ReingestScope, stage: Stage, ids: dict[str, Any]
) -> Subjects:
    """What a scope covers now. ``ids`` has the id of the podcast or person it names, if any."""
    params = _params(scope, ids)
    if stage is Stage.counts:
        return Subjects([], {}, _ids(session, _people_query(params), params))
    if scope.outdated:
        return Subjects([], _outdated(session, stage, params), [])
    episodes = _ids(session, _episode_query(stage, params), params)
    feeds = _ids(session, query, params) if (query := _feed_query(stage, params)) else []
    return Subjects(feeds, {stage: episodes}, [])


def _params(scope: ReingestScope, ids: dict[str, Any]) -> dict[str, Any]:
    """Parameters that the scope sets; a condition applies when its parameter is set."""
    params = {
        "everything": scope.everything,
        "episode_id": scope.episode_id,
        "podcast_id": scope.podcast_id,
        "since": scope.since,
        "failed": scope.failed,
        "parser": scope.outdated and PARSER_VERSION,
        "matcher": scope.outdated and MATCHER_VERSION,
    }
    return {name: value for name, value in (params | ids).items() if value}


_CONDITIONS = {
    "episode_id": "e.id = :episode_id",
    "podcast_id": "e.podcast_id = :podcast_id",
    "person_id": "e.id IN (SELECT episode_id FROM speaker "
    "WHERE person_id = :person_id OR matched_person_id = :person_id)",
    "since": "e.stats_date >= :since",
    "failed": _FAILED,
    "parser": f"({_OLD_PARSER} OR {_OLD_MATCHER})",
}


def _episode_query(stage: Stage, params: dict[str, Any]) -> str:
    conditions = [_INPUT_OF[stage], *(_CONDITIONS[name] for name in params if name in _CONDITIONS)]
    return " AND ".join([_EPISODES, *conditions])


def _feed_query(stage: Stage, params: dict[str, Any]) -> str | None:
    """The feeds that a scope polls again, if it polls any."""
    if stage is not Stage.fetch:
        return None
    if "everything" in params:
        return _FEEDS
    if "podcast_id" in params:
        return _FEEDS + " AND p.id = :podcast_id"
    if "failed" in params:
        return (
            _FEEDS + " AND c.last_error_reason IS NOT NULL "
            "AND (:failed = 'any' OR c.last_error_reason = :failed)"
        )
    return None


def _people_query(params: dict[str, Any]) -> str:
    counted = [_COUNTED[name] for name in params if name in _COUNTED]
    return _SPEAKERS.format(episodes=_episode_query(Stage.counts, params)) + "".join(counted)


def _outdated(session: Session, stage: Stage, params: dict[str, Any]) -> dict[Stage, list[int]]:
    """Episodes by first stage: the outdated one, or the requested one if that is earlier."""
    parsed = _ids(session, f"{_EPISODES} AND {_INPUT_OF[Stage.parse]} AND {_OLD_PARSER}", params)
    matched = _ids(session, f"{_EPISODES} AND {_OLD_MATCHER}", params)
    if stage is Stage.people:
        return {Stage.people: matched}
    if stage is Stage.fetch:
        return {Stage.fetch: sorted({*parsed, *matched})}
    return {Stage.parse: parsed, Stage.people: sorted(set(matched) - set(parsed))}


def _ids(session: Session, query: str, params: dict[str, Any]) -> list[int]:
    return fetch_values(session, query + " ORDER BY 1", params)


def person_id_of(session: Session, slug: str) -> int | None:
    """The id of the person with this slug."""
    return session.exec(select(Person.id).where(Person.slug == slug)).first()


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
    """Create a request; ``False`` when one with this id exists already."""
    row = insert(ReingestRequest).values(
        id=request_id,
        scope=scope,
        stage=stage,
        state=RequestState.refused if refused else RequestState.running,
        reason="bad_scope" if refused else "",
        message=refused,
        requested_by=requested_by,
        jobs=0,
        created_at=now,
    )
    return execute(session, row.on_conflict_do_nothing(index_elements=["id"])) > 0


def record_subjects(
    session: Session, request_id: str, *, jobs: int, podcast_ids: list[int]
) -> None:
    """Record how many jobs a request has, and which feeds it polls."""
    of_request = update(ReingestRequest).where(col(ReingestRequest.id) == request_id)
    execute(session, of_request.values(jobs=jobs, podcast_ids=podcast_ids))


def pause_request(session: Session, request_id: str) -> bool:
    """Pause a request: start no more of its jobs. ``False`` if it was not running."""
    running = _in_state(request_id, RequestState.running)
    return execute(session, running.values(state=RequestState.paused)) > 0


def resume_request(session: Session, request_id: str) -> bool:
    """Resume a paused request. ``False`` if it was not paused."""
    paused = _in_state(request_id, RequestState.paused)
    return execute(session, paused.values(state=RequestState.running)) > 0


def cancel_request(session: Session, request_id: str, now: datetime) -> bool:
    """Cancel a request and its waiting jobs. ``False`` if it had ended before.

    Live jobs that the request also covers go on: they were wanted before it.
    """
    unfinished = _in_state(request_id, RequestState.running, RequestState.paused)
    if not execute(session, unfinished.values(state=RequestState.cancelled, finished_at=now)):
        return False
    of_request = update(Job).where(
        col(Job.request_id) == request_id,
        col(Job.state) == JobState.waiting,
        col(Job.priority) > LIVE_PRIORITY,
    )
    cancelled = of_request.values(
        state=JobState.done, outcome=Outcome.skipped, reason="cancelled", finished_at=now
    )
    execute(session, cancelled)
    return True


def _in_state(request_id: str, *states: RequestState) -> Update:
    return update(ReingestRequest).where(
        col(ReingestRequest.id) == request_id, col(ReingestRequest.state).in_(states)
    )


def close_finished_requests(session: Session, now: datetime) -> list[ClosedRequest]:
    """Close requests whose jobs and polls are done."""
    return fetch_all(session, _CLOSE, ClosedRequest, {"now": now})


def purge_requests(session: Session, before: datetime) -> int:
    """Delete requests that ended before a time; how many."""
    old = delete(ReingestRequest).where(col(ReingestRequest.finished_at) < before)
    return execute(session, old)
