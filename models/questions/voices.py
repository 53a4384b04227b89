"""How much of the speech is named, who is host and who is guest, and who is only talked about."""

from typing import Any

from sqlalchemy import text
from sqlmodel import Session

_COUNTED = "e.duplicate_of IS NULL AND p.state NOT IN ('removed', 'duplicate')"
_SHARES = """
    SELECT {columns}, sum(s.appearances)::bigint AS appearances,
           (sum(s.appearances) FILTER (WHERE s.person_id IS NOT NULL))::bigint AS named,
           (sum(s.appearances) FILTER (WHERE s.standing = 'quarantined'))::bigint AS quarantined,
           (sum(s.appearances) FILTER (WHERE s.person_id IS NULL))::bigint AS unknown,
           sum(s.spoken_ms)::bigint AS spoken_ms,
           (sum(s.spoken_ms) FILTER (WHERE s.person_id IS NULL))::bigint AS unknown_ms
    FROM speaker s JOIN episode e ON e.id = s.episode_id JOIN podcast p ON p.id = e.podcast_id
    WHERE {counted} AND (CAST(:podcast_id AS bigint) IS NULL OR p.id = :podcast_id)
        AND (CAST(:episode_id AS bigint) IS NULL OR e.id = :episode_id)
    GROUP BY {columns} ORDER BY {columns}
"""
# By the tag or the label, else by behaviour: a host speaks in many episodes of the podcast (one in
# four, and three at least), a guest has a good part of an episode (one segment in twenty).
_ROLES = """
    WITH chosen AS MATERIALIZED (
        SELECT s.episode_id, e.podcast_id, s.person_id, max(s.role) AS tagged,
               sum(s.appearances) AS said
        FROM speaker s JOIN episode e ON e.id = s.episode_id JOIN podcast p ON p.id = e.podcast_id
        WHERE {counted} AND {chosen} AND s.person_id IS NOT NULL AND s.appearances > 0
        GROUP BY 1, 2, 3
    ), shows AS MATERIALIZED (
        SELECT c.podcast_id, n.episodes FROM (SELECT DISTINCT podcast_id FROM chosen) c
        CROSS JOIN LATERAL (
            SELECT count(DISTINCT y.episode_id) AS episodes FROM speaker y
            WHERE y.episode_id = ANY(ARRAY(
                SELECT x.id FROM episode x WHERE x.podcast_id = c.podcast_id))
        ) n
    ), heard AS MATERIALIZED (
        SELECT o.episode_id, sum(o.appearances) AS said FROM speaker o
        WHERE o.episode_id = ANY(ARRAY(SELECT episode_id FROM chosen)) GROUP BY 1
    )
    SELECT v.episode_id, v.podcast_id, v.person_id, q.name, q.slug, v.said,
           CASE WHEN v.tagged IN ('host', 'co-host', 'guest host') THEN 'host'
                WHEN v.tagged IN ('guest', 'interviewee') THEN 'guest'
                WHEN v.tagged <> '' THEN 'other'
                WHEN c.episodes >= greatest(3, n.episodes / 4.0) THEN 'host'
                WHEN v.said * 20 >= h.said THEN 'guest'
                ELSE 'other' END AS role
    FROM chosen v JOIN shows n ON n.podcast_id = v.podcast_id
    JOIN heard h ON h.episode_id = v.episode_id JOIN person q ON q.id = v.person_id
    JOIN person_podcast c ON c.person_id = v.person_id AND c.podcast_id = v.podcast_id
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
_OF_PERSON = text(
    "SELECT podcast_id, mode() WITHIN GROUP (ORDER BY role) AS role FROM ("  # noqa: S608
    + _ROLES.format(counted=_COUNTED, chosen="s.person_id = :id")
    + ") r GROUP BY podcast_id"
)
_MENTIONED = text(f"""
    SELECT count(*) AS episodes, count(*) FILTER (WHERE NOT speaks) AS silent FROM (
        SELECT DISTINCT e.id, EXISTS (
            SELECT FROM speaker s WHERE s.episode_id = e.id AND s.person_id = n.person_id
                AND s.appearances > 0) AS speaks
        FROM person_name n JOIN mention m ON m.key = n.key
        JOIN episode e ON e.id = m.episode_id JOIN podcast p ON p.id = e.podcast_id
        WHERE n.person_id = :id AND n.scope = 'global' AND {_COUNTED}
    ) m
""")  # noqa: S608  constants of ours
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
_NO_SPEECH = dict.fromkeys(("appearances", "named", "quarantined", "unknown"), 0)
_BACK_CHANNEL = text("""
    SELECT count(*) AS appearances, count(*) FILTER (WHERE a.back_channel) AS back_channel
    FROM speaker s JOIN appearance a ON a.speaker_id = s.id
    JOIN episode e ON e.id = s.episode_id JOIN podcast p ON p.id = e.podcast_id
    WHERE s.person_id = :id AND e.duplicate_of IS NULL
        AND p.state NOT IN ('removed', 'duplicate')
""")


def unknown_by_podcast(session: Session, podcast_id: int | None = None) -> list[dict[str, Any]]:
    """Of every podcast with speech: segments and milliseconds, and how many are nobody's.

    ``unknown`` is all that counts for nobody; what is in quarantine is a part of it.
    """
    return _shares(session, "p.id, p.title", podcast_id)


def unknown_by_episode(session: Session, podcast_id: int | None = None) -> list[dict[str, Any]]:
    """The same of every episode with speech."""
    return _shares(session, "e.id, e.title", podcast_id)


def speech_of_podcast(session: Session, podcast_id: int) -> dict[str, Any]:
    """The same of one podcast; all 0 where nothing was spoken, or nothing counts."""
    return next(iter(unknown_by_podcast(session, podcast_id)), _NO_SPEECH)


def speech_of_episode(session: Session, episode_id: int) -> dict[str, Any]:
    """The same of one episode."""
    return next(iter(_shares(session, "e.id, e.title", episode_id=episode_id)), _NO_SPEECH)


def roles_in_episode(session: Session, episode_id: int) -> list[dict[str, Any]]:
    """Host, guest or other: everybody who is named in an episode, most heard first."""
    rows = session.connection().execute(_OF_EPISODE, {"id": episode_id}).mappings()
    return [dict(row) for row in rows]


def roles_in_podcast(session: Session, podcast_id: int) -> list[dict[str, Any]]:
    """The role that everybody has in most of their episodes of a podcast."""
    rows = session.connection().execute(_OF_PODCAST, {"id": podcast_id}).mappings()
    return [dict(row) for row in rows]


def roles_of_person(session: Session, person_id: int) -> dict[int, str]:
    """Host, guest or other: what somebody mostly is in each podcast, by its id."""
    rows = session.connection().execute(_OF_PERSON, {"id": person_id})
    return {row.podcast_id: row.role for row in rows}


def mentioned_in(session: Session, person_id: int) -> dict[str, int]:
    """In how many episodes titles or descriptions name a person, and do not hear them."""
    return dict(session.connection().execute(_MENTIONED, {"id": person_id}).mappings().one())


def mentions_of(session: Session, person_id: int) -> list[dict[str, Any]]:
    """Where a person is named in titles and descriptions, and whether they speak there too."""
    rows = session.connection().execute(_MENTIONS, {"id": person_id}).mappings()
    return [dict(row) for row in rows]


def back_channel_of(session: Session, person_id: int) -> tuple[int, int]:
    """A person's appearances, and how many of them only show that they listen."""
    row = session.connection().execute(_BACK_CHANNEL, {"id": person_id}).one()
    return row.appearances, row.back_channel


def _shares(
    session: Session, columns: str, podcast_id: int | None = None, episode_id: int | None = None
) -> list[dict[str, Any]]:
    query = text(_SHARES.format(columns=columns, counted=_COUNTED))
    asked = {"podcast_id": podcast_id, "episode_id": episode_id}
    rows = session.connection().execute(query, asked).mappings()
    return [{key: value or 0 for key, value in row.items()} for row in rows]
