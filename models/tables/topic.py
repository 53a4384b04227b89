"""Topics of episodes: categories, keywords and tags of their feeds."""

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from models.tables.columns import primary_key, reference


class Topic(SQLModel, table=True):
    """A category, keyword or tag; all spellings share one slug."""

    __tablename__ = "topic"

    id: int | None = primary_key()
    slug: str = Field(unique=True)
    name: str


class EpisodeTopic(SQLModel, table=True):
    """A topic of an episode, from its feed item or from its podcast."""

    __tablename__ = "episode_topic"
    __table_args__ = (Index("episode_topic_topic", "topic_id", "episode_id"),)

    episode_id: int = reference("episode.id", primary_key=True)
    topic_id: int = reference("topic.id", primary_key=True)
