"""Sentences for reason codes, as pages show them."""

from collections.abc import Mapping

from models.reasons import reason_text, short_reason

__all__ = ["reason_text", "why_unattributed"]


def why_unattributed(speaker: Mapping[str, object]) -> str:
    """Why a speaker is not attributed to a person, in a few words."""
    status = str(speaker["status"])
    if status in {"quarantined", "suppressed"}:
        return status
    return short_reason(str(speaker["reason"])) or "unknown"
