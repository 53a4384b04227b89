"""The fields of a polled feed that relocation needs."""

from datetime import datetime
from typing import Protocol


class PolledFeed(Protocol):
    """A feed that was just polled, with its redirects so far."""

    @property
    def podcast_id(self) -> int:
        """The podcast that the feed belongs to."""

    @property
    def feed_url(self) -> str:
        """The feed URL to show, without secrets."""

    @property
    def url(self) -> str:
        """The feed URL as it is fetched, with its secrets."""

    @property
    def redirect_url(self) -> str | None:
        """The target of a permanent redirect seen in earlier polls."""

    @property
    def redirect_since(self) -> datetime | None:
        """When this redirect was first seen."""

    @property
    def redirect_polls(self) -> int:
        """In how many polls this redirect was seen."""

    @property
    def new_feed_url(self) -> str | None:
        """The feed's own ``itunes:new-feed-url``."""
