"""Words for reason codes and states, as pages show them."""

from models import PodcastState
from models.queries.episode_pages import EpisodeSpeaker
from models.reasons import reason_text, short_reason

__all__ = ["reason_text", "state_text", "why_unattributed"]

_STATES = {
    PodcastState.pending: "not read yet",
    PodcastState.refused: "not a podcast feed",
    PodcastState.gone: "no longer published",
    PodcastState.duplicate: "merged into another podcast",
}


def state_text(state: PodcastState | str) -> str:
    """The state of a podcast, in words that readers know."""
    member = PodcastState(state)
    return _STATES.get(member, member.value)


def why_unattributed(speaker: EpisodeSpeaker) -> str:
    """Why a speaker is not attributed to a person, in a few words."""
    if speaker.status in {"quarantined", "suppressed"}:
        return speaker.status
    return short_reason(speaker.reason) or "unknown"
