"""How much of the speech is named, who is host and who is guest, and who is only talked about."""

from collections.abc import Collection, Sequence
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
# An array is looked up in an index in one go; a join would read all of ``speaker``.
_COUNTED_EPISODES = text("""
    WITH shown AS MATERIALIZED (
        SELECT id, podcast_id FROM episode
        WHERE podcast_id = ANY(:podcasts) AND duplicate_of IS NULL
    ), heard AS MATERIALIZED (
        SELECT DISTINCT episode_id FROM speaker
        WHERE appearances > 0 AND episode_id = ANY(ARRAY(SELECT id FROM shown))
    )
    SELECT e.podcast_id, count(*) AS episodes FROM shown e JOIN heard h ON h.episode_id = e.id
    GROUP BY 1
""")
# By the tag or the label, else by behaviour: a host speaks in many counted episodes of the podcast
# (one in four, and three at least), a guest has a good part of an episode (one segment in twenty).
# Who speaks in many is known from the kept figures, and is asked for first: what somebody said in
# each of a thousand episodes is then compared with the whole episode only where that decides.
_OFTEN = """
    SELECT c.person_id, c.podcast_id FROM person_podcast c
    JOIN unnest(CAST(:shows AS bigint[]), CAST(:sizes AS bigint[])) AS n (podcast_id, episodes)
        ON n.podcast_id = c.podcast_id
    WHERE {chosen} AND c.episodes >= greatest(3, n.episodes / 4.0)
"""
_ROLES = """
    WITH chosen AS MATERIALIZED (
        SELECT s.episode_id, e.podcast_id, s.person_id, max(s.role) AS tagged,
               sum(s.appearances) AS said, {often} AS often
        FROM speaker s JOIN episode e ON e.id = s.episode_id JOIN podcast p ON p.id = e.podcast_id
        WHERE {counted} AND {chosen} AND s.person_id IS NOT NULL AND s.appearances > 0
        GROUP BY 1, 2, 3
    ), heard AS MATERIALIZED (
        SELECT o.episode_id, sum(o.appearances) AS said FROM speaker o
        WHERE o.episode_id = ANY(ARRAY(
            SELECT episode_id FROM chosen WHERE tagged = '' AND NOT often)) GROUP BY 1
    ), roles AS MATERIALIZED (
        SELECT v.podcast_id, v.person_id, v.said,
               CASE WHEN v.tagged IN ('host', 'co-host', 'guest host') THEN 'host'
                    WHEN v.tagged IN ('guest', 'interviewee') THEN 'guest'
                    WHEN v.tagged <> '' THEN 'other'
                    WHEN v.often THEN 'host'
                    WHEN v.said * 20 >= h.said THEN 'guest'
                    ELSE 'other' END AS role
        FROM chosen v LEFT JOIN heard h ON h.episode_id = v.episode_id
    )
"""
_OFTEN_IN_PODCAST = text(_OFTEN.format(chosen="c.podcast_id = ANY(:shows)"))
_OFTEN_ONE = text(_OFTEN.format(chosen="c.person_id = :id"))
_OF_EPISODE = text(f"""
    {
    _ROLES.format(counted=_COUNTED, chosen="s.episode_id = :id", often="s.person_id = ANY(:often)")
}
    SELECT q.name, q.slug, r.role, r.said AS appearances
    FROM roles r JOIN person q ON q.id = r.person_id ORDER BY r.said DESC, q.slug
""")  # noqa: S608  constants of ours
_OF_PODCAST = text(f"""
    {
    _ROLES.format(
        counted=_COUNTED,
        chosen="e.podcast_id = :id AND s.person_id = ANY(:people)",
        often="s.person_id = ANY(:often)",
    )
}
    SELECT q.id, q.name, q.slug, r.role, r.episodes FROM (
        SELECT person_id, mode() WITHIN GROUP (ORDER BY role) AS role, count(*) AS episodes
        FROM roles GROUP BY 1
    ) r JOIN person q ON q.id = r.person_id ORDER BY r.episodes DESC, q.slug
""")  # noqa: S608  constants of ours
_OF_PERSON = text(f"""
    {
    _ROLES.format(counted=_COUNTED, chosen="s.person_id = :id", often="e.podcast_id = ANY(:often)")
}
    SELECT podcast_id, mode() WITHIN GROUP (ORDER BY role) AS role FROM roles GROUP BY 1
""")  # noqa: S608  constants of ours
_PODCAST_OF = text("SELECT podcast_id FROM episode WHERE id = :id")
_PODCASTS_OF = text("SELECT podcast_id FROM person_podcast WHERE person_id = :id")
_PEOPLE_OF = text("SELECT person_id FROM person_podcast WHERE podcast_id = :id")
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


def counted_episodes(session: Session, podcast_ids: Collection[int]) -> dict[int, int]:
    """Of each podcast, in how many of its episodes anybody is heard; 0 where in none."""
    asked = {"podcasts": list(podcast_ids)}
    found = session.connection().execute(_COUNTED_EPISODES, asked)
    return dict.fromkeys(podcast_ids, 0) | {row.podcast_id: row.episodes for row in found}


def roles_in_episode(session: Session, episode_id: int) -> list[dict[str, Any]]:
    """Host, guest or other: everybody who is named in an episode, most heard first."""
    shows = session.connection().execute(_PODCAST_OF, {"id": episode_id}).scalars().all()
    often = _often(session, _OFTEN_IN_PODCAST, counted_episodes(session, shows))
    return _roles(session, _OF_EPISODE, id=episode_id, often=[one for one, _ in often])


def roles_in_podcast(
    session: Session,
    podcast_id: int,
    people: Sequence[int] | None = None,
    counted: int | None = None,
) -> list[dict[str, Any]]:
    """The role that everybody, or each of these people, has in most of their episodes of a podcast.

    Whoever knows how many episodes are counted says so.
    """
    sizes = counted_episodes(session, [podcast_id]) if counted is None else {podcast_id: counted}
    often = [one for one, _ in _often(session, _OFTEN_IN_PODCAST, sizes)]
    if people is None:
        people = session.connection().execute(_PEOPLE_OF, {"id": podcast_id}).scalars().all()
    return _roles(session, _OF_PODCAST, id=podcast_id, people=list(people), often=often)


def roles_of_people(
    session: Session, podcast_id: int, people: Sequence[int], counted: int
) -> dict[int, str]:
    """The same of some people, by id alone: what they are called is another question."""
    rows = roles_in_podcast(session, podcast_id, people, counted)
    return {row["id"]: row["role"] for row in rows}


def roles_of_person(
    session: Session, person_id: int, counted: Sequence[tuple[int, int]] | None = None
) -> dict[int, str]:
    """Host, guest or other: what somebody mostly is in each podcast, by its id.

    Whoever knows how many episodes are counted of each of their podcasts says so, in pairs.
    """
    if counted is None:
        shows = session.connection().execute(_PODCASTS_OF, {"id": person_id}).scalars().all()
        counted = list(counted_episodes(session, shows).items())
    often = _often(session, _OFTEN_ONE, dict(counted), id=person_id)
    rows = _roles(session, _OF_PERSON, id=person_id, often=[podcast for _, podcast in often])
    return {row["podcast_id"]: row["role"] for row in rows}


def _often(
    session: Session, query: Any, sizes: dict[int, int], **asked: Any
) -> list[tuple[int, int]]:
    """Who speaks in many of the episodes that are counted: pairs of a person and a podcast."""
    asked |= {"shows": list(sizes), "sizes": list(sizes.values())}
    return [tuple(row) for row in session.connection().execute(query, asked)]


def _roles(session: Session, query: Any, **asked: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in session.connection().execute(query, asked).mappings()]


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
