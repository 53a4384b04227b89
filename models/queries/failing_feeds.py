"""Feeds that fail, by the reason of their last poll."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from models.queries.shown import fetch_all
from models.queries.visibility import failing_feed, reason_of_failure

_BY_REASON = f"""
    SELECT {reason_of_failure()} AS reason, count(*) AS feeds, min(c.failing_since) AS since,
           min(c.next_poll_at) AS next_poll_at
    FROM podcast p JOIN crawl c ON c.podcast_id = p.id
    WHERE {failing_feed()} GROUP BY 1 ORDER BY 2 DESC, 1
"""  # noqa: S608  constants of ours


@dataclass(frozen=True, slots=True)
class FailingFeeds:
    """Feeds that fail for one reason, ``since`` the first of them, and the earliest next poll."""

    reason: str
    feeds: int
    since: datetime | None
    next_poll_at: datetime | None


def failing_feeds(session: Session) -> list[FailingFeeds]:
    """Failing feeds by reason, the most frequent first; together as many as the status counts."""
    return fetch_all(session, _BY_REASON, FailingFeeds)
