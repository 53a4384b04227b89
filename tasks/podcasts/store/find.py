"""Finds podcasts by id or feed URL."""

from sqlmodel import Session, col, select

from models import FeedUrlHistory, Podcast, PodcastPrivacy
from tasks.feeds.feed_urls import feed_url_keys
from tasks.http.urls import UrlRefused

_MAX_ID_DIGITS = 18  # ids have 64 bits


def find_podcast(session: Session, url_or_id: str) -> Podcast | None:
    """Return the podcast with this id, or with this feed URL now or before, in any spelling."""
    if url_or_id.isdecimal() and len(url_or_id) <= _MAX_ID_DIGITS:
        return session.get(Podcast, int(url_or_id))
    try:
        keys = feed_url_keys(url_or_id)
    except UrlRefused:
        keys = [url_or_id]
    # What is shown of a private URL is not the podcast's alone.
    is_shown = (col(Podcast.feed_url) == url_or_id) & col(Podcast.privacy).in_(
        [PodcastPrivacy.public, PodcastPrivacy.declared_public]
    )
    has_url = col(Podcast.url_key).in_(keys) | is_shown
    if podcast := session.exec(select(Podcast).where(has_url)).first():
        return podcast
    of_url = col(FeedUrlHistory.url_key).in_(keys)
    former = session.exec(select(FeedUrlHistory).where(of_url)).first()
    return session.get(Podcast, former.podcast_id) if former else None
