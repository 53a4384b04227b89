"""A transcript that was made from audio: by which engine, when, and how much of the speech."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, bindparam, select
from sqlmodel import Session, col

from models.database.row_columns import row_columns
from models.database.sql import Compiled
from models.queries.shown import fetch_one
from models.queries.transcript_source import TranscriptSource
from models.tables.episode import Transcript
from models.tables.speech import Transcription


@dataclass(frozen=True, slots=True)
class HeardTranscript:
    """The selected transcript of an episode, if it was made from audio.

    ``engine`` and ``diarizer`` are ``{"name", "version", "model"}``; ``covered_ms`` is how much of
    the time of speech, ``speech_ms``, has words; ``left_out`` counts words by reason code.
    ``body_hash`` is that of the body that was ingested.
    """

    engine: dict[str, Any] | None
    diarizer: dict[str, Any] | None
    language: str | None
    finished_at: datetime | None
    speech_ms: int
    covered_ms: int
    left_out: dict[str, int]
    body_hash: bytes | None

    @property
    def speech_coverage(self) -> float | None:
        """The share of the time of speech that has words; None without speech."""
        return self.covered_ms / self.speech_ms if self.speech_ms else None


_HEARD = Compiled(
    select(
        *row_columns(
            HeardTranscript,
            Transcription,
            body_hash=Transcript.body_hash,
            language=Transcription.language,
        )
    )
    .join(Transcript, col(Transcript.episode_id) == Transcription.episode_id)
    .where(
        col(Transcription.episode_id) == bindparam("id", type_=BigInteger),
        col(Transcript.is_selected),
        col(Transcript.source) == TranscriptSource.asr.value,
    )
)


def heard_transcript(session: Session, episode_id: int) -> HeardTranscript | None:
    """What made the episode's transcript; None for a publisher's."""
    return fetch_one(session, _HEARD, HeardTranscript, {"id": episode_id})
