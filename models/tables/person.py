"""People, their names, and their exact counts."""

from datetime import date
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    UniqueConstraint,
)
from sqlmodel import Field, SQLModel

from models.tables.columns import big_integer, primary_key, reference


class PersonState(StrEnum):
    """The state of a person; only active ones are shown."""

    active = "active"
    merged = "merged"
    suppressed = "suppressed"


class Person(SQLModel, table=True):
    """A person known by name across podcasts; counts are derived from ``speaker`` rows.

    ``published_name`` is the best published form, stored while an operator's name is shown.
    """

    __tablename__ = "person"
    __table_args__ = (
        CheckConstraint(
            "appearances >= 0 AND episodes >= 0 AND podcasts >= 0 AND spoken_ms >= 0",
            name="person_figures",
        ),
        Index("person_by_appearances", "appearances", "slug"),
    )

    id: int | None = primary_key()
    name: str
    slug: str = Field(unique=True)
    state: str = PersonState.active
    merged_into: int | None = reference("person.id", nullable=True)
    appearances: int = big_integer()
    episodes: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    podcasts: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    spoken_ms: int = big_integer()
    first_on: date | None = None
    last_on: date | None = None
    published_name: str | None = None


class PersonName(SQLModel, table=True):
    """A form of a name and the person it means: everywhere, or in one podcast or episode."""

    __tablename__ = "person_name"
    __table_args__ = (
        UniqueConstraint(
            "key",
            "scope",
            "podcast_id",
            "episode_id",
            name="person_name_once",
            postgresql_nulls_not_distinct=True,
        ),
        Index("person_name_person", "person_id"),
        # For suggestions while typing: LIKE 'prefix%'.
        Index("person_name_prefix", "key", postgresql_ops={"key": "text_pattern_ops"}),
    )

    id: int | None = primary_key()
    key: str
    scope: str = "global"
    podcast_id: int | None = reference("podcast.id", nullable=True)
    episode_id: int | None = reference("episode.id", nullable=True)
    # Checked at commit: the name is inserted first, and the person only if that succeeded.
    person_id: int = Field(
        sa_column=Column(
            BigInteger,
            ForeignKey("person.id", deferrable=True, initially="DEFERRED"),
            nullable=False,
        )
    )
    source: str = "label"


class PersonLink(SQLModel, table=True):
    """A link in a person tag, the person it belongs to, and the podcast that had it first."""

    __tablename__ = "person_link"
    __table_args__ = (Index("person_link_person", "person_id"),)

    address: str = Field(primary_key=True)
    person_id: int = reference("person.id")
    podcast_id: int = reference("podcast.id")


class PersonDay(SQLModel, table=True):
    """A person's counts on one day: the timeline."""

    __tablename__ = "person_day"
    __table_args__ = (
        CheckConstraint("appearances > 0", name="person_day_figures"),
        Index("person_day_day", "day", postgresql_include=["person_id", "appearances"]),
    )

    person_id: int = reference("person.id", primary_key=True)
    day: date = Field(sa_column=Column(Date, primary_key=True))
    appearances: int = big_integer()
    episodes: int
    spoken_ms: int = big_integer()


class PersonPodcast(SQLModel, table=True):
    """A person's counts in one podcast."""

    __tablename__ = "person_podcast"
    __table_args__ = (
        CheckConstraint("appearances > 0", name="person_podcast_figures"),
        Index("person_podcast_podcast", "podcast_id", "appearances"),
    )

    person_id: int = reference("person.id", primary_key=True)
    podcast_id: int = reference("podcast.id", primary_key=True)
    appearances: int = big_integer()
    episodes: int
    spoken_ms: int = big_integer()
