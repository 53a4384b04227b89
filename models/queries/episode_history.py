"""The history of an episode: its transcripts, speakers and jobs, and how its feed was polled."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from models.database.row_columns import row_columns
from models.database.sql import fetch_value
from models.queries.jobs import PausedQueue, paused_by_name
from models.queries.shown import fetch_all, fetch_one
from models.tables.episode import Episode, Transcript
from models.tables.identity import IdentityDecision
from models.tables.job import Job
from models.tables.person import Person
from models.tables.podcast import Crawl, Host, Podcast
from models.tables.reingest import ReingestRequest
from models.tables.speaker import Appearance, Speaker

_Matched = aliased(Person)


@dataclass(frozen=True, slots=True)
class PastEpisode:
    """An episode and the state of its podcast."""

    id: int
    podcast_id: int
    guid: str | None
    title: str
    published_at: datetime | None
    first_seen_at: datetime
    stats_date: date
    duplicate_of: int | None
    origin_podcast_id: int | None
    podcast: str
    podcast_state: str


@dataclass(frozen=True, slots=True)
class PastTranscript:
    """A transcript of an episode; ``has_body`` if its body is stored."""

    id: int
    episode_id: int
    url: str
    type: str
    language: str | None
    rel: str | None
    source: str
    is_listed: bool
    is_selected: bool
    format: str | None
    parser_version: int | None
    has_body: bool


@dataclass(frozen=True, slots=True)
class PastSpeaker:
    """A speaker with its attribution, and the identity decision in force, if any."""

    label: str
    person: str | None
    slug: str | None
    matched: str | None
    role: str
    source: str
    method: str
    reason: str
    confidence: float
    evidence: str
    version: int
    appearances: int
    spoken_ms: int
    status: str
    status_reason: str
    decision_id: int | None
    decision: str | None
    decided_by: str | None
    decided_at: datetime | None
    decided_because: str | None


@dataclass(frozen=True, slots=True)
class PastJob:
    """A job with its last outcome, and the state of the re-ingest request that wanted it."""

    id: int
    stage: str
    force: bool
    priority: int
    state: str
    outcome: str | None
    reason: str | None
    message: str | None
    attempts: int
    worker_losses: int
    republished: int
    worker: str | None
    task_id: str | None
    request_id: str | None
    correlation_id: str | None
    request_state: str | None
    created_at: datetime
    published_at: datetime | None
    run_after: datetime
    started_at: datetime | None
    finished_at: datetime | None
    lease_expires_at: datetime | None
    figures: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PollStatus:
    """How a feed was polled last, and when it is polled next."""

    podcast_id: int
    polled_at: datetime | None
    last_ok_at: datetime | None
    last_status: int | None
    next_poll_at: datetime | None
    next_poll_reason: str
    skip_validators: bool
    claimed: bool
    claim_started: bool
    claim_expires_at: datetime | None
    error_count: int
    failing_since: datetime | None
    last_error_reason: str | None
    last_error: str | None
    redirect_url: str | None
    redirect_since: datetime | None
    redirect_polls: int
    host: str
    next_allowed_at: datetime | None


@dataclass(frozen=True, slots=True)
class HistoryOfEpisode:
    """The history of an episode; ``stored`` are its segments, ``halted`` paused queues by name."""

    episode: PastEpisode
    crawl: PollStatus | None
    transcripts: list[PastTranscript]
    speakers: list[PastSpeaker]
    stored: int
    jobs: list[PastJob]
    halted: dict[str, PausedQueue]


_EPISODE = select(
    *row_columns(PastEpisode, Episode, podcast=Podcast.title, podcast_state=Podcast.state)
).join(Podcast, col(Podcast.id) == Episode.podcast_id)
_TRANSCRIPTS = select(
    *row_columns(PastTranscript, Transcript, has_body=col(Transcript.body_hash).is_not(None))
).order_by(col(Transcript.id))
_SPEAKERS = (
    select(
        *row_columns(
            PastSpeaker,
            Speaker,
            person=Person.name,
            slug=Person.slug,
            matched=_Matched.name,
            decision_id=IdentityDecision.id,
            decision=IdentityDecision.kind,
            decided_by=IdentityDecision.actor,
            decided_at=IdentityDecision.at,
            decided_because=IdentityDecision.reason,
        )
    )
    .outerjoin(Person, col(Person.id) == Speaker.person_id)
    .outerjoin(_Matched, col(_Matched.id) == Speaker.matched_person_id)
    .outerjoin(IdentityDecision, col(IdentityDecision.id) == Speaker.decided_by)
    .order_by(col(Speaker.appearances).desc(), col(Speaker.label))
)
_JOBS = (
    select(
        *row_columns(
            PastJob,
            Job,
            reason=func.nullif(col(Job.reason), ""),
            message=func.nullif(col(Job.message), ""),
            request_state=ReingestRequest.state,
        )
    )
    .outerjoin(ReingestRequest, col(ReingestRequest.id) == Job.request_id)
    .order_by(col(Job.id).desc())
)
_CRAWL = select(
    *row_columns(
        PollStatus,
        Crawl,
        Host,
        claimed=col(Crawl.claim_token).is_not(None),
        host=Host.name,
    )
).join(Host, col(Host.id) == Crawl.host_id)


def episode_history(
    session: Session, episode_id: int, *, jobs: int = 20
) -> HistoryOfEpisode | None:
    """The history of an episode; its jobs newest first."""
    query = _EPISODE.where(col(Episode.id) == episode_id)
    if (episode := fetch_one(session, query, PastEpisode)) is None:
        return None
    transcripts = _TRANSCRIPTS.where(col(Transcript.episode_id) == episode_id)
    speakers = _SPEAKERS.where(col(Speaker.episode_id) == episode_id)
    stored = select(func.count()).where(col(Appearance.episode_id) == episode_id)
    return HistoryOfEpisode(
        episode=episode,
        crawl=poll_status(session, episode.podcast_id),
        transcripts=fetch_all(session, transcripts, PastTranscript),
        speakers=fetch_all(session, speakers, PastSpeaker),
        stored=fetch_value(session, stored),
        jobs=jobs_of(session, "parse", episode_id, jobs),
        halted=paused_by_name(session),
    )


def poll_status(session: Session, podcast_id: int) -> PollStatus | None:
    """How the feed of a podcast was polled last; None for one that is not polled."""
    return fetch_one(session, _CRAWL.where(col(Crawl.podcast_id) == podcast_id), PollStatus)


def jobs_of(session: Session, kind: str, subject: int, limit: int) -> list[PastJob]:
    """The latest jobs of one kind and subject, newest first."""
    query = _JOBS.where(col(Job.kind) == kind, col(Job.subject) == subject).limit(limit)
    return fetch_all(session, query, PastJob)
