"""The states of a podcast and all that may change them: one table. Pure."""

from collections.abc import Mapping
from enum import StrEnum

from models import PodcastState


class PodcastEvent(StrEnum):
    """What may happen to a podcast: a result of polling, or an operator's command."""

    document = "document"
    no_feed = "no_feed"
    gone = "gone"
    pause = "pause"
    resume = "resume"
    merge = "merge"
    receive = "receive"
    unmerge = "unmerge"
    remove = "remove"
    restore = "restore"


_PENDING, _REFUSED = PodcastState.pending, PodcastState.refused
_ACTIVE, _PAUSED, _GONE = PodcastState.active, PodcastState.paused, PodcastState.gone
_DUPLICATE, _REMOVED = PodcastState.duplicate, PodcastState.removed
_FOLLOWED = (_PENDING, _ACTIVE, _PAUSED, _GONE)

# For each event the states in which it may happen, and the states that may follow. Where several
# may, the caller names the one that was before.
TRANSITIONS: Mapping[PodcastEvent, Mapping[PodcastState, tuple[PodcastState, ...]]] = {
    PodcastEvent.document: {
        _PENDING: (_ACTIVE,),
        _REFUSED: (_ACTIVE,),
        _GONE: (_ACTIVE,),
    },
    PodcastEvent.no_feed: {_PENDING: (_REFUSED,)},
    PodcastEvent.gone: {_ACTIVE: (_GONE,)},
    PodcastEvent.pause: {_ACTIVE: (_PAUSED,), _GONE: (_PAUSED,)},
    PodcastEvent.resume: {_PAUSED: (_ACTIVE,)},
    PodcastEvent.merge: dict.fromkeys(_FOLLOWED, (_DUPLICATE,)),
    PodcastEvent.receive: {state: (state,) for state in _FOLLOWED},  # the survivor of a merge
    PodcastEvent.unmerge: {_DUPLICATE: _FOLLOWED, _REMOVED: (_REMOVED,)},
    PodcastEvent.remove: {state: (_REMOVED,) for state in PodcastState if state != _REMOVED},
    PodcastEvent.restore: {
        _REFUSED: (_PENDING,),
        _REMOVED: (_PENDING, _ACTIVE, _DUPLICATE),
    },
}


def next_state(
    state: PodcastState, event: PodcastEvent, before: PodcastState | None = None
) -> PodcastState | None:
    """The state after an event; None if the event may not happen in this state.

    ``before`` chooses where several states may follow.
    """
    followers = TRANSITIONS[event].get(state, ())
    if len(followers) == 1:
        return followers[0]
    return before if before in followers else None


def sources_of(event: PodcastEvent) -> tuple[PodcastState, ...]:
    """The states in which an event may happen."""
    return tuple(TRANSITIONS[event])
