"""Re-ingest requests: scope, progress, and what they changed."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlmodel import Session, col

from models.database.row_columns import row_columns
from models.queries.jobs import is_failed, waits_after_failure
from models.queries.shown import fetch_all, fetch_one, fetch_only
from models.tables.job import UNFINISHED, Job, JobState
from models.tables.podcast import Crawl
from models.tables.reingest import ReingestRequest, RequestState

STATES = ("waiting", "running", "failed", "done", "dead")


@dataclass(frozen=True, slots=True)
class _RequestColumns:
    id: str
    scope: dict[str, Any]
    stage: str
    state: str
    reason: str | None
    message: str | None
    requested_by: str
    jobs: int
    feeds: int
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class RequestRow(_RequestColumns):
    """A re-ingest request in a list, with how many of its jobs are left."""

    jobs_left: int


@dataclass(frozen=True, slots=True)
class _Request(_RequestColumns):
    feeds_left: int
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class ChangedRows:
    """How many appearances the finished jobs of a request changed."""

    inserted: int
    updated: int
    moved: int
    deleted: int
    repaired: int


@dataclass(frozen=True, slots=True)
class FailureCount:
    """Failed jobs with one reason, and when the first of them is retried."""

    reason: str | None
    jobs: int
    retry_at: datetime | None


@dataclass(frozen=True, slots=True)
class RequestDetails(_RequestColumns):
    """A re-ingest request: jobs by state, what it changed so far, and its failures.

    ``superseded`` among the states are jobs that a later request for the same episodes replaced,
    or whose rows were purged.
    """

    feeds_left: int
    jobs_by_state: dict[str, int]
    changed: ChangedRows
    failures: list[FailureCount]


def requests(session: Session, *, limit: int = 50) -> list[RequestRow]:
    """Re-ingest requests, newest first; 0 is all."""
    left = select(func.count()).where(
        col(Job.request_id) == ReingestRequest.id, col(Job.state).in_(UNFINISHED)
    )
    query = select(*_columns(RequestRow, jobs_left=left.scalar_subquery())).order_by(
        col(ReingestRequest.created_at).desc(), col(ReingestRequest.id)
    )
    return fetch_all(session, query.limit(limit or None), RequestRow)


def _columns(row_type: type, **columns: object) -> list[ColumnElement[Any]]:
    return row_columns(
        row_type,
        ReingestRequest,
        reason=func.nullif(col(ReingestRequest.reason), ""),
        message=func.nullif(col(ReingestRequest.message), ""),
        feeds=func.cardinality(col(ReingestRequest.podcast_ids)),
        **columns,
    )


def podcasts_of(session: Session, request_id: str) -> list[int]:
    """The podcasts whose feeds a request polls again."""
    found = session.get(ReingestRequest, request_id)
    return found.podcast_ids if found else []


def request(session: Session, request_id: str) -> RequestDetails | None:
    """One re-ingest request with its progress."""
    row = _request(session, request_id)
    if row is None:
        return None
    by_state = _jobs_by_state(session, request_id) or (row.counts if row.finished_at else {})
    states = {state: by_state.get(state, 0) for state in STATES}
    unfinished = states["waiting"] + states["running"] + states["failed"]
    columns = {field.name: getattr(row, field.name) for field in fields(_RequestColumns)}
    # A request is open again when its dead jobs are retried.
    state = RequestState.running if row.state == RequestState.done and unfinished else row.state
    return RequestDetails(
        **columns | {"state": state},
        feeds_left=row.feeds_left,
        jobs_by_state=states | {"superseded": max(0, row.jobs - sum(states.values()))},
        changed=_changed_rows(session, request_id),
        failures=_failures(session, request_id),
    )


def _request(session: Session, request_id: str) -> _Request | None:
    polled_before = col(Crawl.polled_at) < ReingestRequest.created_at
    left = select(func.count()).where(
        col(Crawl.podcast_id) == func.any(col(ReingestRequest.podcast_ids)),
        col(Crawl.next_poll_at).is_not(None),
        func.coalesce(polled_before, True),
    )
    query = select(*_columns(_Request, feeds_left=left.scalar_subquery()))
    return fetch_one(session, query.where(col(ReingestRequest.id) == request_id), _Request)


def _jobs_by_state(session: Session, request_id: str) -> dict[str, int]:
    """Jobs of a request by state; a job that waits to be retried is ``failed``."""
    state = case((waits_after_failure(), "failed"), else_=col(Job.state))
    jobs = select(state, func.count()).where(col(Job.request_id) == request_id).group_by(state)
    return {str(state): number for state, number in session.connection().execute(jobs)}


def _changed_rows(session: Session, request_id: str) -> ChangedRows:
    changed = {
        field.name: func.coalesce(func.sum(col(Job.figures)[field.name].as_integer()), 0)
        for field in fields(ChangedRows)
    }
    query = select(*row_columns(ChangedRows, **changed)).where(
        col(Job.request_id) == request_id, col(Job.state) == JobState.done
    )
    return fetch_only(session, query, ChangedRows)


def _failures(session: Session, request_id: str) -> list[FailureCount]:
    waiting = col(Job.state) == JobState.waiting
    retry_at = func.min(col(Job.run_after)).filter(waiting)
    columns = row_columns(FailureCount, Job, jobs=func.count(), retry_at=retry_at)
    query = (
        select(*columns)
        .where(col(Job.request_id) == request_id)
        .where(is_failed())
        .group_by(col(Job.reason))
        .order_by(func.count().desc(), col(Job.reason))
    )
    return fetch_all(session, query, FailureCount)
