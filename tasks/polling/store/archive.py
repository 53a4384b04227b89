"""Back catalogues as rows: begun with a feed's document, carried on page by page."""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlmodel import Session

from tasks.polling.archive.values import ArchiveProgress, ArchiveStep

# A reading that has ended begins again when it is asked for, and where the feed leads to another
# archive than before: since then, one more was closed.
_BEGIN = text("""
    INSERT INTO archive_progress (podcast_id, relation, first_url, next_url, seen, pages, new, state,
                                error_count, feed_due_reason, began_at)
    VALUES (:podcast_id, :relation, :url, :url, CAST(:seen AS jsonb), 0, 0, 'reading', 0, '', :now)
    ON CONFLICT (podcast_id) DO UPDATE SET relation = excluded.relation,
        first_url = excluded.first_url, next_url = excluded.next_url, seen = excluded.seen,
        until_url = CASE WHEN :again OR archive.state <> 'done' THEN NULL
                         ELSE archive.first_url END,
        pages = 0, new = 0, state = 'reading', reason = NULL, message = NULL, error_count = 0,
        began_at = excluded.began_at, read_at = NULL
    WHERE archive.state <> 'reading' AND (:again OR (excluded.relation = 'prev-archive'
        AND excluded.first_url <> archive.first_url))
    RETURNING podcast_id
""")
_FEED_DUE = text("""
    UPDATE archive_progress b SET feed_due_at = n.at, feed_due_reason = n.why
    FROM unnest(CAST(:ids AS bigint[]), CAST(:ats AS timestamptz[]), CAST(:whys AS text[]))
        AS n (podcast_id, at, why)
    WHERE b.podcast_id = n.podcast_id
""")
_GO_ON = text("""
    UPDATE archive_progress SET next_url = :next_url, state = :state, reason = NULLIF(:reason, ''),
        message = NULLIF(:message, ''), read_at = :now, new = new + :new,
        pages = pages + :read, error_count = CASE WHEN :read = 1 THEN 0 ELSE error_count + 1 END,
        seen = CASE WHEN :read = 1 THEN seen || to_jsonb(CAST(:key AS text)) ELSE seen END
    WHERE podcast_id = :podcast_id
""")


def begin_archive(
    session: Session, podcast_id: int, pages: ArchiveProgress, now: datetime, *, again: bool
) -> bool:
    """Begin to read a back catalogue, unless it is being read or was read; whether it was begun."""
    asked = {
        "podcast_id": podcast_id,
        "relation": pages.relation,
        "url": pages.next_url,
        "seen": json.dumps(pages.seen),
        "now": now,
        "again": again,
    }
    return session.connection().execute(_BEGIN, asked).first() is not None


def note_feed_due(session: Session, due: Sequence[tuple[int, datetime, str]]) -> None:
    """Remember when the feeds themselves are due, whose next look is for a page."""
    if due:
        ids, ats, whys = map(list, zip(*due, strict=True))
        session.connection().execute(_FEED_DUE, {"ids": ids, "ats": ats, "whys": whys})


def advance_archive(
    session: Session,
    podcast_id: int,
    step: ArchiveStep,
    now: datetime,
    *,
    key: str | None,
    new: int = 0,
) -> None:
    """Record a page that was read under ``key``, or that failed when there is none."""
    asked = {
        "podcast_id": podcast_id,
        "next_url": step.next_url,
        "state": step.state,
        "reason": step.reason,
        "message": step.message,
        "now": now,
        "new": new,
        "read": int(key is not None),
        "key": key,
    }
    session.connection().execute(_GO_ON, asked)
