"""How much of the speech is named, who is host and who is guest, and who is only talked about."""

from typing import Any

from sqlalchemy import text
from sqlmodel import Session

_COUNTED = "e.duplicate_of IS NULL AND p.state NOT IN ('removed', 'duplicate')"
_SHARES = """
    SELECT {columns}, sum(s.appearances)::bigint AS appearances,
           (sum(s.appearances) FILTER (WHERE s.person_id IS NULL))::bigint AS unknown,
           sum(s.spoken_ms)::bigint AS spoken_ms,
           (sum(s.spoken_ms) FILTER (WHERE s.person_id IS NULL))::bigint AS unknown_ms
    FROM speaker s JOIN episode e ON e.id = s.episode_id JOIN podcast p ON p.id = e.podcast_id
    WHERE {counted} AND (CAST(:podcast_id AS bigint) IS NULL OR p.id = :podcast_id)
    GROUP BY {columns} ORDER BY {columns}
"""
# By the tag or the label, else by behaviour: a host speaks in many episodes of the podcast (one in
# four, and three at least), a guest has a good part of an episode (one segment in twenty).
_ROLES = """
    SELECT s.episode_id, e.podcast_id, s.person_id, q.name, q.slug, sum(s.appearances) AS said,
           CASE WHEN max(s.role) IN ('host', 'co-host', 'guest host') THEN 'host'
                WHEN max(s.role) IN ('guest', 'interviewee') THEN 'guest'
                WHEN max(s.role) <> '' THEN 'other'
                WHEN c.episodes >= greatest(3, n.episodes / 4.0) THEN 'host'
                WHEN sum(s.appearances) * 20 >= n.said THEN 'guest'
                ELSE 'other' END AS role
    FROM speaker s JOIN episode e ON e.id = s.episode_id JOIN podcast p ON p.id = e.podcast_id
    JOIN person q ON q.id = s.person_id
    JOIN person_podcast c ON c.person_id = s.person_id AND c.podcast_id = e.podcast_id
    CROSS JOIN LATERAL (
        SELECT sum(o.appearances) AS said,
               (SELECT count(*) FROM episode x WHERE x.podcast_id = e.podcast_id
                AND EXISTS (SELECT FROM speaker y WHERE y.episode_id = x.id)) AS episodes
        FROM speaker o WHERE o.episode_id = s.episode_id
    ) n
    WHERE {counted} AND {chosen} AND s.appearances > 0
    GROUP BY s.episode_id, e.podcast_id, s.person_id, q.name, q.slug, c.episodes, n.episodes, n.said
"""
_OF_EPISODE = text(
    "SELECT name, slug, role, said AS appearances FROM ("  # noqa: S608  constants of ours
    + _ROLES.format(counted=_COUNTED, chosen="s.episode_id = :id")
    + ") r ORDER BY said DESC, slug"
)
_OF_PODCAST = text(
    "SELECT name, slug, mode() WITHIN GROUP (ORDER BY role) AS role, count(*) AS episodes FROM ("  # noqa: S608
    + _ROLES.format(counted=_COUNTED, chosen="e.podcast_id = :id")
    + ") r GROUP BY name, slug ORDER BY count(*) DESC, slug"
)
_MENTIONS = text(f"""
    SELECT m.name, p.title AS podcast, e.title AS episode, e.id AS episode_id, e.counted_on,
           m.source, m.times, m.by_cue,
           EXISTS (SELECT FROM speaker s WHERE s.episode_id = e.id AND s.person_id = n.person_id)
               AS speaks
    FROM person_name n JOIN mention m ON m.key = n.key
    JOIN episode e ON e.id = m.episode_id JOIN podcast p ON p.id = e.podcast_id
    WHERE n.person_id = :id AND n.scope = 'global' AND {_COUNTED}
    ORDER BY e.counted_on DESC, e.id DESC, m.source
""")  # noqa: S608  constants of ours
_BACK_CHANNEL = text("""
    SELECT count(*) AS appearances, count(*) FILTER (WHERE a.back_channel) AS back_channel
    FROM speaker s JOIN appearance a ON a.speaker_id = s.id
    JOIN episode e ON e.id = s.episode_id JOIN podcast p ON p.id = e.podcast_id
    WHERE s.person_id = :id AND e.duplicate_of IS NULL
        AND p.state NOT IN ('removed', 'duplicate')
""")


def unknown_by_podcast(session: Session, podcast_id: int | None = None) -> list[dict[str, Any]]:
    """Of every podcast with speech: segments and milliseconds, and how many are nobody's."""
    return _shares(session, "p.id, p.title", podcast_id)


def unknown_by_episode(session: Session, podcast_id: int | None = None) -> list[dict[str, Any]]:
    """The same of every episode with speech."""
    return _shares(session, "e.id, e.title", podcast_id)


def roles_in_episode(session: Session, episode_id: int) -> list[dict[str, Any]]:
    """Host, guest or other: everybody who is named in an episode, most heard first."""
    rows = session.connection().execute(_OF_EPISODE, {"id": episode_id}).mappings()
    return [dict(row) for row in rows]


def roles_in_podcast(session: Session, podcast_id: int) -> list[dict[str, Any]]:
    """The role that everybody has in most of their episodes of a podcast."""
    rows = session.connection().execute(_OF_PODCAST, {"id": podcast_id}).mappings()
    return [dict(row) for row in rows]


def mentions_of(session: Session, person_id: int) -> list[dict[str, Any]]:
    """Where a person is named in titles and descriptions, and whether they speak there too."""
    rows = session.connection().execute(_MENTIONS, {"id": person_id}).mappings()
    return [dict(row) for row in rows]


def back_channel_of(session: Session, person_id: int) -> tuple[int, int]:
    """A person's appearances, and how many of them only show that they listen."""
    row = session.connection().execute(_BACK_CHANNEL, {"id": person_id}).one()
    return row.appearances, row.back_channel


def _shares(session: Session, columns: str, podcast_id: int | None) -> list[dict[str, Any]]:
    query = text(_SHARES.format(columns=columns, counted=_COUNTED))
    rows = session.connection().execute(query, {"podcast_id": podcast_id}).mappings()
    return [{key: value or 0 for key, value in row.items()} for row in rows]
