"""Podcasts whose jobs took long, and until when those of other podcasts go before theirs."""

from datetime import datetime

from sqlmodel import SQLModel

from models.tables.columns import moment, reference


class PodcastCooldown(SQLModel, table=True):
    """A podcast with a job that took long; the row stays when its time is over."""

    __tablename__ = "podcast_cooldown"

    podcast_id: int = reference("podcast.id", primary_key=True)
    until: datetime = moment(nullable=False)
