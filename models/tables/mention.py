"""People who are talked about: names in titles and descriptions. Never an appearance."""

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from models.tables.columns import primary_key, reference


class Mention(SQLModel, table=True):
    """A full name in a text about an episode, and how often; by its key it can be a person's.

    ``source`` is ``title`` or ``description``; ``by_cue`` tells that the words around it speak of
    somebody who is on the episode, ``recognised`` that a recogniser of names found it too.
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
