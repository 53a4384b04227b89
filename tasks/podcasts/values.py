"""What podcasts need to know of a polled feed."""

from datetime import datetime
from typing import Protocol


class PolledFeed(Protocol):
    """A feed that was just polled, with what is known about its location."""

    @property
    def podcast_id(self) -> int:
        """The podcast that the feed belongs to."""

    @property
    def feed_url(self) -> str:
        """The feed URL as it may be shown."""

    @property
    def url(self) -> str:
        """The feed URL as it is fetched, with its secrets."""

    @property
    def redirect_url(self) -> str | None:
        """Where permanent redirects have led so far."""

    @property
    def redirect_since(self) -> datetime | None:
        """When a permanent redirect there was first seen."""

    @property
    def redirect_polls(self) -> int:
        """In how many polls it was seen."""

    @property
    def new_feed_url(self) -> str | None:
        """The feed's own ``itunes:new-feed-url``."""
