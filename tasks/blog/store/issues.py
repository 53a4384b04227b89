"""Published issues: publish once, list, and what of them may not be shown any more."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

import structlog
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from models import BlogIssue, Episode, IssuePeriod
from models.database import database_time
from models.database.row_columns import row_columns
from models.database.sql import execute, fetch_all, fetch_one, fetch_value, fetch_values
from models.database.transactions import read_one_snapshot
from tasks.blog.document import to_document
from tasks.blog.periods import DigestPeriod
from tasks.blog.store.sections import read_sections
from tasks.blog.values import Digest

log = structlog.get_logger()

# People who may be shown: those who count, and those who were merged into one of them.
_SHOWN_PEOPLE = """
    SELECT o.slug FROM person o LEFT JOIN person t ON t.id = o.merged_into
    WHERE o.slug = ANY(:slugs)
        AND (o.state = 'active' AND o.appearances > 0 OR t.state = 'active' AND t.appearances > 0)
"""
_HIDDEN_PODCASTS = """
    SELECT md5(u.url_key) FROM podcast p JOIN (
        SELECT id, url_key FROM podcast UNION ALL SELECT podcast_id, url_key FROM feed_url_history
    ) u ON u.id = p.id WHERE p.state = 'removed'
"""
_EPISODE_LINKS = """
    SELECT md5(md5(p.url_key) || e.identity) AS key, e.id FROM episode e
    JOIN podcast p ON p.id = e.podcast_id
    WHERE e.stats_date BETWEEN :begin AND :end AND md5(md5(p.url_key) || e.identity) = ANY(:keys)
"""


@dataclass(frozen=True, slots=True)
class ListedIssue:
    """An issue in the archive."""

    name: str
    period: IssuePeriod
    begins_on: date
    ends_on: date
    published_at: datetime


@dataclass(frozen=True, slots=True)
class StoredIssue:
    """An issue with its document."""

    name: str
    period: IssuePeriod
    begins_on: date
    ends_on: date
    published_at: datetime
    document: str


@dataclass(frozen=True, slots=True)
class _EpisodeLink:
    key: str
    id: int


def publish_issue(session: Session, period: DigestPeriod) -> bool:
    """Publish the digest of a period; False if it was published before, or nothing was heard.

    In a new transaction, whose statements all read one snapshot.
    """
    read_one_snapshot(session)
    if issue(session, period.name) is not None:
        return False
    sections = read_sections(session, period)
    if not any(section.name == "most_heard" for section in sections):
        return False
    document = to_document(Digest(tuple(sections)))
    row = insert(BlogIssue).values(
        name=period.name,
        period=period.kind,
        begins_on=period.begins_on,
        ends_on=period.ends_on,
        published_at=database_time(session),
        document=document,
    )
    published = execute(session, row.on_conflict_do_nothing(index_elements=["name"])) > 0
    if published:
        log.info("issue_published", issue=period.name, characters=len(document))
    return published


def issue(session: Session, name: str) -> StoredIssue | None:
    """The issue with this name."""
    query = select(*row_columns(StoredIssue, BlogIssue)).where(col(BlogIssue.name) == name)
    return fetch_one(session, query, StoredIssue)


def issues(session: Session, limit: int | None = None) -> list[ListedIssue]:
    """All issues, the newest first."""
    newest = col(BlogIssue.ends_on).desc(), col(BlogIssue.begins_on)
    query = select(*row_columns(ListedIssue, BlogIssue)).order_by(*newest).limit(limit)
    return fetch_all(session, query, ListedIssue)


def first_day(session: Session) -> date | None:
    """The first day that an episode counts for."""
    day: date | None = fetch_value(session, select(func.min(col(Episode.stats_date))))
    return day


def shown_people(session: Session, slugs: Collection[str]) -> set[str]:
    """Those of these people who may be shown now: neither suppressed nor all in quarantine."""
    return set(fetch_values(session, _SHOWN_PEOPLE, {"slugs": list(slugs)}))


def hidden_podcasts(session: Session) -> set[str]:
    """The keys of podcasts that were removed."""
    return set(fetch_values(session, _HIDDEN_PODCASTS))


def episode_ids(session: Session, period: DigestPeriod, keys: Collection[str]) -> dict[str, int]:
    """The episodes of these keys in a period, as far as they are still there."""
    params = {"begin": period.begins_on, "end": period.ends_on, "keys": list(keys)}
    return {row.key: row.id for row in fetch_all(session, _EPISODE_LINKS, _EpisodeLink, params)}
