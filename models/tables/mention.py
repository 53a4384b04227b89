"""Mentions: names in titles and descriptions. A mention is never an appearance."""

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.tables.columns import primary_key, reference


class Mention(SQLModel, table=True):
    """A full name in an episode's title or description; its ``key`` may match a person's name.

    ``source`` is ``title`` or ``description``. ``by_cue``: the words around the name announce a
    speaker of the episode. ``recognised``: named-entity recognition found it too.
    """

    __tablename__ = "mention"
    __table_args__ = (
        UniqueConstraint("episode_id", "source", "key", name="mention_once"),
        Index("mention_key", "key"),
        CheckConstraint("times > 0", name="mention_times"),
    )

    id: int | None = primary_key()
    episode_id: int = reference("episode.id")
    source: str
    key: str
    name: str
    times: int = 1
    by_cue: bool = Field(default=False)
    recognised: bool = Field(default=False)
