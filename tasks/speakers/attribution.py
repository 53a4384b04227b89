"""Attribution of a speaker: the match, as changed by identity decisions and the quarantine."""

from collections.abc import Sequence

from tasks.speakers.decision_state import DecisionState, DecisionStep
from tasks.speakers.decisions import (
    ASSIGN,
    NOT_A_PERSON,
    QUARANTINE,
    SPLIT,
    Attribution,
    Decision,
    SpeakerState,
)

UNKNOWN = Attribution(None, "unknown")


def attribution_of(speaker: SpeakerState, decisions: DecisionState) -> Attribution:
    """Attribution of a speaker; it has a person if and only if the speaker counts for one.

    In this order: the decision about the label with the narrowest scope (a person, or not a person
    at all), else the match; then splits and merges; then suppression; then the quarantine, which
    does not apply where a human decided about the label.
    """
    about_label = decisions.about_label(speaker)
    if about_label is not None and about_label.kind == NOT_A_PERSON:
        return Attribution(None, "not_a_person", NOT_A_PERSON, about_label.id)
    start = about_label.person_id if about_label is not None else speaker.matched_person_id
    if start is None:
        return UNKNOWN
    steps = decisions.path(start, speaker, about_label)
    return _not_counted(speaker, decisions, about_label, steps) or _counted(
        speaker, decisions, about_label, steps
    )


def _not_counted(
    speaker: SpeakerState,
    decisions: DecisionState,
    about_label: Decision | None,
    steps: Sequence[DecisionStep],
) -> Attribution | None:
    """Attribution to nobody by suppression or quarantine; None if the speaker counts."""
    person_ids = _since_last_split(steps)
    for person_id in person_ids:
        if (suppressed := decisions.suppressed.get(person_id)) is not None:
            return Attribution(None, "suppressed", "suppressed", suppressed.id)
    about_quarantine = decisions.about_quarantine(speaker, person_ids)
    if about_quarantine is not None and about_quarantine.kind == QUARANTINE:
        return Attribution(None, "quarantined", "by_decision", about_quarantine.id)
    if speaker.quarantine_rule and about_label is None and about_quarantine is None:
        return Attribution(None, "quarantined", speaker.quarantine_rule)
    return None


def _counted(
    speaker: SpeakerState,
    decisions: DecisionState,
    about_label: Decision | None,
    steps: Sequence[DecisionStep],
) -> Attribution:
    """Attribution to a person, with the last decision that led to this person, if any."""
    decision = steps[-1].decision or about_label
    if decision is None and speaker.quarantine_rule:
        decision = decisions.about_quarantine(speaker, _since_last_split(steps))
    is_assigned = about_label is not None and about_label.kind == ASSIGN
    status = "assigned" if is_assigned else "counted"
    if decision is None:
        return Attribution(steps[-1].person_id, status)
    return Attribution(steps[-1].person_id, status, decision.kind, decision.id)


def _since_last_split(steps: Sequence[DecisionStep]) -> list[int]:
    """People on the path since the last split: merges join the same person, a split another."""
    person_ids: list[int] = []
    for step in steps:
        if step.decision is not None and step.decision.kind == SPLIT:
            person_ids.clear()
        person_ids.append(step.person_id)
    return person_ids
