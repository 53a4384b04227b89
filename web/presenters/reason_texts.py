"""Words for reason codes and states, as pages show them."""

from models import PodcastState, methods, reasons
from models.queries.episode_pages import EpisodeSpeaker
from web.languages.texts import N_, formatted, translated

_STATES = {
    PodcastState.pending: N_("not read yet"),
    PodcastState.refused: N_("not a podcast feed"),
    PodcastState.gone: N_("no longer published"),
    PodcastState.duplicate: N_("merged into another podcast"),
    PodcastState.active: N_("active"),
    PodcastState.paused: N_("paused"),
    PodcastState.removed: N_("removed"),
}
# What speakers are, and are not: shown as they are stored.
_SPEAKER_WORDS = (
    *(N_("host"), N_("guest"), N_("publisher")),
    *(N_("quarantined"), N_("suppressed"), N_("unknown"), N_("ambiguous")),
)


def reason_text(code: str) -> str:
    """What a reason code means, as a sentence."""
    if code.startswith("http_5") and code not in reasons.REASONS:
        text = N_("The server reports an internal error (%(code)s).")
        return formatted(text, code=code.removeprefix("http_"))
    return translated(reasons.reason_text(code))


def method_text(method: str) -> str:
    """How a label was resolved, in plain words."""
    return translated(methods.method_text(method))


def state_text(state: PodcastState | str) -> str:
    """The state of a podcast, in words that readers know."""
    member = PodcastState(state)
    return translated(_STATES.get(member, member.value))


def why_unattributed(speaker: EpisodeSpeaker) -> str:
    """Why a speaker is not attributed to a person, in a few words."""
    if speaker.status in {"quarantined", "suppressed"}:
        return translated(speaker.status)
    return translated(reasons.short_reason(speaker.reason) or "unknown")
