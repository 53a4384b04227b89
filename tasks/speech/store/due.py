"""Episodes whose audio is to be transcribed now: without a transcript, the newest first."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlmodel import col, select

from models import Job, JobState, Settings, Stage
from models.database import Session
from models.database.sql import fetch_all
from tasks.jobs.store import LIVE_PRIORITY, REINGEST_PRIORITY, request_jobs

# An episode is new when it was published after its podcast was added, and not of its back
# catalogue. Episodes that another one counts for, and those of podcasts that are not followed, are
# left alone; so are those with a job that waits, runs, or came to an end before.
_DUE = """
    SELECT e.id AS episode_id,
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
    ORDER BY is_new DESC, e.published_at DESC NULLS LAST, e.id DESC LIMIT :capacity
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
    }
    due = fetch_all(session, _DUE, DueEpisode, params)
    for is_new, priority in ((True, LIVE_PRIORITY), (False, REINGEST_PRIORITY)):
        episodes = [one.episode_id for one in due if one.is_new is is_new]
        request_speech_jobs(session, episodes, now, priority=priority)
    return len(due)


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
