"""Processing history of an episode, a podcast or a person, stage by stage."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from models.queries.identity import events_of
from models.queries.visibility import VISIBLE, original_episode

Facts = dict[str, Any]

_EPISODE = text("""
    SELECT e.id, e.podcast_id, e.guid, e.title, e.published_at, e.first_seen_at, e.stats_date,
           e.duplicate_of, p.title AS podcast, p.state AS podcast_state
    FROM episode e JOIN podcast p ON p.id = e.podcast_id WHERE e.id = :id
""")
_TRANSCRIPTS = text("""
    SELECT id, url, type, language, rel, source, is_listed, is_selected, format, parser_version,
           body_hash IS NOT NULL AS kept
    FROM transcript WHERE episode_id = :id ORDER BY id
""")
_SPEAKERS = text("""
    SELECT s.label, p.name AS person, p.slug, m.name AS matched, s.role, s.source, s.method,
           s.reason, s.confidence, s.evidence, s.version, s.appearances, s.spoken_ms,
           s.status, s.status_reason, v.id AS event_id, v.kind AS decision,
           v.actor AS decided_by, v.at AS decided_at, v.reason AS decided_because
    FROM speaker s LEFT JOIN person p ON p.id = s.person_id
    LEFT JOIN person m ON m.id = s.matched_person_id
    LEFT JOIN identity_event v ON v.id = s.decided_by
    WHERE s.episode_id = :id ORDER BY s.appearances DESC, s.label
""")
_JOBS = text("""
    SELECT j.id, j.stage, j.force, j.priority, j.state, j.outcome, NULLIF(j.reason, '') AS reason,
           NULLIF(j.message, '') AS message, j.attempts, j.worker_losses, j.republished, j.worker,
           j.task_id, j.request_id, j.correlation_id, q.state AS request_state, j.created_at,
           j.published_at, j.run_after, j.started_at, j.finished_at, j.lease_expires_at, j.figures
    FROM job j LEFT JOIN reingest_request q ON q.id = j.request_id
    WHERE j.kind = :kind AND j.subject = :id ORDER BY j.id DESC LIMIT :limit
""")
_STORED = text("SELECT count(*) FROM appearance WHERE episode_id = :id")
_HALTED = text("SELECT name, state, since, requested_by FROM queue_pause")

_PODCAST = text("""
    SELECT p.id, p.feed_url, p.title, p.state, p.added_at, p.removed_at, p.duplicate_of,
           d.title AS duplicate_of_title, length(f.body) AS kept_bytes
    FROM podcast p LEFT JOIN podcast d ON d.id = p.duplicate_of
    LEFT JOIN feed_body f ON f.podcast_id = p.id WHERE p.id = :id
""")
_CRAWL = text("""
    SELECT c.polled_at, c.last_ok_at, c.last_status, c.next_poll_at, c.next_poll_reason,
           c.skip_validators, c.claim_token IS NOT NULL AS claimed, c.claim_started,
           c.claim_expires_at,
           c.error_count, c.failing_since, c.last_error_reason, c.last_error, c.redirect_url,
           c.redirect_since, c.redirect_polls, h.name AS host, h.next_allowed_at
    FROM crawl c JOIN host h ON h.id = c.host_id WHERE c.podcast_id = :id
""")
_ADDRESSES = text(
    "SELECT feed_url, left_at, why FROM feed_url_history WHERE podcast_id = :id ORDER BY left_at"
)
# The outcome of an episode is that of its latest job; without a listed transcript it has no job.
_OUTCOMES = text(f"""
    SELECT CASE WHEN j.state IS NULL THEN 'no_transcript'
                WHEN j.state = 'waiting' AND j.attempts + j.worker_losses > 0 THEN 'failed'
                WHEN j.state = 'done' THEN coalesce(j.outcome, 'ran') ELSE j.state END AS state,
           CASE WHEN j.outcome IN ('failed', 'dead', 'degraded') THEN j.reason END AS reason,
           count(*) AS episodes, min(e.id) AS example,
           min(j.run_after) FILTER (WHERE j.state = 'waiting') AS next_at
    FROM episode e LEFT JOIN LATERAL (
        SELECT state, outcome, reason, attempts, worker_losses, run_after FROM job
        WHERE kind = 'parse' AND subject = e.id ORDER BY id DESC LIMIT 1) j ON true
    WHERE e.podcast_id = :id AND {original_episode()} GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2
""")  # noqa: S608  constants of ours
_SPOKEN = text(f"""
    SELECT count(DISTINCT e.id) FILTER (WHERE s.appearances > 0) AS episodes,
           coalesce(sum(s.appearances), 0)::bigint AS appearances,
           coalesce(sum(s.appearances) FILTER (WHERE s.person_id IS NOT NULL), 0)::bigint AS known,
           count(DISTINCT s.person_id) AS people,
           count(DISTINCT e.id) FILTER (WHERE s.version <> :matcher) AS outdated_matcher,
           (SELECT count(*) FROM transcript t JOIN episode x ON x.id = t.episode_id
            WHERE x.podcast_id = :id AND t.is_selected AND t.parser_version
                   IS DISTINCT FROM :parser)
               AS outdated_parser
    FROM episode e LEFT JOIN speaker s ON s.episode_id = e.id
    WHERE e.podcast_id = :id AND {original_episode()}
""")  # noqa: S608  constants of ours

_PERSON = text("""
    SELECT p.id, p.name, p.slug, p.state, p.appearances, p.episodes, p.podcasts, p.spoken_ms,
           p.first_on, p.last_on, m.name AS merged_into, m.slug AS merged_into_slug
    FROM person p LEFT JOIN person m ON m.id = p.merged_into WHERE p.slug = :slug
""")
_NAMES = text("""
    SELECT n.key, n.scope, n.source, p.title AS podcast FROM person_name n
    LEFT JOIN podcast p ON p.id = n.podcast_id WHERE n.person_id = :id ORDER BY n.scope, n.key
""")
_DECISIONS = text("""
    SELECT s.label, s.source, s.method, s.reason, min(s.evidence) AS evidence,
           min(s.confidence) AS confidence, min(s.version) AS version, count(*) AS episodes,
           sum(s.appearances)::bigint AS appearances
    FROM speaker s WHERE s.person_id = :id GROUP BY 1, 2, 3, 4 ORDER BY 9 DESC, 1
""")
_WHERE = text("""
    SELECT p.title AS podcast, c.podcast_id, c.appearances, c.episodes FROM person_podcast c
    JOIN podcast p ON p.id = c.podcast_id WHERE c.person_id = :id
    ORDER BY c.appearances DESC, c.podcast_id
""")
_ROWS_SAY = text(f"""
    SELECT coalesce(sum(s.appearances), 0)::bigint AS appearances FROM speaker s
    JOIN episode e ON e.id = s.episode_id JOIN podcast p ON p.id = e.podcast_id
    WHERE s.person_id = :id AND {VISIBLE}
""")  # noqa: S608  constants of ours
_NOT_COUNTED = text("""
    SELECT count(*) AS speakers FROM speaker
    WHERE matched_person_id = :id AND person_id IS DISTINCT FROM :id
""")


def episode_facts(session: Session, episode_id: int, *, jobs: int = 20) -> Facts | None:
    """The history of an episode; its jobs newest first."""
    params = {"id": episode_id}
    if (episode := _one(session, _EPISODE, params)) is None:
        return None
    return {
        "episode": episode,
        "crawl": _one(session, _CRAWL, {"id": episode["podcast_id"]}),
        "transcripts": _all(session, _TRANSCRIPTS, params),
        "speakers": _all(session, _SPEAKERS, params),
        "stored": session.connection().execute(_STORED, params).scalar_one(),
        "jobs": _all(session, _JOBS, params | {"kind": "parse", "limit": jobs}),
        "halted": {row.pop("name"): row for row in _all(session, _HALTED, {})},
    }


def podcast_facts(session: Session, podcast_id: int, *, parser: int, matcher: int) -> Facts | None:
    """The history of a podcast, and its episodes by outcome."""
    params = {"id": podcast_id}
    if (podcast := _one(session, _PODCAST, params)) is None:
        return None
    return {
        "podcast": podcast,
        "crawl": _one(session, _CRAWL, params),
        "addresses": _all(session, _ADDRESSES, params),
        "outcomes": _all(session, _OUTCOMES, params),
        "spoken": _one(session, _SPOKEN, params | {"parser": parser, "matcher": matcher}),
        "halted": {row.pop("name"): row for row in _all(session, _HALTED, {})},
    }


def person_facts(session: Session, slug: str) -> Facts | None:
    """A person's names, attributions and decisions, and their counts from the rows."""
    if (person := _one(session, _PERSON, {"slug": slug})) is None:
        return None
    params = {"id": person["id"]}
    return {
        "person": person,
        "names": _all(session, _NAMES, params),
        "decisions": _all(session, _DECISIONS, params),
        "podcasts": _all(session, _WHERE, params),
        "rows_say": session.connection().execute(_ROWS_SAY, params).scalar_one(),
        "events": [asdict(event) for event in events_of(session, person["id"])],
        "not_counted": session.connection().execute(_NOT_COUNTED, params).scalar_one(),
        "jobs": _all(session, _JOBS, params | {"kind": "count", "limit": 5}),
    }


def _one(session: Session, query: Any, params: dict[str, Any]) -> Facts | None:
    row = session.connection().execute(query, params).mappings().first()
    return dict(row) if row is not None else None


def _all(session: Session, query: Any, params: dict[str, Any]) -> list[Facts]:
    return [dict(row) for row in session.connection().execute(query, params).mappings()]
