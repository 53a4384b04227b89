"""Speech to text: how much is done, what waits, how fast it is, and what it left out."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlmodel import Session, col

from models.database.row_columns import any_of
from models.queries.shown import fetch_all
from models.tables.episode import Episode

# The time of speech to text in the last week is its present speed: engines and machines change.
_PROGRESS = """
    SELECT count(*) FILTER (WHERE n.finished_at IS NOT NULL) AS done,
        count(*) FILTER (WHERE n.finished_at IS NOT NULL AND n.speech_ms > 0
            AND n.covered_ms < :min_coverage * n.speech_ms) AS degraded,
        coalesce(sum(n.audio_ms) FILTER (WHERE n.finished_at IS NOT NULL), 0)::bigint AS audio_ms,
        coalesce(sum(n.speech_ms) FILTER (WHERE n.finished_at IS NOT NULL), 0)::bigint
            AS speech_ms,
        coalesce(sum(n.covered_ms) FILTER (WHERE n.finished_at IS NOT NULL), 0)::bigint
            AS covered_ms,
        coalesce(sum(n.endpoint_ms), 0)::bigint AS endpoint_ms,
        coalesce(sum(n.audio_ms) FILTER (WHERE n.finished_at >= :since), 0)::bigint
            AS recent_audio_ms,
        coalesce(sum(n.spent_ms) FILTER (WHERE n.finished_at >= :since), 0)::bigint
            AS recent_spent_ms,
        (SELECT count(*) FROM job WHERE kind = 'transcribe' AND state = 'waiting') AS waiting,
        (SELECT count(*) FROM job WHERE kind = 'transcribe' AND state = 'running') AS running,
        (SELECT count(*) FROM job WHERE kind = 'transcribe' AND state = 'dead') AS dead,
        (SELECT coalesce(sum(e.duration_ms), 0)::bigint
            FROM job j JOIN episode e ON e.id = j.subject
            WHERE j.kind = 'transcribe' AND j.state IN ('waiting', 'running')) AS left_ms
    FROM transcription n
"""
_RUNNING = """
    SELECT e.id AS episode_id, e.title, j.stage, n.audio_ms,
        coalesce(sum(c.end_ms - c.start_ms) FILTER (WHERE c.words IS NOT NULL), 0)::bigint
            AS transcribed_ms,
        n.spent_ms
    FROM job j JOIN episode e ON e.id = j.subject JOIN transcription n ON n.episode_id = e.id
    LEFT JOIN transcription_chunk c ON c.episode_id = e.id
    WHERE j.kind = 'transcribe' AND j.state = 'running'
    GROUP BY e.id, e.title, j.stage, n.audio_ms, n.spent_ms, j.started_at ORDER BY j.started_at
"""


@dataclass(frozen=True, slots=True)
class SpeechProgress:
    """Totals of speech to text; ``left_ms`` is what the feeds say of waiting and running audio.

    ``endpoint_ms`` is how much audio was ever sent to an endpoint.
    """

    done: int
    degraded: int
    audio_ms: int
    speech_ms: int
    covered_ms: int
    endpoint_ms: int
    recent_audio_ms: int
    recent_spent_ms: int
    waiting: int
    running: int
    dead: int
    left_ms: int

    @property
    def speed(self) -> float | None:
        """Hours of audio in an hour of one process; None before anything is done."""
        if not self.recent_spent_ms:
            return None
        return self.recent_audio_ms / self.recent_spent_ms

    @property
    def factor(self) -> float | None:
        """The real-time factor: hours of one process for an hour of audio."""
        return self.recent_spent_ms / self.recent_audio_ms if self.recent_audio_ms else None

    def cost(self, price: float) -> float:
        """What the audio sent to an endpoint costs, by the price of an hour."""
        return self.endpoint_ms / 3_600_000 * price

    @property
    def speech_coverage(self) -> float | None:
        """The share of the time of speech that has words."""
        return self.covered_ms / self.speech_ms if self.speech_ms else None

    @property
    def left_hours(self) -> float | None:
        """How long one process needs for what waits."""
        return self.left_ms / 3_600_000 / self.speed if self.speed else None


@dataclass(frozen=True, slots=True)
class RunningTranscription:
    """An episode that is transcribed now, and how far it is."""

    episode_id: int
    title: str
    stage: str
    audio_ms: int
    transcribed_ms: int
    spent_ms: int


def speech_progress(session: Session, min_coverage: float, since: object) -> SpeechProgress:
    """Totals of speech to text; its speed is that of what was finished ``since``."""
    params = {"min_coverage": min_coverage, "since": since}
    (progress,) = fetch_all(session, _PROGRESS, SpeechProgress, params)
    return progress


def running_transcriptions(session: Session) -> list[RunningTranscription]:
    """The episodes that are transcribed now."""
    return fetch_all(session, _RUNNING, RunningTranscription)


def audio_length(session: Session, episode_ids: Sequence[int]) -> tuple[int, int]:
    """The length of these episodes in milliseconds, and of how many of them it is known."""
    duration = col(Episode.duration_ms)
    query = select(func.sum(duration), func.count(duration))
    total, known = (
        session.connection().execute(query.where(col(Episode.id) == any_of(episode_ids))).one()
    )
    return int(total or 0), int(known)
