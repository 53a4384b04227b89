"""Whom a speaker counts for follows from the match, the ledger and the quarantine alone."""

import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tasks.speakers.attribution import UNKNOWN, holding
from tasks.speakers.decision_state import Ledger
from tasks.speakers.decision_values import Event, Holding, SpeakerFacts

SPEAKER = SpeakerFacts(1, 10, 100, "Ann", "ann", 7, "", UNKNOWN, None, "")
STANDINGS = {"unknown", "counted", "assigned", "quarantined", "suppressed", "not_a_person"}


def held(*events: Event, **speaker: object) -> Holding:
    return holding(replace(SPEAKER, **speaker), Ledger.of(events))  # type: ignore[arg-type]


def test_without_decisions_the_match_counts_and_without_a_match_nobody() -> None:
    assert held() == Holding(7, "counted")
    assert held(matched_id=None) == UNKNOWN


def test_a_merge_is_followed_to_its_end_and_the_last_step_is_the_reason() -> None:
    chain = (Event(1, "merge", 7, 8), Event(2, "merge", 8, 9))
    assert held(*chain) == Holding(9, "counted", "merge", 2)


def test_what_was_undone_says_nothing() -> None:
    assert held(Event(1, "merge", 7, 8, undone=True)) == Holding(7, "counted")


def test_a_split_holds_in_its_place_only_and_goes_before_a_merge() -> None:
    merged, split = Event(1, "merge", 7, 8), Event(2, "split", 7, 9, podcast_id=100)
    assert held(merged, split).person_id == 9
    assert held(merged, replace(split, podcast_id=101)).person_id == 8


def test_who_was_named_is_split_only_by_a_narrower_or_a_later_decision() -> None:
    alias = Event(2, "alias", 7, label="Ann", podcast_id=100)
    split = Event(1, "split", 7, 9, podcast_id=100)
    assert held(split, alias).person_id == 7
    assert held(replace(split, id=3), alias).person_id == 9
    assert held(replace(split, podcast_id=None, episode_id=10), alias).person_id == 9


def test_a_circle_of_split_and_merge_ends_where_it_began() -> None:
    assert held(Event(1, "split", 7, 9, podcast_id=100), Event(2, "merge", 9, 7)).person_id == 7


def test_quarantine_holds_until_a_release_and_a_narrower_decision_goes_before_a_wider() -> None:
    assert held(suspicion="short_clips") == Holding(None, "quarantined", "short_clips")
    release = Event(1, "release", 7)
    assert held(release, suspicion="short_clips") == Holding(7, "counted", "release", 1)
    here = Event(2, "hold", 7, episode_id=10)
    later = Event(3, "release", 7, podcast_id=100)
    assert held(release, here, later) == Holding(None, "quarantined", "held", 2)


def test_a_decision_about_the_label_makes_quarantine_needless() -> None:
    alias = Event(1, "alias", 8, label="ANN", podcast_id=100)
    assert held(alias, suspicion="short_clips") == Holding(8, "counted", "alias", 1)


def test_suppression_goes_before_everything_that_names_the_person() -> None:
    suppressed = Event(1, "suppress", 8)
    alias = Event(2, "alias", 8, label="Ann", podcast_id=100)
    assert held(suppressed, alias) == Holding(None, "suppressed", "suppressed", 1)
    assert held(suppressed, Event(3, "merge", 7, 8)).standing == "suppressed"


PEOPLE = st.sampled_from([7, 8, 9])
SCOPES = st.fixed_dictionaries(
    {}, optional={"podcast_id": st.sampled_from([100, 101]), "episode_id": st.sampled_from([10])}
)
EVENTS = st.lists(
    st.one_of(
        st.builds(
            lambda scope, **said: Event(**said, **scope),
            SCOPES,
            id=st.integers(1, 99),
            kind=st.sampled_from(["merge", "split", "suppress", "release", "hold"]),
            person_id=PEOPLE,
            other_id=PEOPLE,
            undone=st.booleans(),
        ),
        st.builds(
            lambda scope, **said: Event(**said, **scope),
            SCOPES,
            id=st.integers(1, 99),
            kind=st.sampled_from(["alias", "not_a_person", "release", "hold"]),
            person_id=PEOPLE,
            label=st.sampled_from(["Ann", "ANN", "Bob"]),
        ),
    ),
    unique_by=lambda event: event.id,
)


@given(EVENTS, st.none() | PEOPLE, st.sampled_from(["", "short_clips"]), st.randoms())
def test_any_decisions_give_one_answer_whatever_their_order(
    events: list[Event], matched: int | None, suspicion: str, order: random.Random
) -> None:
    found = held(*events, matched_id=matched, suspicion=suspicion)
    order.shuffle(events)
    assert held(*events, matched_id=matched, suspicion=suspicion) == found
    assert found.standing in STANDINGS
    assert (found.person_id is not None) == (found.standing in {"counted", "assigned"})
