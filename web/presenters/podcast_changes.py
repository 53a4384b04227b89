"""What an operator may do to a podcast, in words: pause, resume, remove, add again. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from models import PodcastState
from tasks.podcasts.transitions import TRANSITIONS, PodcastEvent, sources_of


class PodcastChange(StrEnum):
    """An operator's changes of a podcast's state."""

    pause = PodcastEvent.pause.value
    resume = PodcastEvent.resume.value
    remove = PodcastEvent.remove.value
    restore = PodcastEvent.restore.value


# The change that takes one back. Who adds a podcast again by mistake removes it with the form.
UNDO = {
    PodcastChange.pause: PodcastChange.resume,
    PodcastChange.resume: PodcastChange.pause,
    PodcastChange.remove: PodcastChange.restore,
}
_DONE = {
    PodcastState.paused: "is paused: its feed is not polled, and its counts stay",
    PodcastState.removed: "is removed: its feed is not polled, and it counts nowhere",
    PodcastState.active: "is polled again, starting now",
    PodcastState.pending: "is polled now, to find out whether it is a podcast feed",
    PodcastState.duplicate: "is merged into another podcast again, which is polled instead",
}


@dataclass(frozen=True, slots=True)
class PodcastOutcome:
    """What came of a change, and the change that takes it back, if one does."""

    sentence: str
    undo: PodcastChange | None = None
    refused: bool = False


def possible_changes(state: PodcastState | str) -> list[PodcastChange]:
    """What may be done to a podcast in this state, by the table of transitions."""
    return [one for one in PodcastChange if PodcastState(state) in sources_of(PodcastEvent(one))]


def outcome_of(
    change: PodcastChange, state: PodcastState | str, name: str, *, changed: bool
) -> PodcastOutcome | None:
    """The sentence for a change; None once the podcast has a state that it does not lead to."""
    now = PodcastState(state)
    if not changed:
        return PodcastOutcome(f"Nothing was changed: {name} is {now.value}.", refused=True)
    if not any(now in followers for followers in TRANSITIONS[PodcastEvent(change)].values()):
        return None
    undo = UNDO.get(change)
    return PodcastOutcome(f"{name} {_DONE[now]}.", undo if undo in possible_changes(now) else None)
