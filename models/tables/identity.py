"""The log of identity decisions, suggestions, and answers to audits."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from models.tables.columns import moment, primary_key, reference


class IdentityDecision(SQLModel, table=True):
    """An identity decision. Rows are only added; an undone decision is marked, never deleted.

    ``kind`` is merge, split, never_merge, rename, alias, assign, not_a_person, suppress, release,
    quarantine, or undo (of another decision).

    ``person_id`` is the person it is about, ``target_person_id`` the second one: the person who
    remains after a merge, the new person of a split, or with whom never to merge. A decision about
    a label has the label as published; it is in force in one episode, in one podcast, or, without
    either, everywhere. ``fingerprints`` are those of the segments of an assignment; ``spans`` are
    their ``[start_ms, end_ms]`` where they were transcribed from audio: another engine recognizes
    other text.

    The table keeps the name of the first version, and so do the two columns of ``suggestion`` that
    refer to it: the version before works with them during an upgrade.
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
    spans: list[list[int]] | None = Field(
        default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True)
    )
    undoes: int | None = reference("identity_event.id", nullable=True)
    undone_by: int | None = reference("identity_event.id", nullable=True)


class Suggestion(SQLModel, table=True):
    """A suggested identity decision with its evidence; it is accepted or rejected once.

    ``merge``: two people are likely one. ``split``: one is likely two, since the one in
    ``podcast_id`` has little in common with the other. ``reassign``: no speaker has the text any
    more that ``assignment_event_id`` assigned. ``merge_podcasts``: the feed of ``podcast_id`` says
    that it moved to ``target_podcast_id``, and a machine may not merge all of it.
    """

    __tablename__ = "suggestion"
    __table_args__ = (
        UniqueConstraint(
            "kind",
            "person_id",
            "target_person_id",
            "podcast_id",
            "assignment_event_id",
            "target_podcast_id",
            name="suggestion_once",
            postgresql_nulls_not_distinct=True,
        ),
        Index("suggestion_open", "kind", "score", postgresql_where=text("state = 'open'")),
    )

    id: int | None = primary_key()
    kind: str
    person_id: int | None = reference("person.id", nullable=True)
    target_person_id: int | None = reference("person.id", nullable=True)
    podcast_id: int | None = reference("podcast.id", nullable=True)
    target_podcast_id: int | None = reference("podcast.id", nullable=True)
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
    """A person's answer to an audit's question: is this speaker attributed correctly?

    ``correct`` is null if they could not tell. The attribution of that time is stored with it.
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
