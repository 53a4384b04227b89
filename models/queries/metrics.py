"""Values for metrics and alerts, each from an index or a small table, within a time limit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, text
from sqlmodel import Session, col, select

from models.database.sql import fetch_all, fetch_only
from models.queries.visibility import failing_feed
from models.tables.metric import MetricBucket
from models.tables.podcast import Podcast

# A gap in a graph is better than a database that is busy with graphs.
STATEMENT_TIMEOUT_MS = 2000

_JOBS = """
    SELECT kind, state, count(*) AS jobs, sum(attempts) AS attempts,
           extract(epoch FROM :now - min(CASE WHEN state <> 'waiting'
               THEN coalesce(started_at, created_at)
               WHEN run_after <= :now THEN greatest(run_after, created_at) END))::float AS oldest
    FROM job WHERE state <> 'done' GROUP BY 1, 2
"""
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
    session.connection().execute(text(f"SET LOCAL statement_timeout = {STATEMENT_TIMEOUT_MS}"))


def unfinished_jobs(session: Session, now: datetime) -> list[UnfinishedJobs]:
    """Unfinished jobs by kind and state."""
    return fetch_all(session, _JOBS, UnfinishedJobs, {"now": now})


def podcasts_by_state(session: Session) -> dict[str, int]:
    """The number of podcasts in each state."""
    query = select(Podcast.state, func.count()).group_by(col(Podcast.state))
    return {str(state): podcasts for state, podcasts in session.exec(query)}


def feed_metrics(session: Session, now: datetime) -> FeedMetrics:
    """Failing feeds, age of the last successful poll, and the database's size."""
    return fetch_only(session, _FEEDS, FeedMetrics, {"now": now})


def metric_buckets(session: Session) -> Sequence[MetricBucket]:
    """What workers measured, by name, label and bucket."""
    query = select(MetricBucket).order_by(
        col(MetricBucket.name), col(MetricBucket.label), col(MetricBucket.bucket)
    )
    return session.exec(query).all()
