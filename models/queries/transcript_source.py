"""Where the words of an episode come from: its publisher's transcript, or its audio."""

from enum import StrEnum
from typing import Any

from sqlalchemy import func, select
from sqlmodel import col

from models.tables.episode import Episode, Transcript


class TranscriptSource(StrEnum):
    """Who made the transcript: the publisher, or a program (automatic speech recognition)."""

    publisher = "publisher"
    asr = "asr"


def selected_source(episode: str = "e") -> str:
    """SQL expression: the source of the episode's selected transcript, null without one."""
    return (
        "(SELECT selected.source FROM transcript selected "  # noqa: S608  constants of ours
        f"WHERE selected.episode_id = {episode}.id AND selected.is_selected)"
    )


def source_of_words(episode: str = "e") -> str:
    """SQL expression: the source of the segments of the episode of this alias."""
    return f"coalesce({selected_source(episode)}, '{TranscriptSource.publisher}')"


def episode_source() -> Any:
    """The same of ``Episode``, for ``select()``."""
    selected = select(col(Transcript.source)).where(
        col(Transcript.episode_id) == Episode.id, col(Transcript.is_selected)
    )
    return func.coalesce(selected.scalar_subquery(), TranscriptSource.publisher.value)
