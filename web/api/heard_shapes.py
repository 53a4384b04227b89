"""What the API says of a transcript that was made from audio."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from models.queries.heard_transcript import HeardTranscript


class ApiEngine(BaseModel):
    """A program that made something of audio."""

    name: str = Field(examples=["faster-whisper"])
    version: str
    model: str = Field(examples=["small"])


class ApiHeardTranscript(BaseModel):
    """What made a transcript from audio, and how much of the speech has words."""

    engine: ApiEngine | None = Field(description="Recognized the words.")
    diarizer: ApiEngine | None = Field(description="Distinguished the speakers.")
    finished_at: datetime | None
    speech_coverage: float | None = Field(
        description="Share of the time of speech that has words, 0 to 1; null without speech.",
        examples=[0.97],
    )


def heard(row: HeardTranscript | None) -> dict[str, Any] | None:
    """What made an episode's transcript; None for a publisher's."""
    if row is None:
        return None
    return {
        "engine": row.engine,
        "diarizer": row.diarizer,
        "finished_at": row.finished_at,
        "speech_coverage": row.speech_coverage,
    }
