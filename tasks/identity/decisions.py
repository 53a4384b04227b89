"""Identity decisions: every kind with its fields, and ``decide``, which records one.

A decision takes effect in the caller's transaction, counts included, and can be undone. Run
``decide`` by ``in_transaction``: a decision that meets a concurrent ingest may have to start over.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from models.database import Session
from tasks.identity.store.decision_log import fingerprints_of, heard_times_of, record, revert
from tasks.speakers import decisions as kinds
from tasks.speakers.decisions import Decision, DecisionRefused, RecordedDecision
from tasks.speakers.names.names import comparable


@dataclass(frozen=True, slots=True)
class DecisionKind:
    """A kind of decision: what it states, and which fields it takes.

    ``sentence`` names the fields as a form does. Of ``one_of``, exactly one field must be given.
    """

    sentence: str
    required: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """All fields that the kind takes."""
        return self.required + self.one_of + self.optional


# From these rows the command line and the operator's form take their fields.
DECISIONS = {
    kinds.MERGE: DecisionKind(
        "the person becomes part of the other person, who remains",
        ("person_id", "target_person_id"),
    ),
    kinds.NEVER_MERGE: DecisionKind(
        "the person and the other person are different people", ("person_id", "target_person_id")
    ),
    kinds.SPLIT: DecisionKind(
        "in this podcast or episode, the speaker is another person with this name",
        ("person_id", "name"),
        one_of=("podcast_id", "episode_id"),
    ),
    kinds.RENAME: DecisionKind("the person is shown under this name", ("person_id", "name")),
    kinds.ALIAS: DecisionKind(
        "the label means this person, in a podcast or everywhere",
        ("person_id", "label"),
        optional=("podcast_id",),
    ),
    kinds.ASSIGN: DecisionKind(
        "the speaker with this label in an episode is this person",
        ("person_id", "label", "episode_id"),
    ),
    kinds.NOT_A_PERSON: DecisionKind(
        "the label is not a person", ("label",), optional=("podcast_id", "episode_id")
    ),
    kinds.SUPPRESS: DecisionKind("the person is neither shown nor counted", ("person_id",)),
    kinds.RELEASE: DecisionKind(
        "the person or label is released from quarantine",
        one_of=("person_id", "label"),
        optional=("podcast_id", "episode_id"),
    ),
    kinds.QUARANTINE: DecisionKind(
        "the person or label is not counted until released",
        one_of=("person_id", "label"),
        optional=("podcast_id", "episode_id"),
    ),
    kinds.UNDO: DecisionKind("an earlier decision no longer applies", ("decision_id",)),
}
FIELD_NAMES = {
    "person_id": "person",
    "target_person_id": "other person",
    "podcast_id": "podcast",
    "episode_id": "episode",
    "decision_id": "decision",
}


def decide(
    session: Session, kind: str, actor: str, reason: str, *, now: datetime, **fields: Any
) -> RecordedDecision:
    """Record an identity decision and apply it.

    ``fields`` are those of ``DECISIONS[kind]``; ids are database ids. A merge turns ``person_id``
    into ``target_person_id``; a split gives the new person a slug of their own.

    Raises:
        DecisionRefused: a field is missing, or the decision contradicts an earlier one.
    """
    check_fields(kind, fields)
    if kind == kinds.UNDO:
        return revert(session, fields["decision_id"], uuid4(), actor, reason, now)
    new_person = fields["name"] if kind == kinds.SPLIT else ""
    decision = _as_stored(session, kind, fields)
    return record(session, decision, uuid4(), actor, reason, now, new_person=new_person)


def check_fields(kind: str, fields: dict[str, Any]) -> None:
    """Refuse a decision whose fields do not fit its kind.

    Raises:
        DecisionRefused: a field is missing, or several exclude each other.
        TypeError: the kind has no such field.
    """
    if kind not in DECISIONS:
        raise DecisionRefused("field_missing", "choose a decision")
    spec = DECISIONS[kind]
    if unknown := fields.keys() - set(spec.fields):
        raise TypeError(f"{kind} takes no {', '.join(sorted(unknown))}")
    for field in spec.required:
        if fields.get(field) is None:
            raise DecisionRefused("field_missing", f"this decision needs the {_name(field)}")
    if spec.one_of and sum(fields.get(field) is not None for field in spec.one_of) != 1:
        reason = "no_scope" if kind == kinds.SPLIT else "field_missing"
        raise DecisionRefused(reason, f"give either {' or '.join(map(_name, spec.one_of))}")
    if kind == kinds.SPLIT and not comparable(fields["name"]):
        raise DecisionRefused("no_name", "a name is needed")


def _name(field: str) -> str:
    return FIELD_NAMES.get(field, field)


def _as_stored(session: Session, kind: str, fields: dict[str, Any]) -> Decision:
    """The decision as the log stores it."""
    columns = dict(fields)
    if kind == kinds.SPLIT:
        del columns["name"]  # of the new person, who gets an id when the decision is recorded
    elif kind == kinds.RENAME:
        columns["name"] = columns["name"].strip()
    elif kind == kinds.NEVER_MERGE:
        pair = sorted((columns["person_id"], columns["target_person_id"]))
        columns["person_id"], columns["target_person_id"] = pair
    elif kind == kinds.ASSIGN:
        columns["fingerprints"] = _assigned_text(session, fields["episode_id"], fields["label"])
        columns["spans"] = heard_times_of(session, fields["episode_id"], fields["label"])
    return Decision(0, kind, **columns)


def _assigned_text(session: Session, episode_id: int, label: str) -> tuple[int, ...]:
    """The text under a label: an assignment belongs to the text, whatever its label becomes."""
    fingerprints = fingerprints_of(session, episode_id, label)
    if not fingerprints:
        raise DecisionRefused("no_such_speaker", "that episode has no speaker with this label")
    return fingerprints
