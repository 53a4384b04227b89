"""Re-ingest requests: turn a scope and a stage into due feeds and waiting jobs."""

from collections.abc import Mapping
from typing import Any

import structlog

from models import Stage
from models.database import Session, database_time, in_transaction
from models.tables.job import SPEECH_STAGES
from tasks.jobs.correlation import new_correlation_id
from tasks.jobs.publisher import publish_waiting_jobs
from tasks.jobs.store import REINGEST_PRIORITY, request_jobs
from tasks.podcasts.store.due_times import schedule_poll_now
from tasks.podcasts.store.find import find_podcast
from tasks.reingest.store.requests import create_request, person_id_of, record_subjects
from tasks.reingest.store.subjects import subjects_of
from tasks.reingest.values import BadScope, ReingestReceipt, ReingestScope, Subjects, stage_of

log = structlog.get_logger()


def handle_reingest(
    message: Mapping[str, Any], request_id: str, stage: str, *, requested_by: str = ""
) -> None:
    """Create the request that a message asks for, or record why it was refused."""
    try:
        scope = ReingestScope.from_json(message)
        receipt = in_transaction(
            request_reingest, scope, stage_of(stage), request_id, requested_by=requested_by
        )
    except BadScope as bad:
        in_transaction(_refuse, request_id, message, stage, str(bad), requested_by)
        log.warning("reingest_refused", reason="bad_scope", message=str(bad))
        return
    if receipt is None:
        log.info("reingest_repeated", message="a request with this id exists already")
        return
    publish_waiting_jobs()
    log_requested(scope, receipt)


def log_requested(scope: ReingestScope, receipt: ReingestReceipt) -> None:
    """Log a request that was created."""
    log.info(
        "reingest_requested",
        correlation_id=receipt.request_id,
        scope=" ".join(f"{key}={value}" for key, value in scope.to_json().items()),
        stage=receipt.stage.value,
        feeds=len(receipt.podcast_ids),
        jobs=len(receipt.job_ids),
    )


def _refuse(
    session: Session, request_id: str, message: Any, stage: str, why: str, requested_by: str
) -> None:
    scope = message if isinstance(message, Mapping) else {"message": message}
    now = database_time(session)
    create_request(
        session, request_id, dict(scope), str(stage), now, requested_by=requested_by, refused=why
    )


def request_reingest(
    session: Session,
    scope: ReingestScope,
    stage: Stage | None = None,
    request_id: str = "",
    *,
    requested_by: str = "",
) -> ReingestReceipt | None:
    """Create a re-ingest request: make its feeds due now and add a job for each subject.

    Feeds are fetched without validators. The jobs have a lower priority than live work. Returns
    ``None`` when a request with this id exists already.

    Raises:
        BadScope: the scope names an unknown podcast or person.
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
    options: dict[str, Any] = {
        "force": True,
        "priority": REINGEST_PRIORITY,
        "request_id": request_id,
    }
    jobs = request_jobs(session, "count", subjects.person_ids, now, stage=Stage.counts, **options)
    for first_stage, episodes in subjects.episodes.items():
        kind = "transcribe" if first_stage in SPEECH_STAGES else "parse"
        jobs += request_jobs(session, kind, episodes, now, stage=first_stage, **options)
    record_subjects(session, request_id, jobs=len(jobs), podcast_ids=subjects.podcast_ids)
    return ReingestReceipt(request_id, stage, now, subjects.podcast_ids, jobs)


def find_subjects(session: Session, scope: ReingestScope, stage: Stage) -> Subjects:
    """The feeds, episodes and people that a scope covers.

    Raises:
        BadScope: it names an unknown podcast or person.
    """
    if scope.podcast is not None:
        podcast = find_podcast(session, scope.podcast)
        if podcast is None or podcast.id is None:
            raise BadScope("no such podcast")
        return subjects_of(session, scope, stage, podcast_id=podcast.id)
    if scope.person is not None:
        person_id = person_id_of(session, scope.person)
        if person_id is None:
            raise BadScope(f"no such person: {scope.person}")
        return subjects_of(session, scope, stage, person_id=person_id)
    return subjects_of(session, scope, stage)
