"""How persons stand by the ledger, and why a decision about them cannot be taken."""

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
    DecisionEvent,
    DecisionRefused,
)

# Decisions that lead to somebody: while one is in force, that person has to be there.
_LEADS_TO_OTHER = (MERGE, SPLIT)
_LEADS_TO_PERSON = (ALIAS, ASSIGN)


@dataclass(frozen=True, slots=True)
class PersonStatus:
    """A person's state, in whom they are, and the name that an operator gave them, if any."""

    state: str = "active"
    merged_into: int | None = None
    name: str | None = None


def person_status(person_id: int, events: Iterable[DecisionEvent]) -> PersonStatus:
    """How a person stands by everything that was decided about them, undone or not.

    Who came of a split that was undone is the one that they were split from: an address that was
    published still leads somewhere.
    """
    state, merged_into, name = "active", None, None
    for event in sorted(events, key=lambda event: event.id):
        if event.kind == SPLIT and event.target_person_id == person_id and event.undone:
            state, merged_into = "merged", event.person_id
        if event.undone or event.person_id != person_id:
            continue
        if event.kind == MERGE:
            state, merged_into = "merged", event.target_person_id
        elif event.kind == SUPPRESS and state == "active":
            state = "suppressed"
        elif event.kind == RENAME:
            name = event.name
    return PersonStatus(state, merged_into, name)


def merge_target(person_id: int, events: Iterable[DecisionEvent]) -> int:
    """In whom a person is after all merges in force."""
    merges = {e.person_id: e.target_person_id for e in events if e.kind == MERGE and not e.undone}
    while (into := merges.get(person_id)) is not None:
        person_id = into
    return person_id


def merged_from(person_id: int, events: Iterable[DecisionEvent]) -> set[int]:
    """A person, and everybody whose speakers may count for them by merges and splits."""
    leading = [e for e in events if e.kind in _LEADS_TO_OTHER and not e.undone]
    found, before = {person_id}, 0
    while len(found) > before:
        before = len(found)
        found |= {e.person_id for e in leading if e.person_id and e.target_person_id in found}
    return found


def check(decision: DecisionEvent, events: Sequence[DecisionEvent]) -> None:
    """Refuse a decision that contradicts those in force.

    Raises:
        DecisionRefused: with a reason word.
    """
    if reason := _why_refused(decision, events):
        raise DecisionRefused(reason, _SENTENCES[reason])


_SENTENCES = {
    "same_person": "both are one person already",
    "already_merged": "that person is merged into another one: name the survivor, or undo it",
    "person_suppressed": "that person is suppressed: undo that first",
    "never_merge": "somebody decided that these two are never one person",
    "already_decided": "that is decided already",
    "no_name": "a name is needed",
    "no_label": "speech under no name can only be assigned, one speaker at a time",
    "one_word_name": "a name of one word is never global: say in which podcast",
    "already_undone": "that event is undone already",
    "referenced_by_later_decision": "a later decision leads to the person that came of that split: undo it first",
}


def _why_refused(decision: DecisionEvent, events: Sequence[DecisionEvent]) -> str:
    if _is_decided(decision, events):
        return "already_decided"
    if decision.kind in {MERGE, NEVER_MERGE}:
        return _why_not_one(decision, events)
    if decision.kind == SUPPRESS and _state(decision.person_id, events) == "merged":
        return "already_merged"
    if decision.kind == SPLIT and _state(decision.person_id, events) != "active":
        return "already_merged"
    if decision.kind == RENAME and not (decision.name or "").strip():
        return "no_name"
    return _why_not_of_label(decision)


def _why_not_one(decision: DecisionEvent, events: Sequence[DecisionEvent]) -> str:
    one, other = decision.person_id, decision.target_person_id
    assert one is not None  # noqa: S101  a merge names both
    assert other is not None  # noqa: S101
    if merge_target(one, events) == merge_target(other, events):
        return "same_person"
    states = {_state(one, events), _state(other, events)}
    if "merged" in states:
        return "already_merged"
    if decision.kind == NEVER_MERGE:
        return ""
    if "suppressed" in states:
        return "person_suppressed"
    return "never_merge" if _is_forbidden(one, other, events) else ""


def _is_forbidden(one: int, other: int, events: Sequence[DecisionEvent]) -> bool:
    """Whether anybody in the one is never to be merged with anybody in the other."""
    pair = {merge_target(one, events), merge_target(other, events)}
    return any(
        {merge_target(e.person_id, events), merge_target(e.target_person_id, events)} == pair
        for e in events
        if e.kind == NEVER_MERGE and not e.undone and e.person_id and e.target_person_id
    )


def _why_not_of_label(decision: DecisionEvent) -> str:
    if decision.label is None or decision.kind == ASSIGN:
        return ""
    if not decision.label.strip():
        return "no_label"
    everywhere = decision.kind == ALIAS and decision.narrowness == 0
    return "one_word_name" if everywhere and len(decision.label.split()) < 2 else ""


def _state(person_id: int | None, events: Sequence[DecisionEvent]) -> str:
    return person_status(person_id, events).state if person_id is not None else "active"


def _is_decided(decision: DecisionEvent, events: Sequence[DecisionEvent]) -> bool:
    """Whether the latest decision of this kind about the same is the same one."""
    about = [e for e in events if not e.undone and _subject(e) == _subject(decision)]
    return bool(about) and _object(about[-1]) == _object(decision)


def _subject(event: DecisionEvent) -> tuple[object, ...]:
    """What a decision is about: two of the same subject follow one another."""
    kind = "clearance" if event.kind in {"release", "quarantine"} else event.kind
    person = event.person_id if event.label is None else None
    other = event.target_person_id if event.kind == NEVER_MERGE else None
    return kind, person, other, event.podcast_id, event.episode_id, event.label


def _object(event: DecisionEvent) -> tuple[object, ...]:
    other = None if event.kind == SPLIT else event.target_person_id
    return event.kind, event.person_id, other, event.name, event.fingerprints


def check_undo(event: DecisionEvent, events: Sequence[DecisionEvent]) -> None:
    """Refuse to undo what is undone, or what others in force rest on.

    Raises:
        DecisionRefused: with a reason word.
    """
    if reason := _why_not_undone(event, events):
        raise DecisionRefused(reason, _SENTENCES[reason])


def _why_not_undone(event: DecisionEvent, events: Sequence[DecisionEvent]) -> str:
    if event.undone:
        return "already_undone"
    if event.kind == SPLIT and _is_used(event, events):
        return "referenced_by_later_decision"
    return ""


def _is_used(split: DecisionEvent, events: Sequence[DecisionEvent]) -> bool:
    """Whether a decision in force leads to the person that came of this split."""
    return any(
        (
            e.kind in _LEADS_TO_OTHER
            and e.target_person_id == split.target_person_id
            and e.id != split.id
        )
        or (e.kind in _LEADS_TO_PERSON and e.person_id == split.target_person_id)
        for e in events
        if not e.undone
    )
