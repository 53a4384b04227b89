"""The states of a podcast change by one table, and none is without a way on."""

import pytest

from models import PodcastState
from tasks.podcasts.transitions import TRANSITIONS, PodcastEvent, next_state

COMMANDS = (PodcastEvent.resume, PodcastEvent.unmerge, PodcastEvent.restore)


def test_event_that_may_not_happen_has_no_next_state() -> None:
    assert next_state(PodcastState.paused, PodcastEvent.gone) is None
    assert next_state(PodcastState.duplicate, PodcastEvent.merge) is None
    assert next_state(PodcastState.removed, PodcastEvent.document) is None


def test_unmerge_returns_to_the_state_before() -> None:
    event = PodcastEvent.unmerge
    assert next_state(PodcastState.duplicate, event, PodcastState.paused) is PodcastState.paused
    assert next_state(PodcastState.duplicate, event, PodcastState.removed) is None
    assert next_state(PodcastState.removed, event, PodcastState.active) is PodcastState.removed


@pytest.mark.parametrize("state", PodcastState)
def test_every_state_leads_to_active(state: PodcastState) -> None:
    """By polling or by commands that give something back."""
    reached, size = {state}, 0
    while len(reached) > size:
        size = len(reached)
        reached |= {
            after
            for event in (PodcastEvent.document, *COMMANDS)
            for before in reached
            for after in TRANSITIONS[event].get(before, ())
        }
    assert PodcastState.active in reached
