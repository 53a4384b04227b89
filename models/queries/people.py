"""Who speaks: people with their figures, one person's story, and the speakers of episodes."""

from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from models.queries import coverage as voices
from models.queries.identity import events_of

# Figures come from the kept rows, which are exact at every commit; see tasks/counts.
_PEOPLE = """
    SELECT name, slug, appearances, episodes, podcasts, spoken_ms FROM person
    WHERE state = 'active' AND appearances > 0 ORDER BY appearances DESC, slug
"""
_PEOPLE_OF_PODCAST = """
    SELECT p.name, p.slug, c.appearances, c.episodes, 1 AS podcasts, c.spoken_ms
    FROM person_podcast c JOIN person p ON p.id = c.person_id
    WHERE c.podcast_id = :podcast_id AND p.state = 'active'
    ORDER BY c.appearances DESC, p.slug
"""
_PERSON = text("""
    SELECT id, name, slug, appearances, episodes, podcasts, spoken_ms, first_on, last_on
    FROM person WHERE state = 'active' AND slug = :slug
""")
# An address that was merged leads to the survivor, and so does every name that it went by.
_SURVIVING = """
    WITH RECURSIVE path (id, slug, state, merged_into, appearances) AS (
        SELECT p.id, p.slug, p.state, p.merged_into, p.appearances FROM person p WHERE {found}
        UNION
        SELECT p.id, p.slug, p.state, p.merged_into, p.appearances
        FROM path JOIN person p ON p.id = path.merged_into
    )
    SELECT slug FROM path WHERE state = 'active' ORDER BY appearances DESC, slug
"""
_BY_SLUG = text(_SURVIVING.format(found="p.slug = :slug"))
_BY_NAME = text(
    _SURVIVING.format(
        found="""
        lower(p.name) = lower(:name) OR lower(p.published_name) = lower(:name)
        OR EXISTS (SELECT FROM person_name n WHERE n.person_id = p.id AND n.key = :key)
        """
    )
)
_BY_PODCAST = text("""
    SELECT c.podcast_id AS id, p.title, p.feed_url, c.appearances, c.episodes, c.spoken_ms
    FROM person_podcast c JOIN podcast p ON p.id = c.podcast_id
    WHERE c.person_id = :id ORDER BY c.appearances DESC, c.podcast_id
""")
_BY_YEAR = text("""
    SELECT date_part('year', day)::int AS year, sum(appearances)::bigint AS appearances,
           sum(episodes)::int AS episodes
    FROM person_day WHERE person_id = :id GROUP BY 1 ORDER BY 1
""")
_LABELS = text("""
    SELECT s.label, s.method, s.evidence, s.status_reason, sum(s.appearances)::bigint
               AS appearances, count(*) AS episodes
    FROM speaker s WHERE s.person_id = :id GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC, 1
""")
_LATEST = text("""
    SELECT e.title AS episode, e.id AS episode_id, e.guid AS episode_guid, e.stats_date,
           p.title AS podcast, a.start_ms, a.text
    FROM speaker s JOIN episode e ON e.id = s.episode_id JOIN podcast p ON p.id = e.podcast_id
    JOIN appearance a ON a.speaker_id = s.id
    WHERE s.person_id = :id AND e.duplicate_of IS NULL
        AND p.state NOT IN ('removed', 'duplicate')
    ORDER BY e.stats_date DESC, e.id DESC, a.position LIMIT :limit
""")
_QUARANTINED = text("""
    SELECT s.status_reason AS reason, s.label, p.title AS podcast, count(*) AS episodes,
           sum(s.appearances)::bigint AS appearances
    FROM speaker s JOIN episode e ON e.id = s.episode_id JOIN podcast p ON p.id = e.podcast_id
    WHERE s.matched_person_id = :id AND s.status = 'quarantined' AND e.duplicate_of IS NULL
        AND p.state NOT IN ('removed', 'duplicate')
    GROUP BY 1, 2, 3, p.id ORDER BY 5 DESC, 2, p.id
""")
_SPEAKERS = """
    SELECT e.id AS episode_id, e.guid AS episode_guid, s.label, p.name AS person, s.method,
           s.reason, s.status, s.status_reason, m.name AS matched, s.decided_by AS event_id,
           s.appearances, s.spoken_ms
    FROM speaker s JOIN episode e ON e.id = s.episode_id
    LEFT JOIN person p ON p.id = s.person_id
    LEFT JOIN person m ON m.id = s.matched_person_id AND m.state <> 'suppressed'
    WHERE {chosen} ORDER BY e.id, s.appearances DESC, s.label
"""


def people(
    session: Session, *, podcast_id: int | None = None, limit: int = 0
) -> list[dict[str, Any]]:
    """Everybody with an appearance, most first; within one podcast, if it is given; 0 is all."""
    query = _PEOPLE if podcast_id is None else _PEOPLE_OF_PODCAST
    asked = {} if podcast_id is None else {"podcast_id": podcast_id}
    return [_with_seconds(row) for row in _rows(session, query, asked, limit)]


def find_slug(session: Session, said: str, key: str) -> str | None:
    """The slug of somebody by slug, name as shown or published, or comparable name (``key``).

    Whoever was merged is found as the survivor; suppressed people are not found.
    """
    if (slug := surviving_slug(session, said)) is not None:
        return slug
    found: str | None = session.connection().execute(_BY_NAME, {"name": said, "key": key}).scalar()
    return found


def surviving_slug(session: Session, slug: str) -> str | None:
    """Where the address of a person leads: to themselves, or to whom they were merged into."""
    found: str | None = session.connection().execute(_BY_SLUG, {"slug": slug}).scalar()
    return found


def person(session: Session, slug: str, *, quotes: int = 10) -> dict[str, Any] | None:
    """One person's figures, podcasts, years, the labels they go by, and their latest words."""
    row = session.connection().execute(_PERSON, {"slug": slug}).mappings().first()
    if row is None:
        return None
    about = _with_seconds(dict(row))
    asked = {"id": about.pop("id")}

    def several(query: Any, **more: Any) -> list[dict[str, Any]]:
        rows = session.connection().execute(query, asked | more).mappings()
        return [_with_seconds(dict(row)) for row in rows]

    roles = voices.roles_of_person(session, asked["id"])
    mentioned = voices.mentioned_in(session, asked["id"])
    return about | {
        "mentioned_in": mentioned["episodes"],
        "mentioned_silent": mentioned["silent"],
        "is_backchannel": voices.back_channel_of(session, asked["id"])[1],
        "by_podcast": [row | {"role": roles.get(row["id"], "")} for row in several(_BY_PODCAST)],
        "by_year": several(_BY_YEAR),
        "labels": several(_LABELS),
        "latest": several(_LATEST, limit=quotes),
        "quarantined": several(_QUARANTINED),
        "events": events_of(session, asked["id"]),
    }


def speakers(
    session: Session,
    *,
    podcast_id: int | None = None,
    episode_id: int | None = None,
    limit: int = 0,
) -> list[dict[str, Any]]:
    """Every label of every episode, with the person that it was resolved to, or none."""
    chosen, asked = ["true"], {}
    if podcast_id is not None:
        chosen.append("e.podcast_id = :podcast_id")
        asked["podcast_id"] = podcast_id
    if episode_id is not None:
        chosen.append("e.id = :episode_id")
        asked["episode_id"] = episode_id
    query = _SPEAKERS.format(chosen=" AND ".join(chosen))
    return [_with_seconds(row) for row in _rows(session, query, asked, limit)]


def _rows(session: Session, query: str, asked: dict[str, Any], limit: int) -> list[dict[str, Any]]:
    if limit:
        query, asked = query + " LIMIT :limit", asked | {"limit": limit}
    return [dict(row) for row in session.connection().execute(text(query), asked).mappings()]


def _with_seconds(row: dict[str, Any]) -> dict[str, Any]:
    """Speaking time in seconds, as people and programs read it; stored as milliseconds."""
    if "spoken_ms" in row:
        row["seconds"] = row.pop("spoken_ms") / 1000
    return row
