"""Values for metrics and alerts, each from an index or a small table, within a time limit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Float, case, cast, extract, func, select
from sqlmodel import Session, col

from models.database.row_columns import row_columns
from models.database.sql import execute
from models.queries.shown import fetch_all, fetch_only
from models.queries.visibility import failing_feed
from models.tables.job import Job, JobState
from models.tables.metric import MetricBucket
from models.tables.podcast import Podcast

# A gap in a graph is better than a database that is busy with graphs.
STATEMENT_TIMEOUT_MS = 2000

_FEEDS = f"""
    SELECT (SELECT count(*) FROM crawl c JOIN podcast p ON p.id = c.podcast_id
            WHERE {failing_feed()}) AS failing,
           (SELECT extract(epoch FROM :now - max(last_ok_at))::float FROM crawl) AS last_ok,
           pg_database_size(current_database()) AS bytes
"""  # noqa: S608  constants of ours


@dataclass(frozen=True, slots=True)
class UnfinishedJobs:
    """Unfinished jobs of one kind and state; ``oldest`` in seconds, of waiting ones since due."""

    kind: str
    state: str
    jobs: int
    attempts: int
    oldest: float | None


@dataclass(frozen=True, slots=True)
class FeedMetrics:
    """Failing feeds, seconds since any poll succeeded, and the database's size in bytes."""

    failing: int
    last_ok: float | None
    bytes: int


def limit_statement_time(session: Session) -> None:
    """Limit the time of each statement in this transaction."""
    execute(session, f"SET LOCAL statement_timeout = {STATEMENT_TIMEOUT_MS}")


def unfinished_jobs(session: Session, now: datetime) -> list[UnfinishedJobs]:
    """Unfinished jobs by kind and state."""
    due = func.greatest(col(Job.run_after), col(Job.created_at))
    since = case(
        (col(Job.state) != JobState.waiting, func.coalesce(Job.started_at, Job.created_at)),
        (col(Job.run_after) <= now, due),
    )
    columns = row_columns(
        UnfinishedJobs,
        Job,
        jobs=func.count(),
        attempts=func.sum(col(Job.attempts)),
        oldest=cast(extract("epoch", now - func.min(since)), Float),
    )
    query = select(*columns).where(col(Job.state) != JobState.done)
    return fetch_all(session, query.group_by(col(Job.kind), col(Job.state)), UnfinishedJobs)


def podcasts_by_state(session: Session) -> dict[str, int]:
    """The number of podcasts in each state."""
    query = select(col(Podcast.state), func.count()).group_by(col(Podcast.state))
    return {str(state): podcasts for state, podcasts in session.connection().execute(query)}


def feed_metrics(session: Session, now: datetime) -> FeedMetrics:
    """Failing feeds, age of the last successful poll, and the database's size."""
    return fetch_only(session, _FEEDS, FeedMetrics, {"now": now})


def metric_buckets(session: Session) -> Sequence[MetricBucket]:
    """What workers measured, by name, label and bucket."""
    query = select(MetricBucket).order_by(
        col(MetricBucket.name), col(MetricBucket.label), col(MetricBucket.bucket)
    )
    return session.scalars(query).all()
