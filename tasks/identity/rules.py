"""State of a person after all decisions, and rules for refusing a new decision."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tasks.speakers.decisions import (
    ALIAS,
    ASSIGN,
    MERGE,
    NEVER_MERGE,
    RENAME,
    SPLIT,
    SUPPRESS,
    Decision,
    DecisionRefused,
)

# Decisions that refer to a person: while one is in force, that person must exist.
_REFERS_TO_TARGET = (MERGE, SPLIT)
_REFERS_TO_PERSON = (ALIAS, ASSIGN)


@dataclass(frozen=True, slots=True)
class PersonStatus:
    """A person's state, the person they are merged into, and the name an operator chose."""

    state: str = "active"
    merged_into: int | None = None
    name: str | None = None


def person_status(person_id: int, decisions: Iterable[Decision]) -> PersonStatus:
    """A person's status after all decisions about them, undone ones included.

    When a split is undone, the person it created is merged back into the original, so that a
    slug that was published still works.
    """
    state, merged_into, name = "active", None, None
    for decision in sorted(decisions, key=lambda decision: decision.id):
        if decision.kind == SPLIT and decision.target_person_id == person_id and decision.undone:
            state, merged_into = "merged", decision.person_id
        if decision.undone or decision.person_id != person_id:
            continue
        if decision.kind == MERGE:
            state, merged_into = "merged", decision.target_person_id
        elif decision.kind == SUPPRESS and state == "active":
            state = "suppressed"
        elif decision.kind == RENAME:
            name = decision.name
    return PersonStatus(state, merged_into, name)


def merge_target(person_id: int, decisions: Iterable[Decision]) -> int:
    """The person that a person is merged into, after all merges in force."""
    merges = {
        e.person_id: e.target_person_id for e in decisions if e.kind == MERGE and not e.undone
    }
    while (into := merges.get(person_id)) is not None:
        person_id = into
    return person_id


def merged_from(person_id: int, decisions: Iterable[Decision]) -> set[int]:
    """A person, and all people whose speakers may count for them by merges and splits."""
    in_force = [e for e in decisions if e.kind in _REFERS_TO_TARGET and not e.undone]
    people, size = {person_id}, 0
    while len(people) > size:
        size = len(people)
        people |= {e.person_id for e in in_force if e.person_id and e.target_person_id in people}
    return people


def check(decision: Decision, decisions: Sequence[Decision]) -> None:
    """Refuse a decision that contradicts those in force.

    Raises:
        DecisionRefused: with a reason code.
    """
    if reason := _why_refused(decision, decisions):
        raise DecisionRefused(reason, _SENTENCES[reason])


_SENTENCES = {
    "same_person": "both are already the same person",
    "already_merged": "that person is merged into another: use that person, or undo the merge",
    "person_suppressed": "that person is suppressed: undo that first",
    "never_merge": "these two people are marked as different: undo that first",
    "already_decided": "that is already decided",
    "no_name": "a name is needed",
    "no_label": "a speaker without a label can only be assigned, one at a time",
    "one_word_name": "a label of one word needs a podcast: it is too common to apply everywhere",
    "already_undone": "that decision is already undone",
    "referenced_by_later_decision": (
        "a later decision refers to the person that the split created: undo that decision first"
    ),
}


def _why_refused(decision: Decision, decisions: Sequence[Decision]) -> str:
    if _is_decided(decision, decisions):
        return "already_decided"
    if decision.kind in {MERGE, NEVER_MERGE}:
        return _why_pair_refused(decision, decisions)
    if decision.kind == SUPPRESS and _state(decision.person_id, decisions) == "merged":
        return "already_merged"
    if decision.kind == SPLIT and _state(decision.person_id, decisions) != "active":
        return "already_merged"
    if decision.kind == RENAME and not (decision.name or "").strip():
        return "no_name"
    return _why_label_refused(decision)


def _why_pair_refused(decision: Decision, decisions: Sequence[Decision]) -> str:
    person, target = decision.person_id, decision.target_person_id
    assert person is not None  # noqa: S101  a merge names both
    assert target is not None  # noqa: S101
    if merge_target(person, decisions) == merge_target(target, decisions):
        return "same_person"
    states = {_state(person, decisions), _state(target, decisions)}
    if "merged" in states:
        return "already_merged"
    if decision.kind == NEVER_MERGE:
        return ""
    if "suppressed" in states:
        return "person_suppressed"
    return "never_merge" if _is_forbidden(person, target, decisions) else ""


def _is_forbidden(person: int, target: int, decisions: Sequence[Decision]) -> bool:
    """Whether people merged into these two are marked as different."""
    pair = {merge_target(person, decisions), merge_target(target, decisions)}
    return any(
        {merge_target(e.person_id, decisions), merge_target(e.target_person_id, decisions)} == pair
        for e in decisions
        if e.kind == NEVER_MERGE and not e.undone and e.person_id and e.target_person_id
    )


def _why_label_refused(decision: Decision) -> str:
    if decision.label is None or decision.kind == ASSIGN:
        return ""
    if not decision.label.strip():
        return "no_label"
    everywhere = decision.kind == ALIAS and decision.narrowness == 0
    return "one_word_name" if everywhere and len(decision.label.split()) < 2 else ""


def _state(person_id: int | None, decisions: Sequence[Decision]) -> str:
    return person_status(person_id, decisions).state if person_id is not None else "active"


def _is_decided(decision: Decision, decisions: Sequence[Decision]) -> bool:
    """Whether the latest decision about the same subject already says the same."""
    earlier = [e for e in decisions if not e.undone and _subject(e) == _subject(decision)]
    return bool(earlier) and _outcome(earlier[-1]) == _outcome(decision)


def _subject(decision: Decision) -> tuple[object, ...]:
    """What a decision is about: of two decisions on the same subject, the later applies."""
    kind = "clearance" if decision.kind in {"release", "quarantine"} else decision.kind
    person = decision.person_id if decision.label is None else None
    target = decision.target_person_id if decision.kind == NEVER_MERGE else None
    return kind, person, target, decision.podcast_id, decision.episode_id, decision.label


def _outcome(decision: Decision) -> tuple[object, ...]:
    target = None if decision.kind == SPLIT else decision.target_person_id
    return decision.kind, decision.person_id, target, decision.name, decision.fingerprints


def check_undo(decision: Decision, decisions: Sequence[Decision]) -> None:
    """Refuse to undo a decision that is undone, or that a later decision depends on.

    Raises:
        DecisionRefused: with a reason code.
    """
    if reason := _why_undo_refused(decision, decisions):
        raise DecisionRefused(reason, _SENTENCES[reason])


def _why_undo_refused(decision: Decision, decisions: Sequence[Decision]) -> str:
    if decision.undone:
        return "already_undone"
    if decision.kind == SPLIT and _is_referenced(decision, decisions):
        return "referenced_by_later_decision"
    return ""


def _is_referenced(split: Decision, decisions: Sequence[Decision]) -> bool:
    """Whether a decision in force refers to the person that this split created."""
    return any(
        (
            e.kind in _REFERS_TO_TARGET
            and e.target_person_id == split.target_person_id
            and e.id != split.id
        )
        or (e.kind in _REFERS_TO_PERSON and e.person_id == split.target_person_id)
        for e in decisions
        if not e.undone
    )
