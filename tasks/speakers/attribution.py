"""Whom a speaker counts for: the matcher's answer, as the ledger and the quarantine leave it."""

from collections.abc import Sequence

from tasks.speakers.decision_state import DecisionState, Step
from tasks.speakers.decision_values import (
    ASSIGN,
    NOT_A_PERSON,
    QUARANTINE,
    SPLIT,
    Attribution,
    DecisionEvent,
    SpeakerState,
)

UNKNOWN = Attribution(None, "unknown")


def attribution_of(speaker: SpeakerState, ledger: DecisionState) -> Attribution:
    """How a speaker stands. A person is set if and only if the speaker counts for them.

    In this order: what was decided about the label in its narrowest scope (somebody's, or nobody's
    at all), else the matcher's answer; then splits and merges; then suppression; then quarantine,
    which a decision about the label makes needless.
    """
    said = ledger.said_of(speaker)
    if said is not None and said.kind == NOT_A_PERSON:
        return Attribution(None, "not_a_person", NOT_A_PERSON, said.id)
    start = said.person_id if said is not None else speaker.matched_person_id
    if start is None:
        return UNKNOWN
    steps = ledger.path(start, speaker, said)
    return _held_back(speaker, ledger, said, steps) or _counted(speaker, ledger, said, steps)


def _held_back(
    speaker: SpeakerState, ledger: DecisionState, said: DecisionEvent | None, steps: Sequence[Step]
) -> Attribution | None:
    """Why a speaker counts for nobody although it is somebody's; None if it counts."""
    same = _since_the_last_split(steps)
    for person_id in same:
        if (suppressed := ledger.suppressed.get(person_id)) is not None:
            return Attribution(None, "suppressed", "suppressed", suppressed.id)
    clearance = ledger.clearance(speaker, same)
    if clearance is not None and clearance.kind == QUARANTINE:
        return Attribution(None, "quarantined", "held", clearance.id)
    if speaker.quarantine_rule and said is None and clearance is None:
        return Attribution(None, "quarantined", speaker.quarantine_rule)
    return None


def _counted(
    speaker: SpeakerState, ledger: DecisionState, said: DecisionEvent | None, steps: Sequence[Step]
) -> Attribution:
    """For whom a speaker counts, by the decision that led there last, if any did."""
    decision = steps[-1].by or said
    if decision is None and speaker.quarantine_rule:
        decision = ledger.clearance(speaker, _since_the_last_split(steps))
    status = "assigned" if said is not None and said.kind == ASSIGN else "counted"
    if decision is None:
        return Attribution(steps[-1].person_id, status)
    return Attribution(steps[-1].person_id, status, decision.kind, decision.id)


def _since_the_last_split(steps: Sequence[Step]) -> list[int]:
    """The people on the path that are one and the same: a split leads to somebody else."""
    same: list[int] = []
    for step in steps:
        if step.by is not None and step.by.kind == SPLIT:
            same.clear()
        same.append(step.person_id)
    return same
