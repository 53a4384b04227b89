"""Archive progress in the database: begun with a feed document, advanced page by page."""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, update
from sqlmodel import Session, col

from models import ArchiveState
from models.database.sql import execute
from tasks.polling.archive.values import ArchiveProgress, ArchiveStep

# An archive that was read to its end is read again on request, or when the feed links to another
# archive than before: then a new one was closed since.
_BEGIN = """
    INSERT INTO archive_progress AS p (podcast_id, relation, first_url, next_url, seen, pages, new,
                                       state, error_count, feed_due_reason, began_at)
    VALUES (:podcast_id, :relation, :url, :url, CAST(:seen AS jsonb), 0, 0, 'reading', 0, '', :now)
    ON CONFLICT (podcast_id) DO UPDATE SET relation = excluded.relation,
        first_url = excluded.first_url, next_url = excluded.next_url, seen = excluded.seen,
        until_url = CASE WHEN :again OR p.state <> 'done' THEN NULL ELSE p.first_url END,
        pages = 0, new = 0, state = 'reading', reason = NULL, message = NULL, error_count = 0,
        began_at = excluded.began_at, read_at = NULL
    WHERE p.state <> 'reading' AND (:again OR (excluded.relation = 'prev-archive'
        AND excluded.first_url <> p.first_url))
    RETURNING podcast_id
"""
_RECORD_FEED_DUE = """
    UPDATE archive_progress p SET feed_due_at = n.at, feed_due_reason = n.reason
    FROM json_to_recordset(CAST(:rows AS json))
        AS n (podcast_id bigint, at timestamptz, reason text)
    WHERE p.podcast_id = n.podcast_id
"""


def begin_archive(
    session: Session, podcast_id: int, progress: ArchiveProgress, now: datetime, *, again: bool
) -> bool:
    """Begin to read an archive, unless it is being read or was read; True if it was begun."""
    params = {
        "podcast_id": podcast_id,
        "relation": progress.relation,
        "url": progress.next_url,
        "seen": json.dumps(progress.seen),
        "now": now,
        "again": again,
    }
    return execute(session, _BEGIN, params) > 0


def record_feed_due(session: Session, due: Sequence[tuple[int, datetime, str]]) -> None:
    """Record when the feeds themselves are due whose next poll is for an archive page."""
    rows = [
        {"podcast_id": podcast_id, "at": at.isoformat(), "reason": reason}
        for podcast_id, at, reason in due
    ]
    if rows:
        execute(session, _RECORD_FEED_DUE, {"rows": json.dumps(rows)})


def advance_archive(
    session: Session,
    podcast_id: int,
    step: ArchiveStep,
    now: datetime,
    *,
    key: str | None,
    new: int = 0,
) -> None:
    """Record an archive page: read, under its URL key, or failed, when ``key`` is None."""
    read = key is not None
    seen = col(ArchiveState.seen)
    advanced = update(ArchiveState).values(
        next_url=step.next_url,
        state=step.state,
        reason=step.reason or None,
        message=step.message or None,
        read_at=now,
        new=col(ArchiveState.new) + new,
        pages=col(ArchiveState.pages) + int(read),
        error_count=0 if read else col(ArchiveState.error_count) + 1,
        seen=seen.op("||")(func.jsonb_build_array(key)) if read else seen,
    )
    execute(session, advanced.where(col(ArchiveState.podcast_id) == podcast_id))
