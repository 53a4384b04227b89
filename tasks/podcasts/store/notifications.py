"""Somebody says that feeds have news: they are looked at soon, however often it is said."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlmodel import Session

from models import get_settings
from tasks.feeds.feed_urls import feed_url_key
from tasks.http.urls import UrlRefused
from tasks.podcasts.store.due_times import bring_forward

_FOLLOWED = text("""
    SELECT p.url_key AS key, coalesce(p.duplicate_of, p.id) AS podcast_id
    FROM podcast p WHERE p.url_key = ANY(:keys)
    UNION
    SELECT a.url_key, coalesce(p.duplicate_of, p.id)
    FROM feed_url_history a JOIN podcast p ON p.id = a.podcast_id WHERE a.url_key = ANY(:keys)
""")


@dataclass(frozen=True, slots=True)
class NotificationResult:
    """What came of news: feeds that are due for it, and addresses that are followed, or unknown."""

    brought_forward: int = 0
    followed: int = 0
    unknown: int = 0


def apply_notifications(
    session: Session, urls: Iterable[str], source: str, now: datetime
) -> NotificationResult:
    """Make feeds due now, of which somebody (``websub``, ``podping``) says that they have news.

    It is a hint and nothing else: the poller looks, within the limits of the host, and not oftener
    than ``notification_min_interval_seconds`` for one feed. Addresses that nobody follows are counted.
    """
    keys = [_key(url) for url in urls]
    asked = {"keys": sorted({key for key in keys if key})}
    rows = session.connection().execute(_FOLLOWED, asked).all()
    known, podcasts = {row.key for row in rows}, {row.podcast_id for row in rows}
    followed = sum(key in known for key in keys)
    spacing = timedelta(seconds=get_settings().notification_min_interval_seconds)
    brought_forward = bring_forward(session, podcasts, source, now, spacing) if podcasts else 0
    return NotificationResult(brought_forward, followed, len(keys) - followed)


def _key(url: str) -> str:
    """The key of an address; empty for what is none."""
    try:
        return feed_url_key(url)
    except UrlRefused:
        return ""
