"""Sentences for reason codes, as pages show them."""

from models.queries.episode_pages import EpisodeSpeaker
from models.reasons import reason_text, short_reason

__all__ = ["reason_text", "why_unattributed"]


def why_unattributed(speaker: EpisodeSpeaker) -> str:
    """Why a speaker is not attributed to a person, in a few words."""
    if speaker.status in {"quarantined", "suppressed"}:
        return speaker.status
    return short_reason(speaker.reason) or "unknown"
