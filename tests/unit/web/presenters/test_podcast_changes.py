"""What came of an operator's change of a podcast, in words."""

import pytest

from models import PodcastState
from tasks.podcasts.transitions import TRANSITIONS, PodcastEvent
from web.presenters.podcast_changes import UNDO, PodcastChange, outcome_of, possible_changes


@pytest.mark.parametrize("change", PodcastChange)
@pytest.mark.parametrize("state", PodcastState)
def test_outcome_is_shown_for_states_that_the_change_leads_to(
    change: PodcastChange, state: PodcastState
) -> None:
    led_to = {one for after in TRANSITIONS[PodcastEvent(change)].values() for one in after}
    outcome = outcome_of(change, state, "The Lantern Hour", changed=True)
    assert (outcome is not None) == (state in led_to)
    if outcome and outcome.undo:
        assert outcome.undo in possible_changes(state)


def test_every_change_but_adding_again_is_taken_back() -> None:
    assert set(PodcastChange) - UNDO.keys() == {PodcastChange.restore}


def test_outcome_of_a_refused_change_names_the_state() -> None:
    outcome = outcome_of(PodcastChange.pause, "removed", "The Lantern Hour", changed=False)
    assert outcome is not None
    assert (outcome.refused, outcome.undo) == (True, None)
    assert outcome.sentence == "Nothing was changed: The Lantern Hour is removed."
