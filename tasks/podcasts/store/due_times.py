"""Due times of feeds and their hosts: poll now, or sooner because of a notification."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlmodel import Session

_SOONER = text("""
    UPDATE host h SET next_due_at = least(coalesce(h.next_due_at, n.at), n.at)
    FROM unnest(CAST(:hosts AS bigint[]), CAST(:ats AS timestamptz[])) AS n (id, at)
    WHERE h.id = n.id
""")
_ASK = text("""
    UPDATE crawl SET next_poll_at = :now, next_poll_reason = 'requested',
        skip_validators = skip_validators OR :skip_validators
    WHERE podcast_id = ANY(:ids) RETURNING host_id
""")
# A hint brings a look forward, to a distance from the last one; a feed that fails is left its ten
# minutes, and one whose server said when is left alone. A look that is under way may have missed
# the news: another one follows it. A flood of hints finds the feed due, and writes nothing.
_HASTEN = text("""
    WITH hinted AS (
        SELECT podcast_id, claim_token IS NOT NULL AND next_poll_at <= :now AS under_way,
               CASE WHEN claim_token IS NOT NULL THEN CAST(:now AS timestamptz) + :spacing
                    ELSE greatest(:now, polled_at + CASE WHEN error_count > 0
                        THEN greatest(:spacing, interval '10 minutes') ELSE :spacing END)
               END AS at
        FROM crawl WHERE podcast_id = ANY(:ids) AND next_poll_at IS NOT NULL
            AND next_poll_reason <> 'retry_after'
    )
    UPDATE crawl c SET notified_at = :now, notified_by = :source,
        next_poll_at = CASE WHEN h.under_way THEN h.at ELSE least(c.next_poll_at, h.at) END,
        next_poll_reason = CASE WHEN h.under_way OR c.next_poll_at > h.at THEN 'notified'
                             ELSE c.next_poll_reason END
    FROM hinted h WHERE c.podcast_id = h.podcast_id AND c.next_poll_at IS NOT NULL
        AND (h.under_way OR c.next_poll_at > h.at OR c.notified_at IS NULL
             OR c.notified_at <= c.polled_at)
    RETURNING c.host_id, c.next_poll_at, c.next_poll_reason
""")


def mark_hosts_due(session: Session, due: Iterable[tuple[int, datetime]]) -> None:
    """Make hosts known to be due no later than their feeds are; in id order, for the locks."""
    earliest: dict[int, datetime] = {}
    for host, at in due:
        earliest[host] = min(at, earliest.get(host, at))
    if earliest:
        hosts = sorted(earliest)
        asked = {"hosts": hosts, "ats": [earliest[host] for host in hosts]}
        session.connection().execute(_SOONER, asked)


def schedule_poll_now(
    session: Session, podcast_ids: Sequence[int], now: datetime, *, skip_validators: bool
) -> None:
    """Make these feeds due now; unconditionally when their validators are not to be believed."""
    asked = {"ids": list(podcast_ids), "now": now, "skip_validators": skip_validators}
    hosts = session.connection().execute(_ASK, asked).scalars()
    mark_hosts_due(session, [(host, now) for host in hosts])


def bring_forward(
    session: Session, podcast_ids: Iterable[int], source: str, now: datetime, spacing: timedelta
) -> int:
    """Bring the next looks at these feeds forward, because of news; how many of them that moved.

    At least ``spacing`` lies between two looks at one feed.
    """
    asked = {"ids": sorted(podcast_ids), "now": now, "source": source, "spacing": spacing}
    rows = session.connection().execute(_HASTEN, asked).all()
    moved = [row for row in rows if row.next_poll_reason == "notified"]
    mark_hosts_due(session, [(row.host_id, row.next_poll_at) for row in moved])
    return len(moved)
