"""Speakers and their appearances: one voice in one episode, and each segment that it spoke."""

from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Index,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

from models.tables.columns import big_integer, primary_key, reference


class AttributionStatus(StrEnum):
    """How a speaker stands; only ``counted`` and ``assigned`` ones have a person that counts."""

    unknown = "unknown"
    counted = "counted"
    assigned = "assigned"
    quarantined = "quarantined"
    suppressed = "suppressed"
    not_a_person = "not_a_person"


class Speaker(SQLModel, table=True):
    """One voice in one episode: the label as published and the person it was resolved to.

    ``matched_person_id`` is the matcher's answer; ``person_id`` is what holds, and it is set if and only
    if the speaker's appearances count for that person. ``status`` says how it stands, and
    ``status_reason`` and ``decided_by`` why: both follow from the matcher's answer, the ledger
    and ``quarantine_rule``, the rule of the quarantine that the speaker met ('' when none).
    ``label_key`` is the label in its comparable form, null until the speaker is first held.
    ``timed_characters`` are those of the segments that take time: with ``spoken_ms``, how fast it
    speaks.
    """

    __tablename__ = "speaker"
    __table_args__ = (
        UniqueConstraint("episode_id", "label", name="speaker_label"),
        # Who is heard where, and how much, without reading the rows.
        Index(
            "speaker_heard",
            "person_id",
            postgresql_include=["episode_id", "appearances"],
            postgresql_where=text("person_id IS NOT NULL"),
        ),
        Index(
            "speaker_of_episode",
            "episode_id",
            postgresql_include=["person_id", "appearances"],
        ),
        # Tags are few, and roles are judged by them.
        Index(
            "speaker_tagged",
            "person_id",
            "episode_id",
            postgresql_include=["role", "appearances"],
            postgresql_where=text("role <> ''"),
        ),
        Index(
            "speaker_matched_person",
            "matched_person_id",
            postgresql_where=text("matched_person_id IS NOT NULL"),
        ),
        Index("speaker_label_key", "label_key"),
        CheckConstraint("appearances >= 0 AND spoken_ms >= 0", name="speaker_figures"),
    )

    id: int | None = primary_key()
    episode_id: int = reference("episode.id")
    label: str = ""
    role: str = ""
    matched_person_id: int | None = reference("person.id", nullable=True)
    person_id: int | None = reference("person.id", nullable=True)
    source: str = "label"
    method: str = ""
    reason: str = ""
    version: int = 0
    confidence: float = 0.0
    evidence: str = ""
    appearances: int = 0
    spoken_ms: int = big_integer()
    timed_characters: int = Field(
        default=0, sa_column=Column(BigInteger, nullable=False, server_default="0")
    )
    label_key: str | None = None
    quarantine_rule: str = Field(default="", sa_column_kwargs={"server_default": ""})
    status: str = Field(
        default=AttributionStatus.unknown,
        sa_column_kwargs={"server_default": AttributionStatus.unknown.value},
    )
    status_reason: str = Field(default="", sa_column_kwargs={"server_default": ""})
    decided_by: int | None = reference("identity_event.id", nullable=True)


# What a listener says to show that he listens: nothing else, and short. The text is normalised.
BACK_CHANNEL = r"""
CASE WHEN length(text) > 40 THEN false ELSE text ~* (
    '^\W*((yeah|yes|yep|yup|yea|right|exactly|ok|okay|sure|true|totally|absolutely|definitely|'
    'of course|indeed|m+|mhm|mm-?hmm?|uh-?huh|uh|um|oh|ah|aha|hmm+|wow|nice|cool|great|awesome|'
    'interesting|got it|i see|gotcha|for sure|that[''’]s (right|true|fair|great|cool|awesome)|'
    'ha(ha)*|laughs?|laughter|laughing|genau|ja|claro|sí)\W*)+$'
) END
"""


class Appearance(SQLModel, table=True):
    """One segment spoken, the unit that is counted.

    ``text`` is normalised; ``fingerprint`` is the signed 64-bit BLAKE2b of it, without the label;
    ``ordinal`` tells equal texts of one episode apart and never changes for a row.
    ``is_backchannel``, which the database derives from the text, marks "Yeah, exactly" and the like.
    """

    __tablename__ = "appearance"
    __table_args__ = (
        UniqueConstraint("episode_id", "fingerprint", "ordinal", name="appearance_once"),
        Index("appearance_speaker", "speaker_id"),
    )

    id: int | None = primary_key()
    episode_id: int = reference("episode.id")
    speaker_id: int = reference("speaker.id")
    fingerprint: int = Field(sa_column=Column(BigInteger, nullable=False))
    ordinal: int
    position: int
    start_ms: int | None = None
    end_ms: int | None = None
    text: str
    is_backchannel: bool = Field(
        default=None, sa_column=Column(Boolean, Computed(BACK_CHANNEL, persisted=True))
    )
