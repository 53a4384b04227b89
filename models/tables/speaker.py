"""Speakers of episodes, and their appearances: one row for each segment spoken."""

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
    """Status of an attribution; only ``counted`` and ``assigned`` speakers count for a person."""

    unknown = "unknown"
    counted = "counted"
    assigned = "assigned"
    quarantined = "quarantined"
    suppressed = "suppressed"
    not_a_person = "not_a_person"


class Speaker(SQLModel, table=True):
    """One label in one episode, with its attribution.

    ``matched_person_id`` is the result of the matcher; ``person_id`` is set if and only if the
    appearances count for that person. ``status``, ``status_reason`` and ``decided_by`` follow from
    the matcher's result, the identity decisions, and ``quarantine_rule``: the rule that the speaker
    met ('' when none). ``label_key`` is the label's comparable form, null until it is attributed.
    ``timed_characters`` counts those of segments with a duration: with ``spoken_ms``, the speed of
    speech.
    """

    __tablename__ = "speaker"
    __table_args__ = (
        UniqueConstraint("episode_id", "label", name="speaker_label"),
        # Who speaks where and how much, from the index alone.
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
        # Tagged speakers are few, and roles follow from their tags.
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


# Backchannel: short words that only show that one listens. The text is normalised.
BACK_CHANNEL = r"""
CASE WHEN length(text) > 40 THEN false ELSE text ~* (
    '^\W*((yeah|yes|yep|yup|yea|right|exactly|ok|okay|sure|true|totally|absolutely|definitely|'
    'of course|indeed|m+|mhm|mm-?hmm?|uh-?huh|uh|um|oh|ah|aha|hmm+|wow|nice|cool|great|awesome|'
    'interesting|got it|i see|gotcha|for sure|that[''’]s (right|true|fair|great|cool|awesome)|'
    'ha(ha)*|laughs?|laughter|laughing|genau|ja|claro|sí)\W*)+$'
) END
"""  # noqa: RUF001


class Appearance(SQLModel, table=True):
    """One segment spoken by a speaker: the unit that is counted.

    ``text`` is normalised; ``fingerprint`` is the signed 64-bit BLAKE2b of it, without the label;
    ``ordinal`` distinguishes equal texts of one episode and never changes for a row.
    ``is_backchannel`` is derived by the database from the text: "Yeah, exactly" and the like.
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
