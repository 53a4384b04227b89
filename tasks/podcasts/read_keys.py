"""Reads which episodes a stored feed document lists, within the budget of one document."""

from tasks.feeds.read import read_feed
from tasks.feeds.values import FeedRefused
from tasks.podcasts.survivor_word import EpisodeKey, listed_keys


def read_keys(body: bytes, url: str) -> frozenset[EpisodeKey] | None:
    """The keys of the episodes that a document lists; None when it is refused."""
    try:
        return frozenset(listed_keys(read_feed(body, url=url)))
    except FeedRefused:
        return None
