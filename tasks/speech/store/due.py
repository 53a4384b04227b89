"""Episodes whose audio is to be transcribed now: without a transcript, the newest first."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func
from sqlmodel import col, select

from models import Job, JobState, Settings, Stage
from models.database import Session
from models.database.sql import as_recordset, fetch_all
from tasks.jobs.store import LIVE_PRIORITY, REINGEST_PRIORITY, request_jobs
from tasks.plans.plan_file import plans_of_service
from tasks.plans.quotas import month_of
from tasks.plans.store.heard import audio_left

# An episode is new when it was published after its podcast was added, and not of its back
# catalogue. Episodes that another one counts for, and those of podcasts that are not followed, are
# left alone; so are those with a job that waits, runs, or came to an end before.
#
# A podcast may be charged to a plan: an episode that begins within its hours is transcribed whole.
_DUE = """
    WITH due AS (
        SELECT e.id AS episode_id, e.published_at, c.charged_to,
               coalesce(e.duration_ms, 3600000) AS audio_ms,
               coalesce(e.published_at > p.added_at - interval '1 day', false) AS is_new
        FROM episode e JOIN podcast p ON p.id = e.podcast_id
        LEFT JOIN podcast_speech c ON c.podcast_id = p.id
        WHERE p.state = 'active' AND e.duplicate_of IS NULL AND e.audio_url IS NOT NULL
            AND e.stats_date >= CAST(:since AS date)
            AND coalesce(c.mode, :mode) <> 'publisher_only'
            AND (coalesce(c.mode, :mode) = 'always' OR NOT EXISTS (
                SELECT FROM transcript t WHERE t.episode_id = e.id AND t.source = 'publisher'
                    AND (t.is_listed OR t.is_selected)))
            AND NOT EXISTS (SELECT FROM transcription n WHERE n.episode_id = e.id)
            AND NOT EXISTS (SELECT FROM job j WHERE j.kind = 'transcribe' AND j.subject = e.id)
    ), charged AS (
        SELECT due.*, sum(audio_ms) OVER (
            PARTITION BY charged_to ORDER BY is_new DESC, published_at DESC NULLS LAST,
                episode_id DESC) - audio_ms AS before_ms
        FROM due
    )
    SELECT episode_id, is_new FROM charged c
    LEFT JOIN json_to_recordset(CAST(:left AS json)) AS l (holder text, left_ms bigint)
        ON l.holder = c.charged_to
    WHERE l.left_ms IS NULL OR c.before_ms < l.left_ms
    ORDER BY is_new DESC, published_at DESC NULLS LAST, episode_id DESC LIMIT :capacity
"""


@dataclass(frozen=True, slots=True)
class DueEpisode:
    """An episode to transcribe; new ones come before the back catalogue."""

    episode_id: int
    is_new: bool


def request_due(session: Session, settings: Settings, now: datetime) -> int:
    """Request jobs for due episodes, so that not more than a few wait; returns how many."""
    capacity = settings.speech_waiting_jobs - _waiting(session)
    if capacity <= 0:
        return 0
    params = {
        "since": (now - timedelta(days=settings.speech_backlog_days)).date(),
        "mode": settings.speech_mode,
        "capacity": capacity,
        "left": as_recordset(_audio_left(session, now)),
    }
    due = fetch_all(session, _DUE, DueEpisode, params)
    for is_new, priority in ((True, LIVE_PRIORITY), (False, REINGEST_PRIORITY)):
        episodes = [one.episode_id for one in due if one.is_new is is_new]
        request_speech_jobs(session, episodes, now, priority=priority)
    return len(due)


def _audio_left(session: Session, now: datetime) -> list[dict[str, Any]]:
    plans = plans_of_service()
    return [asdict(one) for one in audio_left(session, plans, month_of(now))] if plans else []


def _waiting(session: Session) -> int:
    waiting = col(Job.kind) == "transcribe", col(Job.state) == JobState.waiting
    return session.exec(select(func.count()).select_from(Job).where(*waiting)).one()


def request_speech_jobs(
    session: Session, episode_ids: list[int], now: datetime, *, priority: int
) -> list[int]:
    """Request a transcribe job for each episode, from its first stage on."""
    return request_jobs(
        session, "transcribe", episode_ids, now, stage=Stage.download, priority=priority
    )
