"""Accept or reject suggestions, each recorded as an identity decision, and take that back."""

from datetime import datetime

from models.database import Session
from tasks.identity.decisions import decide
from tasks.identity.store.suggestions import (
    LockedSuggestion,
    close_suggestion,
    lock_suggestion,
    people_by_appearances,
    reopen_suggestion,
)
from tasks.podcasts.store.merge import MergeRefused, merge_podcasts
from tasks.speakers.decisions import DecisionRefused, RecordedDecision


def accept(
    session: Session, actor: str, reason: str, *, suggestion_id: int, now: datetime
) -> RecordedDecision | None:
    """Carry out a suggestion: merge two people, split one, or reassign a label's new text.

    A merge of podcasts is no identity decision: it returns none, and an unmerge undoes it.

    Raises:
        DecisionRefused: it is closed already, or contradicts an earlier decision.
    """
    suggestion = _lock_open(session, suggestion_id)
    decision: RecordedDecision | None = None
    if suggestion.kind == "merge_podcasts":
        _merge_podcasts(session, suggestion)
    elif suggestion.kind == "merge":
        decision = _merge(session, suggestion, actor, reason, now)
    elif suggestion.kind == "split":
        decision = _split(session, suggestion, actor, reason, now)
    else:
        decision = _reassign(session, suggestion, actor, reason, now)
    close_suggestion(
        session, suggestion_id, "accepted", actor, now, decision.id if decision else None
    )
    return decision


def reject(
    session: Session, actor: str, reason: str, *, suggestion_id: int, now: datetime
) -> RecordedDecision | None:
    """Reject a suggestion for good.

    A rejected merge marks the two people as different; a rejected reassignment undoes the old
    assignment; a rejected split or merge of podcasts changes nothing.

    Raises:
        DecisionRefused: it is closed already.
    """
    suggestion = _lock_open(session, suggestion_id)
    decision = None
    if suggestion.kind == "merge":
        pair = {
            "person_id": suggestion.person_id,
            "target_person_id": suggestion.target_person_id,
        }
        decision = decide(session, "never_merge", actor, reason, now=now, **pair)
    elif suggestion.kind == "reassign":
        decision_id = suggestion.assignment_id
        decision = decide(session, "undo", actor, reason, now=now, decision_id=decision_id)
    close_suggestion(
        session, suggestion_id, "refused", actor, now, decision.id if decision else None
    )
    return decision


def reopen(
    session: Session, actor: str, reason: str, *, suggestion_id: int, now: datetime
) -> RecordedDecision | None:
    """Undo the decision about a suggestion, and open it again.

    Raises:
        DecisionRefused: it is open, or its decision cannot be taken back here: a merge of podcasts
            (``overheard podcasts unmerge`` undoes it), or an assignment that was replaced.
    """
    suggestion = _lock(session, suggestion_id)
    if suggestion.state == "open":
        raise DecisionRefused("not_decided", f"suggestion {suggestion_id} is open")
    if suggestion.kind == "merge_podcasts" and suggestion.state == "accepted":
        raise DecisionRefused("not_undone_here", "overheard podcasts unmerge undoes that merge")
    if suggestion.kind == "reassign":
        raise DecisionRefused("not_undone_here", "decide about the label of the episode instead")
    decision = None
    if suggestion.decision_id is not None:
        decision = decide(
            session, "undo", actor, reason, now=now, decision_id=suggestion.decision_id
        )
    reopen_suggestion(session, suggestion_id)
    return decision


def _merge_podcasts(session: Session, suggestion: LockedSuggestion) -> None:
    podcast_id, target_id = suggestion.podcast_id, suggestion.target_podcast_id
    assert podcast_id is not None  # noqa: S101  this kind names both
    assert target_id is not None  # noqa: S101
    try:
        merge_podcasts(session, duplicate_id=podcast_id, survivor_id=target_id)
    except MergeRefused as refused:
        raise DecisionRefused(refused.reason, str(refused)) from refused


def _merge(
    session: Session, suggestion: LockedSuggestion, actor: str, reason: str, now: datetime
) -> RecordedDecision:
    """Merge the person with fewer appearances into the other."""
    more, less = people_by_appearances(session, suggestion.person_id, suggestion.target_person_id)
    pair = {"person_id": less.id, "target_person_id": more.id}
    return decide(session, "merge", actor, reason, now=now, **pair)


def _split(
    session: Session, suggestion: LockedSuggestion, actor: str, reason: str, now: datetime
) -> RecordedDecision:
    (person,) = people_by_appearances(session, suggestion.person_id)
    return decide(
        session,
        "split",
        actor,
        reason,
        now=now,
        person_id=person.id,
        name=person.name,
        podcast_id=suggestion.podcast_id,
    )


def _reassign(
    session: Session, suggestion: LockedSuggestion, actor: str, reason: str, now: datetime
) -> RecordedDecision:
    """Replace an assignment whose text is gone by one of the label's new text."""
    decision_id = suggestion.assignment_id
    decide(session, "undo", actor, reason, now=now, decision_id=decision_id)
    return decide(
        session,
        "assign",
        actor,
        reason,
        now=now,
        person_id=suggestion.person_id,
        episode_id=suggestion.evidence["episode_id"],
        label=suggestion.evidence["label"],
    )


def _lock(session: Session, suggestion_id: int) -> LockedSuggestion:
    suggestion = lock_suggestion(session, suggestion_id)
    if suggestion is None:
        raise DecisionRefused("no_such_suggestion", f"there is no suggestion {suggestion_id}")
    return suggestion


def _lock_open(session: Session, suggestion_id: int) -> LockedSuggestion:
    suggestion = _lock(session, suggestion_id)
    if suggestion.state != "open":
        state = suggestion.state
        raise DecisionRefused("already_decided", f"suggestion {suggestion_id} was {state}")
    return suggestion
