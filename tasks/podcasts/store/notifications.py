"""Applies notifications that feeds changed (WebSub, podping): these feeds are polled soon."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlmodel import Session

from models import get_settings
from tasks.feeds.feed_urls import feed_url_keys
from tasks.http.urls import UrlRefused
from tasks.podcasts.store.due_times import bring_forward

_PODCASTS_BY_KEY = text("""
    SELECT p.url_key AS key, coalesce(p.duplicate_of, p.id) AS podcast_id
    FROM podcast p WHERE p.url_key = ANY(:keys)
    UNION
    SELECT h.url_key, coalesce(p.duplicate_of, p.id)
    FROM feed_url_history h JOIN podcast p ON p.id = h.podcast_id WHERE h.url_key = ANY(:keys)
""")


@dataclass(frozen=True, slots=True)
class NotificationResult:
    """What notifications did: polls brought forward, feed URLs that are followed or unknown."""

    brought_forward: int = 0
    followed: int = 0
    unknown: int = 0


def apply_notifications(
    session: Session, urls: Iterable[str], source: str, now: datetime
) -> NotificationResult:
    """Bring the polls of feeds forward that a source (``websub``, ``podping``) calls changed.

    A notification is a hint only: the limits of the host and ``notification_min_interval_seconds``
    of the feed still apply. Unknown feed URLs are counted.
    """
    keys = [_keys(url) for url in urls]
    params = {"keys": sorted({key for of_url in keys for key in of_url})}
    rows = session.connection().execute(_PODCASTS_BY_KEY, params).all()
    known, podcasts = {row.key for row in rows}, {row.podcast_id for row in rows}
    followed = sum(not known.isdisjoint(of_url) for of_url in keys)
    min_interval = timedelta(seconds=get_settings().notification_min_interval_seconds)
    brought_forward = 0
    if podcasts:
        brought_forward = bring_forward(session, podcasts, source, now, min_interval)
    return NotificationResult(brought_forward, followed, len(keys) - followed)


def _keys(url: str) -> list[str]:
    try:
        return feed_url_keys(url)
    except UrlRefused:
        return []
