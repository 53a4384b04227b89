"""Somebody says that feeds have news: they are looked at soon, however often it is said."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlmodel import Session

from models import get_settings
from tasks.crawls.addresses import address_key
from tasks.crawls.store import hasten
from tasks.fetching.urls import UrlRefused

_FOLLOWED = text("""
    SELECT p.url_key AS key, coalesce(p.duplicate_of, p.id) AS podcast_id
    FROM podcast p WHERE p.url_key = ANY(:keys)
    UNION
    SELECT a.url_key, coalesce(p.duplicate_of, p.id)
    FROM podcast_address a JOIN podcast p ON p.id = a.podcast_id WHERE a.url_key = ANY(:keys)
""")


@dataclass(frozen=True, slots=True)
class Notified:
    """What came of news: how many feeds are due by it, are followed at all, and are unknown."""

    hastened: int = 0
    followed: int = 0
    unknown: int = 0


def notified(session: Session, urls: Iterable[str], source: str, now: datetime) -> Notified:
    """Make feeds due now, of which somebody (``websub``, ``podping``) says that they have news.

    It is a hint and nothing else: the poller looks, within the limits of the host, and not oftener
    than ``hint_spacing_seconds`` for one feed. Addresses that nobody follows are counted.
    """
    keys, unreadable = _keys(urls)
    rows = session.connection().execute(_FOLLOWED, {"keys": sorted(keys)}).all()
    podcasts = {row.podcast_id for row in rows}
    unknown = unreadable + len(keys - {row.key for row in rows})
    spacing = timedelta(seconds=get_settings().hint_spacing_seconds)
    return Notified(
        hastened=hasten(session, podcasts, source, now, spacing) if podcasts else 0,
        followed=len(podcasts),
        unknown=unknown,
    )


def _keys(urls: Iterable[str]) -> tuple[set[str], int]:
    """The keys of addresses, and how many are no address."""
    keys, unreadable = set(), 0
    for url in urls:
        try:
            keys.add(address_key(url))
        except UrlRefused:
            unreadable += 1
    return keys, unreadable
