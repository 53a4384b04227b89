"""Audio that was transcribed at the charge of a plan: a row for each episode, and sums."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func
from sqlmodel import Session, col, select

from models import HeardAudio
from models.database.sql import execute, fetch_all
from tasks.plans.plan_file import Plans
from tasks.plans.quotas import HOUR_MS, month_of
from tasks.plans.store.holders import HOLDERS

# An episode that is transcribed again is not charged again.
_RECORD = """
    INSERT INTO heard_audio (episode_id, holder, month, audio_ms, at)
    SELECT e.id, c.charged_to, :month, n.audio_ms, :at
    FROM episode e JOIN transcription n ON n.episode_id = e.id
    JOIN podcast_speech c ON c.podcast_id = e.podcast_id
    WHERE e.id = :episode_id AND c.charged_to IS NOT NULL AND n.audio_ms > 0
    ON CONFLICT (episode_id) DO NOTHING
"""
# What waits or runs is counted by the duration that its feed gives, or as an hour.
_CHARGED = f"""
    WITH used AS (
        SELECT holder, audio_ms FROM heard_audio WHERE month = :month
        UNION ALL
        SELECT c.charged_to, coalesce(e.duration_ms, {HOUR_MS})
        FROM job j JOIN episode e ON e.id = j.subject
        JOIN podcast_speech c ON c.podcast_id = e.podcast_id
        WHERE j.kind = 'transcribe' AND j.state IN ('waiting', 'running')
            AND NOT EXISTS (SELECT FROM heard_audio h WHERE h.episode_id = e.id)
    ), charged AS (
        SELECT DISTINCT charged_to AS holder FROM podcast_speech WHERE charged_to IS NOT NULL
    )
    SELECT c.holder, n.plan, coalesce(sum(u.audio_ms), 0)::bigint AS used_ms
    FROM charged c LEFT JOIN ({HOLDERS}) n ON n.holder = c.holder
    LEFT JOIN used u ON u.holder = c.holder
    GROUP BY c.holder, n.plan ORDER BY c.holder
"""  # noqa: S608  constants of ours


@dataclass(frozen=True, slots=True)
class AudioLeft:
    """How much more audio may be transcribed this month for a holder, in milliseconds."""

    holder: str
    left_ms: int


def record_heard(session: Session, episode_id: int, at: datetime) -> None:
    """Charge the audio of an episode that was transcribed, if its podcast is charged to a plan."""
    params = {"episode_id": episode_id, "month": month_of(at), "at": at}
    execute(session, _RECORD, params)


def heard_ms_in(session: Session, holder: str, month: date) -> int:
    """How much audio was charged to a holder in a month, in milliseconds."""
    of_month = col(HeardAudio.holder) == holder, col(HeardAudio.month) == month
    return int(session.exec(select(func.sum(HeardAudio.audio_ms)).where(*of_month)).one() or 0)


def audio_left(session: Session, plans: Plans, month: date) -> list[AudioLeft]:
    """What is left of the limited plans to which podcasts are charged."""
    charged = fetch_all(session, _CHARGED, _Charged, {"month": month})
    limits = ((one, plans.of(one.plan).hours_heard) for one in charged)
    return [
        AudioLeft(one.holder, max(0, hours * HOUR_MS - one.used_ms))
        for one, hours in limits
        if hours is not None
    ]


@dataclass(frozen=True, slots=True)
class _Charged:
    holder: str
    plan: str | None
    used_ms: int
