"""Topics: what episodes are about, by what their feeds say."""

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from models.tables.columns import primary_key, reference


class Topic(SQLModel, table=True):
    """A category, keyword or tag, known by its slug in all the ways that it is written."""

    __tablename__ = "topic"

    id: int | None = primary_key()
    slug: str = Field(unique=True)
    name: str


class EpisodeTopic(SQLModel, table=True):
    """That an episode is about a topic: its own feed item says so, or its podcast."""

    __tablename__ = "episode_topic"
    __table_args__ = (Index("episode_topic_topic", "topic_id", "episode_id"),)

    episode_id: int = reference("episode.id", primary_key=True)
    topic_id: int = reference("topic.id", primary_key=True)
