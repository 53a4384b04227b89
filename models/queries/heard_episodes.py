"""Transcribed episodes, each with its speech coverage; and what failed, by reason."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Float, cast, func, or_, select
from sqlmodel import Session, col

from models.database.row_columns import row_columns
from models.queries.shown import fetch_all
from models.tables.episode import Episode
from models.tables.job import Job, JobState, Outcome
from models.tables.podcast import Podcast
from models.tables.speech import PodcastSpeech, SpeechMode, Transcription


@dataclass(frozen=True, slots=True)
class HeardEpisode:
    """A finished transcription; times in milliseconds.

    ``speech_ms`` is the time of speech, ``covered_ms`` how much of it has words. ``left_out``
    counts words by reason code, ``endpoint_ms`` the audio that was sent to an endpoint.
    """

    episode_id: int
    title: str
    podcast_id: int
    podcast: str
    finished_at: datetime
    engine: dict[str, Any] | None
    audio_ms: int
    speech_ms: int
    covered_ms: int
    spent_ms: int
    endpoint_ms: int
    speakers: int | None
    left_out: dict[str, int]

    @property
    def speech_coverage(self) -> float | None:
        """The share of the time of speech that has words; None without speech."""
        return round(self.covered_ms / self.speech_ms, 4) if self.speech_ms else None


@dataclass(frozen=True, slots=True)
class SpeechFailures:
    """How many transcriptions failed for a reason, or came out degraded."""

    reason: str
    jobs: int


@dataclass(frozen=True, slots=True)
class PodcastChoice:
    """What an operator chose for the audio of a podcast."""

    podcast_id: int
    podcast: str
    mode: SpeechMode
    speakers: int | None
    charged_to: str | None


def heard_episodes(
    session: Session,
    *,
    podcast_id: int | None = None,
    below: float | None = None,
    limit: int = 0,
) -> list[HeardEpisode]:
    """Finished transcriptions, the newest first; 0 is all.

    ``below``: only those of which a smaller share of the speech has words.
    """
    query = (
        select(*row_columns(HeardEpisode, Transcription, Episode, Podcast, podcast=Podcast.title))
        .join(Episode, col(Episode.id) == Transcription.episode_id)
        .join(Podcast, col(Podcast.id) == Episode.podcast_id)
        .where(col(Transcription.finished_at).is_not(None))
        .order_by(col(Transcription.finished_at).desc(), col(Transcription.episode_id).desc())
    )
    if podcast_id is not None:
        query = query.where(col(Episode.podcast_id) == podcast_id)
    if below is not None:
        share = cast(col(Transcription.covered_ms), Float) / col(Transcription.speech_ms)
        query = query.where(col(Transcription.speech_ms) > 0, share < below)
    return fetch_all(session, query.limit(limit or None), HeardEpisode)


def speech_failures(session: Session) -> list[SpeechFailures]:
    """Transcriptions by the reason why they are dead, failed for now, or degraded."""
    failed = or_(
        col(Job.state) == JobState.dead,
        col(Job.outcome).in_([Outcome.failed, Outcome.degraded]),
    )
    query = (
        select(func.coalesce(Job.reason, "").label("reason"), func.count().label("jobs"))
        .where(col(Job.kind) == "transcribe", failed)
        .group_by(col(Job.reason))
        .order_by(func.count().desc(), col(Job.reason))
    )
    return fetch_all(session, query, SpeechFailures)


def speech_choices(session: Session) -> list[PodcastChoice]:
    """The podcasts for which an operator chose something."""
    query = (
        select(*row_columns(PodcastChoice, PodcastSpeech, Podcast, podcast=Podcast.title))
        .join(Podcast, col(Podcast.id) == PodcastSpeech.podcast_id)
        .order_by(col(PodcastSpeech.podcast_id))
    )
    return fetch_all(session, query, PodcastChoice)
