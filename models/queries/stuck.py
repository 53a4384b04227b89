"""Rows in a state that no tick, sweep or worker ever changes: a bug, or an operator's own SQL."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from models.queries.shown import fetch_all
from models.queries.visibility import original_episode, polled_podcast

_PARTS = {
    "polled": polled_podcast(),
    "original": original_episode(),
    # Longer than any interval that we schedule: a complete feed is polled every 30 days or so.
    "far": "interval '62 days'",
    "soon": "interval '1 minute'",
}

# For each kind the ids of its rows.
_STUCK = {
    "feed_without_next_poll": """
        SELECT p.id FROM podcast p LEFT JOIN crawl c ON c.podcast_id = p.id
        WHERE {polled} AND c.next_poll_at IS NULL AND c.claim_token IS NULL""",
    "feed_in_far_future": """
        SELECT p.id FROM podcast p JOIN crawl c ON c.podcast_id = p.id
        WHERE {polled} AND c.next_poll_at > :now + {far}""",
    "host_not_due": """
        SELECT c.podcast_id AS id FROM crawl c JOIN host h ON h.id = c.host_id
        WHERE c.next_poll_at < :now - {soon} AND c.claim_token IS NULL
            AND (h.next_due_at IS NULL OR h.next_due_at > :now + {soon})""",
    "host_blocked": """
        SELECT id FROM host WHERE next_allowed_at > :now + {far}""",
    "claim_without_lease": """
        SELECT podcast_id AS id FROM crawl
        WHERE claim_token IS NOT NULL AND claim_expires_at IS NULL""",
    "job_without_lease": """
        SELECT id FROM job WHERE state = 'running' AND lease_expires_at IS NULL""",
    "job_of_unknown_kind": """
        SELECT id FROM job WHERE state = 'waiting' AND kind <> ALL(:kinds)""",
    "job_in_far_future": """
        SELECT id FROM job WHERE state = 'waiting' AND run_after > :now + {far}""",
    "job_published_in_future": """
        SELECT id FROM job WHERE state = 'waiting' AND published_at > :now + {soon}""",
    "episode_without_job": """
        SELECT e.id FROM episode e JOIN podcast p ON p.id = e.podcast_id
        WHERE {polled} AND {original} AND e.first_seen_at < :now - {soon}
            AND EXISTS (SELECT FROM transcript t WHERE t.episode_id = e.id AND t.is_listed)
            AND NOT EXISTS (SELECT FROM job j WHERE j.kind = 'parse' AND j.subject = e.id)""",
    "subscription_without_time": """
        SELECT podcast_id AS id FROM subscription
        WHERE state IN ('wanted', 'active', 'leaving', 'denied') AND due_at IS NULL""",
}
# What an operator has stopped, and may have forgotten.
_PAUSED = {
    "queue": "SELECT name AS id FROM queue_pause WHERE since < :now - interval '1 day'",
    "request": """
        SELECT id FROM reingest_request
        WHERE state = 'paused' AND created_at < :now - interval '1 day'""",
}


@dataclass(frozen=True, slots=True)
class StuckRows:
    """Rows of one kind that cannot move: how many, and the id of the first."""

    kind: str
    rows: int
    first: str


def stuck(session: Session, now: datetime, kinds: list[str]) -> list[StuckRows]:
    """The rows that cannot move on their own, by kind; ``kinds`` are those of jobs that run."""
    return _counted(session, _STUCK, {"now": now, "kinds": kinds})


def long_paused(session: Session, now: datetime) -> list[StuckRows]:
    """Queues and re-ingest requests that have been paused for more than a day."""
    return _counted(session, _PAUSED, {"now": now})


def _counted(
    session: Session, queries: dict[str, str], params: dict[str, object]
) -> list[StuckRows]:
    selects = (
        f"SELECT '{kind}' AS kind, count(*) AS rows, min(id)::text AS first "  # noqa: S608
        f"FROM ({sql.format(**_PARTS)}) AS s"
        for kind, sql in queries.items()
    )
    counted = " UNION ALL ".join(selects)
    query = f"SELECT * FROM ({counted}) AS counted WHERE rows > 0"  # noqa: S608  constants
    return fetch_all(session, query, StuckRows, params)
