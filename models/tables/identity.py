"""The ledger of what people decided about identity, what waits for them, and how they judged."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from models.tables.columns import moment, primary_key, reference


class IdentityEvent(SQLModel, table=True):
    """One decision. Rows are added and never changed, but for the mark that one was undone.

    ``kind`` is merge, split, never_merge, rename, alias, assign, not_a_person, suppress, release,
    hold or undo (which takes another event back).

    ``person_id`` is whom it is about and ``target_person_id`` the second person: the survivor of a merge,
    who came of a split, with whom never to merge. A decision about a label has the label as it was
    published; it holds in one episode, in one podcast, or, without either, everywhere. ``fingerprints``
    are the fingerprints of the segments that an assignment was made on.
    """

    __tablename__ = "identity_event"
    __table_args__ = (
        CheckConstraint("(kind = 'undo') = (undoes IS NOT NULL)", name="identity_event_undo"),
        Index(
            "identity_event_person",
            "person_id",
            postgresql_where=text("undone_by IS NULL AND person_id IS NOT NULL"),
        ),
        Index(
            "identity_event_other",
            "target_person_id",
            postgresql_where=text("target_person_id IS NOT NULL"),
        ),
        Index(
            "identity_event_label",
            "episode_id",
            "podcast_id",
            postgresql_where=text("undone_by IS NULL AND label IS NOT NULL"),
        ),
        Index(
            "identity_event_undone_once",
            "undoes",
            unique=True,
            postgresql_where=text("undoes IS NOT NULL"),
        ),
    )

    id: int | None = primary_key()
    uuid: UUID = Field(unique=True)
    kind: str
    actor: str
    reason: str = ""
    at: datetime = moment(nullable=False)
    person_id: int | None = reference("person.id", nullable=True)
    target_person_id: int | None = reference("person.id", nullable=True)
    podcast_id: int | None = reference("podcast.id", nullable=True)
    episode_id: int | None = reference("episode.id", nullable=True)
    label: str | None = None
    name: str | None = None
    fingerprints: list[int] | None = Field(
        default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True)
    )
    undoes: int | None = reference("identity_event.id", nullable=True)
    undone_by: int | None = reference("identity_event.id", nullable=True)


class Suggestion(SQLModel, table=True):
    """Something for a person to decide, once and for ever, with what speaks for it.

    ``same``: two people are likely one. ``two``: one is likely two, since they have little to do
    with each other in ``podcast_id``. ``assignment``: the text that ``event_id`` assigned is no
    longer held by any speaker.
    """

    __tablename__ = "suggestion"
    __table_args__ = (
        UniqueConstraint(
            "kind",
            "person_id",
            "target_person_id",
            "podcast_id",
            "assignment_event_id",
            name="suggestion_once",
            postgresql_nulls_not_distinct=True,
        ),
        Index("suggestion_open", "kind", "score", postgresql_where=text("state = 'open'")),
    )

    id: int | None = primary_key()
    kind: str
    person_id: int = reference("person.id")
    target_person_id: int | None = reference("person.id", nullable=True)
    podcast_id: int | None = reference("podcast.id", nullable=True)
    assignment_event_id: int | None = reference("identity_event.id", nullable=True)
    score: float = 0.0
    evidence: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default="{}")
    )
    state: str = "open"
    made_at: datetime = moment(nullable=False)
    decided_at: datetime | None = moment()
    decided_by: str | None = None
    event_id: int | None = reference("identity_event.id", nullable=True)


class AuditAnswer(SQLModel, table=True):
    """What a person said of a speaker that an audit drew: is the name on it right?

    ``correct`` is null where they could not tell. What it was held for at the time is kept.
    """

    __tablename__ = "audit_answer"
    __table_args__ = (
        UniqueConstraint("seed", "episode_id", "label", "person_id", name="audit_answer_once"),
    )

    id: int | None = primary_key()
    seed: int
    episode_id: int = reference("episode.id")
    label: str
    person_id: int = reference("person.id")
    method: str
    version: int
    correct: bool | None = None
    actor: str
    at: datetime = moment(nullable=False)
