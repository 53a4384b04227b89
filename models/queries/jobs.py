"""Jobs, the status of the whole service, pending work, and failures."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from models.database.row_columns import any_of, row_columns
from models.database.sql import fetch_value
from models.queries.shown import fetch_all, fetch_only
from models.queries.visibility import VISIBLE, failing_feed, listed_podcast
from models.tables.episode import Episode
from models.tables.job import UNFINISHED, Job, JobState
from models.tables.podcast import Crawl, Host, Podcast
from models.tables.queue_pause import QueuePause
from models.tables.reingest import ReingestRequest, RequestState

_TOTALS = f"""
    SELECT (SELECT count(*) FROM podcast p WHERE {listed_podcast()}) AS podcasts,
           (SELECT count(*) FROM episode e JOIN podcast p ON p.id = e.podcast_id
            WHERE {VISIBLE}) AS episodes,
           (SELECT coalesce(sum(s.appearances), 0)::bigint FROM speaker s
            JOIN episode e ON e.id = s.episode_id JOIN podcast p ON p.id = e.podcast_id
            WHERE {VISIBLE}) AS appearances,
           (SELECT count(*) FROM person WHERE state = 'active' AND appearances > 0) AS people,
           (SELECT count(*) FROM crawl WHERE next_poll_at <= :now) AS feeds_due,
           (SELECT count(*) FROM crawl WHERE claim_token IS NOT NULL) AS feeds_polled_now,
           (SELECT count(*) FROM crawl c JOIN podcast p ON p.id = c.podcast_id
            WHERE {failing_feed()}) AS feeds_failing
"""  # noqa: S608  constants of ours
# Work that will be done soon. A job that waits to be retried is not pending but failed; nor is a
# feed pending whose host sent Retry-After, which may last a day.
_PENDING = """
    SELECT (SELECT count(*) FROM crawl c JOIN host h ON h.id = c.host_id
            WHERE c.podcast_id = ANY(:podcasts) AND (c.claim_token IS NOT NULL
                OR c.next_poll_at <= :now AND coalesce(h.next_allowed_at, :now) <= :now)) AS feeds,
           (SELECT count(*) FROM job j JOIN episode e ON e.id = j.subject
            WHERE j.kind = 'parse' AND e.podcast_id = ANY(:podcasts)
                AND (j.state = 'running' OR j.state = 'waiting' AND j.run_after <= :now)) AS jobs,
           (SELECT count(*) FROM job j JOIN episode e ON e.id = j.subject
            WHERE j.kind = 'parse' AND e.podcast_id = ANY(:podcasts) AND j.created_at >= :since)
               AS created
"""


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job with the episode and podcast that it is about."""

    id: int
    kind: str
    subject: int
    episode: str | None
    podcast: str | None
    stage: str
    state: str
    outcome: str | None
    reason: str | None
    message: str | None
    attempts: int
    worker_losses: int
    run_after: datetime
    started_at: datetime | None
    finished_at: datetime | None
    request_id: str | None


@dataclass(frozen=True, slots=True)
class JobCount:
    """Unfinished jobs of one kind and state; ``oldest`` is when the first was created."""

    kind: str
    state: str
    jobs: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class PausedQueue:
    """A queue that was paused or drained, and by whom."""

    name: str
    state: str
    since: datetime
    requested_by: str


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """A re-ingest request that is not finished."""

    id: str
    stage: str
    state: str
    jobs: int
    jobs_left: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class StatusTotals:
    """Counts of the whole store; ``appearances`` are all visible segments, attributed or not."""

    podcasts: int
    episodes: int
    appearances: int
    people: int
    feeds_due: int
    feeds_polled_now: int
    feeds_failing: int


@dataclass(frozen=True, slots=True)
class Status(StatusTotals):
    """The totals, and the work that is not finished."""

    jobs: list[JobCount]
    paused_queues: list[PausedQueue]
    requests: list[OpenRequest]


@dataclass(frozen=True, slots=True)
class PendingWork:
    """Feeds to poll and jobs to run soon, and how many jobs were ``created`` since a time."""

    feeds: int
    jobs: int
    created: int


def has_reason(reason: str) -> ColumnElement[bool]:
    """Whether a job has this reason code; jobs without one have the reason ``unknown``."""
    none = or_(col(Job.reason).is_(None), col(Job.reason) == "")
    return none if reason == "unknown" else col(Job.reason) == reason


@dataclass(frozen=True, slots=True)
class DeadJobs:
    """How many jobs are dead for a reason."""

    reason: str
    jobs: int


def dead_reasons(session: Session, limit: int = 3) -> list[DeadJobs]:
    """The most frequent reasons why jobs are dead."""
    query = (
        select(func.coalesce(Job.reason, "unknown").label("reason"), func.count().label("jobs"))
        .where(col(Job.state) == JobState.dead)
        .group_by(col(Job.reason))
        .order_by(func.count().desc(), col(Job.reason))
    )
    return fetch_all(session, query.limit(limit), DeadJobs)


@dataclass(frozen=True, slots=True)
class Failure:
    """A feed or job that failed: why, and when it is retried, if it is."""

    subject: str
    reason: str | None
    message: str | None
    retry_at: datetime | None


def jobs(
    session: Session,
    *,
    states: Sequence[str] = (),
    reason: str | None = None,
    podcast_id: int | None = None,
    failed: bool | None = None,
    limit: int = 0,
) -> list[JobRow]:
    """Jobs, newest first, optionally of these states, this reason, this podcast; 0 is all.

    With ``failed``, only those that wait to be retried; without, only others.
    """
    columns = row_columns(
        JobRow,
        Job,
        episode=Episode.title,
        podcast=Podcast.title,
        reason=func.nullif(col(Job.reason), ""),
        message=func.nullif(col(Job.message), ""),
    )
    query = (
        select(*columns)
        .outerjoin(Episode, and_(col(Episode.id) == Job.subject, col(Job.kind) == "parse"))
        .outerjoin(Podcast, col(Podcast.id) == Episode.podcast_id)
        .order_by(col(Job.id).desc())
    )
    if states:
        query = query.where(col(Job.state).in_(states))
    if reason:
        query = query.where(has_reason(reason))
    if failed is not None:
        query = query.where(waits_after_failure() if failed else ~waits_after_failure())
    if podcast_id:
        query = query.where(col(Episode.podcast_id) == podcast_id)
    return fetch_all(session, query.limit(limit or None), JobRow)


def waits_after_failure() -> ColumnElement[bool]:
    """The job waits to be retried."""
    return and_(col(Job.state) == JobState.waiting, col(Job.attempts) + Job.worker_losses > 0)


def is_failed() -> ColumnElement[bool]:
    """The job is dead or waits to be retried."""
    return or_(col(Job.state) == JobState.dead, waits_after_failure())


def is_replaced() -> ColumnElement[bool]:
    """A later job has the same subject, so whatever the state of this one, it does not matter."""
    later = aliased(Job)
    same = col(later.kind) == Job.kind, col(later.subject) == Job.subject
    return exists().where(*same, col(later.id) > Job.id)


def status(session: Session, now: datetime) -> Status:
    """The totals of the store, and the work that is not finished."""
    totals = fetch_only(session, _TOTALS, StatusTotals, {"now": now})
    return Status(
        **asdict(totals),
        jobs=_unfinished_jobs(session),
        paused_queues=paused_queues(session),
        requests=_open_requests(session),
    )


def _unfinished_jobs(session: Session) -> list[JobCount]:
    kind, state = col(Job.kind), col(Job.state)
    oldest = func.min(col(Job.created_at))
    query = select(*row_columns(JobCount, Job, jobs=func.count(), oldest=oldest))
    grouped = query.where(state != JobState.done).group_by(kind, state).order_by(kind, state)
    return fetch_all(session, grouped, JobCount)


def paused_queues(session: Session) -> list[PausedQueue]:
    """Queues that are paused or draining."""
    query = select(*row_columns(PausedQueue, QueuePause)).order_by(col(QueuePause.name))
    return fetch_all(session, query, PausedQueue)


def paused_by_name(session: Session) -> dict[str, PausedQueue]:
    """Queues that are paused or draining, by name."""
    return {queue.name: queue for queue in paused_queues(session)}


def pending(
    session: Session, podcast_ids: Sequence[int], since: datetime, now: datetime
) -> PendingWork:
    """Work on these podcasts that will be done soon, and the jobs created ``since``."""
    params = {"podcasts": list(podcast_ids), "since": since, "now": now}
    return fetch_only(session, _PENDING, PendingWork, params)


def pending_jobs(session: Session, request_id: str, now: datetime) -> int:
    """How many jobs of a re-ingest request will be done soon."""
    due = (col(Job.state) == JobState.waiting) & (col(Job.run_after) <= now)
    query = select(func.count()).where(col(Job.request_id) == request_id)
    unfinished = query.where((col(Job.state) == JobState.running) | due)
    number: int = fetch_value(session, unfinished)
    return number


def failures(
    session: Session, podcast_ids: Sequence[int], now: datetime, request_id: str = ""
) -> list[Failure]:
    """Failed feeds and jobs of these podcasts, and failed jobs of a request."""
    return [
        *_failed_feeds(session, podcast_ids, now),
        *_failed_jobs(session, podcast_ids, request_id),
    ]


def _failed_feeds(session: Session, podcast_ids: Sequence[int], now: datetime) -> list[Failure]:
    due, allowed = col(Crawl.next_poll_at), col(Host.next_allowed_at)
    columns = row_columns(
        Failure,
        subject=Podcast.feed_url,
        reason=func.coalesce(Crawl.last_error_reason, "host_rate_limited"),
        message=func.coalesce(Crawl.last_error, "its host sent Retry-After"),
        retry_at=case((due.is_not(None), func.greatest(due, allowed))),
    )
    failed = or_(col(Crawl.last_error_reason).is_not(None), and_(due <= now, allowed > now))
    query = (
        select(*columns)
        .join(Crawl, col(Crawl.podcast_id) == Podcast.id)
        .join(Host, col(Host.id) == Crawl.host_id)
        .where(col(Podcast.id) == any_of(podcast_ids), failed)
        .order_by(col(Podcast.id))
    )
    return fetch_all(session, query, Failure)


def _failed_jobs(session: Session, podcast_ids: Sequence[int], request_id: str) -> list[Failure]:
    title = col(Podcast.title) + ": " + col(Episode.title)
    columns = row_columns(
        Failure,
        Job,
        subject=func.coalesce(title, func.concat("job ", Job.id)),
        retry_at=case((col(Job.state) == JobState.waiting, col(Job.run_after))),
    )
    of_podcasts = col(Episode.podcast_id) == any_of(podcast_ids)
    query = (
        select(*columns)
        .outerjoin(Episode, and_(col(Episode.id) == Job.subject, col(Job.kind) == "parse"))
        .outerjoin(Podcast, col(Podcast.id) == Episode.podcast_id)
        .where(or_(of_podcasts, col(Job.request_id) == request_id))
        .where(is_failed(), ~is_replaced())
        .order_by(col(Job.id))
    )
    return fetch_all(session, query, Failure)


def _open_requests(session: Session) -> list[OpenRequest]:
    left = select(func.count()).where(
        col(Job.request_id) == ReingestRequest.id, col(Job.state).in_(UNFINISHED)
    )
    query = (
        select(*row_columns(OpenRequest, ReingestRequest, jobs_left=left.scalar_subquery()))
        .where(col(ReingestRequest.state).in_((RequestState.running, RequestState.paused)))
        .order_by(col(ReingestRequest.created_at), col(ReingestRequest.id))
    )
    return fetch_all(session, query, OpenRequest)
