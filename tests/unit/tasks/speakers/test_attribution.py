"""Attribution depends on the match, the identity decisions and the quarantine alone."""

import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tasks.speakers.attribution import UNKNOWN, attribution_of
from tasks.speakers.decision_state import DecisionState
from tasks.speakers.decisions import Attribution, Decision, SpeakerState

SPEAKER = SpeakerState(1, 10, (100,), "Ann", "ann", 7, "", UNKNOWN, None, "")
STATUSES = {"unknown", "counted", "assigned", "quarantined", "suppressed", "not_a_person"}


def attributed(*decisions: Decision, **speaker: object) -> Attribution:
    return attribution_of(replace(SPEAKER, **speaker), DecisionState.of(decisions))  # type: ignore[arg-type]


def test_speaker_without_decisions_counts_as_matched() -> None:
    assert attributed() == Attribution(7, "counted")
    assert attributed(matched_person_id=None) == UNKNOWN


def test_merges_are_followed_to_the_last_person() -> None:
    chain = (Decision(1, "merge", 7, 8), Decision(2, "merge", 8, 9))
    assert attributed(*chain) == Attribution(9, "counted", "merge", 2)


def test_undone_decision_has_no_effect() -> None:
    assert attributed(Decision(1, "merge", 7, 8, undone=True)) == Attribution(7, "counted")


def test_split_applies_in_its_scope_and_before_a_merge() -> None:
    merged, split = Decision(1, "merge", 7, 8), Decision(2, "split", 7, 9, podcast_id=100)
    assert attributed(merged, split).person_id == 9
    assert attributed(merged, replace(split, podcast_id=101)).person_id == 8


def test_alias_is_split_only_by_a_narrower_or_later_decision() -> None:
    alias = Decision(2, "alias", 7, label="Ann", podcast_id=100)
    split = Decision(1, "split", 7, 9, podcast_id=100)
    assert attributed(split, alias).person_id == 7
    assert attributed(replace(split, id=3), alias).person_id == 9
    assert attributed(replace(split, podcast_id=None, episode_id=10), alias).person_id == 9


def test_cycle_of_split_and_merge_ends_where_it_began() -> None:
    assert (
        attributed(Decision(1, "split", 7, 9, podcast_id=100), Decision(2, "merge", 9, 7)).person_id
        == 7
    )


def test_quarantine_lasts_until_released_and_narrow_scope_wins() -> None:
    assert attributed(quarantine_rule="short_clips") == Attribution(
        None, "quarantined", "short_clips"
    )
    release = Decision(1, "release", 7)
    assert attributed(release, quarantine_rule="short_clips") == Attribution(
        7, "counted", "release", 1
    )
    here = Decision(2, "quarantine", 7, episode_id=10)
    later = Decision(3, "release", 7, podcast_id=100)
    assert attributed(release, here, later) == Attribution(None, "quarantined", "by_decision", 2)


def test_quarantine_does_not_apply_after_a_label_decision() -> None:
    alias = Decision(1, "alias", 8, label="ANN", podcast_id=100)
    assert attributed(alias, quarantine_rule="short_clips") == Attribution(8, "counted", "alias", 1)


def test_suppression_wins_over_alias_and_merge() -> None:
    suppressed = Decision(1, "suppress", 8)
    alias = Decision(2, "alias", 8, label="Ann", podcast_id=100)
    assert attributed(suppressed, alias) == Attribution(None, "suppressed", "suppressed", 1)
    assert attributed(suppressed, Decision(3, "merge", 7, 8)).status == "suppressed"


PEOPLE = st.sampled_from([7, 8, 9])
SCOPES = st.fixed_dictionaries(
    {}, optional={"podcast_id": st.sampled_from([100, 101]), "episode_id": st.sampled_from([10])}
)
DECISIONS = st.lists(
    st.one_of(
        st.builds(
            lambda scope, **fields: Decision(**fields, **scope),
            SCOPES,
            id=st.integers(1, 99),
            kind=st.sampled_from(["merge", "split", "suppress", "release", "quarantine"]),
            person_id=PEOPLE,
            target_person_id=PEOPLE,
            undone=st.booleans(),
        ),
        st.builds(
            lambda scope, **fields: Decision(**fields, **scope),
            SCOPES,
            id=st.integers(1, 99),
            kind=st.sampled_from(["alias", "not_a_person", "release", "quarantine"]),
            person_id=PEOPLE,
            label=st.sampled_from(["Ann", "ANN", "Bob"]),
        ),
    ),
    unique_by=lambda decision: decision.id,
)


@given(DECISIONS, st.none() | PEOPLE, st.sampled_from(["", "short_clips"]), st.randoms())
def test_attribution_does_not_depend_on_decision_order(
    decisions: list[Decision], matched: int | None, quarantine_rule: str, order: random.Random
) -> None:
    found = attributed(*decisions, matched_person_id=matched, quarantine_rule=quarantine_rule)
    order.shuffle(decisions)
    assert (
        attributed(*decisions, matched_person_id=matched, quarantine_rule=quarantine_rule) == found
    )
    assert found.status in STATUSES
    assert (found.person_id is not None) == (found.status in {"counted", "assigned"})


def test_decision_of_the_nearer_podcast_goes_first() -> None:
    merged = {"podcast_ids": (100, 200)}
    own = Decision(1, "alias", 8, podcast_id=100, label="Ann")
    later = Decision(2, "alias", 9, podcast_id=200, label="Ann")
    assert attributed(own, later, **merged) == Attribution(8, "counted", "alias", 1)
    assert attributed(later, **merged) == Attribution(9, "counted", "alias", 2)


def test_what_any_of_the_podcasts_takes_away_is_not_counted() -> None:
    merged = {"podcast_ids": (100, 200)}
    given = Decision(1, "alias", 8, podcast_id=100, label="Ann")
    taken = Decision(2, "not_a_person", podcast_id=200, label="Ann")
    assert attributed(given, taken, **merged).status == "not_a_person"
    quarantined = Decision(3, "quarantine", 7, podcast_id=100)
    released = Decision(4, "release", 7, podcast_id=200)
    assert attributed(quarantined, released, **merged).status == "quarantined"
