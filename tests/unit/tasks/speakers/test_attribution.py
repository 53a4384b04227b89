"""Whom a speaker counts for follows from the match, the ledger and the quarantine alone."""

import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tasks.speakers.attribution import UNKNOWN, attribution_of
from tasks.speakers.decision_state import DecisionState
from tasks.speakers.decision_values import Attribution, DecisionEvent, SpeakerState

SPEAKER = SpeakerState(1, 10, 100, "Ann", "ann", 7, "", UNKNOWN, None, "")
STANDINGS = {"unknown", "counted", "assigned", "quarantined", "suppressed", "not_a_person"}


def held(*events: DecisionEvent, **speaker: object) -> Attribution:
    return attribution_of(replace(SPEAKER, **speaker), DecisionState.of(events))  # type: ignore[arg-type]


def test_without_decisions_the_match_counts_and_without_a_match_nobody() -> None:
    assert held() == Attribution(7, "counted")
    assert held(matched_person_id=None) == UNKNOWN


def test_a_merge_is_followed_to_its_end_and_the_last_step_is_the_reason() -> None:
    chain = (DecisionEvent(1, "merge", 7, 8), DecisionEvent(2, "merge", 8, 9))
    assert held(*chain) == Attribution(9, "counted", "merge", 2)


def test_what_was_undone_says_nothing() -> None:
    assert held(DecisionEvent(1, "merge", 7, 8, undone=True)) == Attribution(7, "counted")


def test_a_split_holds_in_its_place_only_and_goes_before_a_merge() -> None:
    merged, split = DecisionEvent(1, "merge", 7, 8), DecisionEvent(2, "split", 7, 9, podcast_id=100)
    assert held(merged, split).person_id == 9
    assert held(merged, replace(split, podcast_id=101)).person_id == 8


def test_who_was_named_is_split_only_by_a_narrower_or_a_later_decision() -> None:
    alias = DecisionEvent(2, "alias", 7, label="Ann", podcast_id=100)
    split = DecisionEvent(1, "split", 7, 9, podcast_id=100)
    assert held(split, alias).person_id == 7
    assert held(replace(split, id=3), alias).person_id == 9
    assert held(replace(split, podcast_id=None, episode_id=10), alias).person_id == 9


def test_a_circle_of_split_and_merge_ends_where_it_began() -> None:
    assert (
        held(
            DecisionEvent(1, "split", 7, 9, podcast_id=100), DecisionEvent(2, "merge", 9, 7)
        ).person_id
        == 7
    )


def test_quarantine_holds_until_a_release_and_a_narrower_decision_goes_before_a_wider() -> None:
    assert held(quarantine_rule="short_clips") == Attribution(None, "quarantined", "short_clips")
    release = DecisionEvent(1, "release", 7)
    assert held(release, quarantine_rule="short_clips") == Attribution(7, "counted", "release", 1)
    here = DecisionEvent(2, "quarantine", 7, episode_id=10)
    later = DecisionEvent(3, "release", 7, podcast_id=100)
    assert held(release, here, later) == Attribution(None, "quarantined", "held", 2)


def test_a_decision_about_the_label_makes_quarantine_needless() -> None:
    alias = DecisionEvent(1, "alias", 8, label="ANN", podcast_id=100)
    assert held(alias, quarantine_rule="short_clips") == Attribution(8, "counted", "alias", 1)


def test_suppression_goes_before_everything_that_names_the_person() -> None:
    suppressed = DecisionEvent(1, "suppress", 8)
    alias = DecisionEvent(2, "alias", 8, label="Ann", podcast_id=100)
    assert held(suppressed, alias) == Attribution(None, "suppressed", "suppressed", 1)
    assert held(suppressed, DecisionEvent(3, "merge", 7, 8)).status == "suppressed"


PEOPLE = st.sampled_from([7, 8, 9])
SCOPES = st.fixed_dictionaries(
    {}, optional={"podcast_id": st.sampled_from([100, 101]), "episode_id": st.sampled_from([10])}
)
EVENTS = st.lists(
    st.one_of(
        st.builds(
            lambda scope, **said: DecisionEvent(**said, **scope),
            SCOPES,
            id=st.integers(1, 99),
            kind=st.sampled_from(["merge", "split", "suppress", "release", "quarantine"]),
            person_id=PEOPLE,
            target_person_id=PEOPLE,
            undone=st.booleans(),
        ),
        st.builds(
            lambda scope, **said: DecisionEvent(**said, **scope),
            SCOPES,
            id=st.integers(1, 99),
            kind=st.sampled_from(["alias", "not_a_person", "release", "quarantine"]),
            person_id=PEOPLE,
            label=st.sampled_from(["Ann", "ANN", "Bob"]),
        ),
    ),
    unique_by=lambda event: event.id,
)


@given(EVENTS, st.none() | PEOPLE, st.sampled_from(["", "short_clips"]), st.randoms())
def test_any_decisions_give_one_answer_whatever_their_order(
    events: list[DecisionEvent], matched: int | None, quarantine_rule: str, order: random.Random
) -> None:
    found = held(*events, matched_person_id=matched, quarantine_rule=quarantine_rule)
    order.shuffle(events)
    assert held(*events, matched_person_id=matched, quarantine_rule=quarantine_rule) == found
    assert found.status in STANDINGS
    assert (found.person_id is not None) == (found.status in {"counted", "assigned"})
