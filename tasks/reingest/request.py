"""Re-ingest requests: scope and stage to rows, through the queues of live work."""

from collections.abc import Mapping
from typing import Any

import structlog

from models import Stage
from models.database import Session, database_time, in_transaction
from tasks.jobs.correlation import new_correlation_id
from tasks.jobs.publisher import publish_waiting_jobs
from tasks.jobs.store import REINGEST_PRIORITY, request_jobs
from tasks.podcasts.store.due_times import schedule_poll_now
from tasks.podcasts.store.find import find_podcast
from tasks.reingest.store.requests import create_request, person_id_of, record_subjects, subjects_of
from tasks.reingest.values import BadScope, ReingestReceipt, Scope, Subjects, stage_of

log = structlog.get_logger()


def handle_reingest(
    said: Mapping[str, Any], request_id: str, stage: str, *, requested_by: str = ""
) -> None:
    """Make the rows of a request that came as a message, or the record of its refusal."""
    try:
        scope = Scope.from_json(said)
        asked = in_transaction(
            request_reingest, scope, stage_of(stage), request_id, requested_by=requested_by
        )
    except BadScope as bad:
        in_transaction(_refuse, request_id, said, stage, str(bad), requested_by)
        log.warning("reingest_refused", reason="bad_scope", message=str(bad))
        return
    if asked is None:
        log.info("reingest_repeated", message="this request id is known already")
        return
    publish_waiting_jobs()
    log_requested(scope, asked)


def log_requested(scope: Scope, asked: ReingestReceipt) -> None:
    """The line of a request that has its rows."""
    log.info(
        "reingest_requested",
        correlation_id=asked.request_id,
        scope=" ".join(f"{key}={value}" for key, value in scope.to_json().items()),
        stage=asked.stage.value,
        feeds=len(asked.podcast_ids),
        jobs=len(asked.job_ids),
    )


def _refuse(
    session: Session, request_id: str, said: Any, stage: str, why: str, requested_by: str
) -> None:
    scope = said if isinstance(said, Mapping) else {"said": said}
    now = database_time(session)
    create_request(
        session, request_id, dict(scope), str(stage), now, requested_by=requested_by, refused=why
    )


def request_reingest(
    session: Session,
    scope: Scope,
    stage: Stage | None = None,
    request_id: str = "",
    *,
    requested_by: str = "",
) -> ReingestReceipt | None:
    """Make the rows of a re-ingest: feeds due now, unconditionally, and a job for each subject.

    None when the request id is known already. All of it is below live work.

    Raises:
        BadScope: the scope names a podcast or person that is not there.
    """
    now = database_time(session)
    stage = stage or scope.default_stage
    request_id = request_id or new_correlation_id("reingest")
    subjects = find_subjects(session, scope, stage)
    if not create_request(
        session, request_id, scope.to_json(), stage.value, now, requested_by=requested_by
    ):
        return None
    schedule_poll_now(session, subjects.podcast_ids, now, skip_validators=True)
    asked: dict[str, Any] = {
        "force": True,
        "priority": REINGEST_PRIORITY,
        "request_id": request_id,
    }
    jobs = request_jobs(session, "count", subjects.person_ids, now, stage=Stage.counts, **asked)
    for begin_at, episodes in subjects.episodes.items():
        jobs += request_jobs(session, "parse", episodes, now, stage=begin_at, **asked)
    record_subjects(session, request_id, jobs=len(jobs), podcast_ids=subjects.podcast_ids)
    return ReingestReceipt(request_id, stage, now, subjects.podcast_ids, jobs)


def find_subjects(session: Session, scope: Scope, stage: Stage) -> Subjects:
    """What a scope comes to.

    Raises:
        BadScope: it names a podcast or person that is not there.
    """
    ids: dict[str, int] = {}
    if scope.podcast is not None:
        podcast = find_podcast(session, scope.podcast)
        if podcast is None or podcast.id is None:
            raise BadScope("no such podcast")
        ids["podcast_id"] = podcast.id
    if scope.person is not None:
        person_id = person_id_of(session, scope.person)
        if person_id is None:
            raise BadScope(f"no such person: {scope.person}")
        ids["person_id"] = person_id
    return subjects_of(session, scope, stage, ids)
