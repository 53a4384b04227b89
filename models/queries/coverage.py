"""How much of the speech is named, who is host and who is guest, and who is only talked about."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from models.database.sql import dictionaries, statement
from models.queries.person import called

_COUNTED = "e.duplicate_of IS NULL AND p.state NOT IN ('removed', 'duplicate')"
_SHARES = """
    SELECT {columns}, sum(s.appearances)::bigint AS appearances,
           (sum(s.appearances) FILTER (WHERE s.person_id IS NOT NULL))::bigint AS named,
           (sum(s.appearances) FILTER (WHERE s.status = 'quarantined'))::bigint AS quarantined,
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
_BY_TAG = """
    CASE WHEN {tag} IN ('host', 'co-host', 'guest host') THEN 'host'
         WHEN {tag} IN ('guest', 'interviewee') THEN 'guest' ELSE 'other' END
"""
_OF_EPISODE = text(f"""
    SELECT q.name, q.slug, v.said AS appearances,
           CASE WHEN v.tag <> '' THEN {_BY_TAG.format(tag="v.tag")}
                WHEN v.person_id = ANY(:often) THEN 'host'
                WHEN v.said * 20 >= (SELECT sum(appearances) FROM speaker WHERE episode_id = :id)
                    THEN 'guest'
                ELSE 'other' END AS role
    FROM (
        SELECT s.person_id, max(s.role) AS tag, sum(s.appearances) AS said
        FROM speaker s JOIN episode e ON e.id = s.episode_id JOIN podcast p ON p.id = e.podcast_id
        WHERE s.episode_id = :id AND {_COUNTED} AND s.person_id IS NOT NULL AND s.appearances > 0
        GROUP BY 1
    ) v JOIN person q ON q.id = v.person_id ORDER BY v.said DESC, q.slug
""")  # noqa: S608  constants of ours
# How many episodes somebody has in a podcast, and whether that is many.
_PLACES = """
    SELECT c.person_id, c.podcast_id, c.episodes,
           c.episodes >= greatest(3, n.episodes / 4.0) AS often
    FROM person_podcast c
    JOIN unnest(CAST(:shows AS bigint[]), CAST(:sizes AS bigint[])) AS n (podcast_id, episodes)
        ON n.podcast_id = c.podcast_id
    WHERE {chosen}
"""
_PLACES_OF_PODCAST = text(_PLACES.format(chosen="c.podcast_id = ANY(:shows)"))
_PLACES_OF_PEOPLE = text(
    _PLACES.format(chosen="c.podcast_id = ANY(:shows) AND c.person_id = ANY(:people)")
)
# Each episode is one vote, by its tag. Where somebody speaks often all others are the host's, and
# only where they do not is what they said in each compared with the whole episode.
_MOSTLY = text(f"""
    WITH place AS MATERIALIZED (
        SELECT * FROM unnest(CAST(:people AS bigint[]), CAST(:podcasts AS bigint[]),
                             CAST(:episodes AS bigint[]), CAST(:often AS boolean[]))
            AS c (person_id, podcast_id, episodes, often)
    ), tagged AS MATERIALIZED (
        SELECT s.person_id, s.episode_id, e.podcast_id, max(s.role) AS tag
        FROM speaker s JOIN episode e ON e.id = s.episode_id JOIN podcast p ON p.id = e.podcast_id
        WHERE s.person_id = ANY(CAST(:people AS bigint[])) AND s.role <> '' AND s.appearances > 0
            AND e.podcast_id = ANY(CAST(:podcasts AS bigint[])) AND {_COUNTED}
        GROUP BY 1, 2, 3
    ), heard AS MATERIALIZED (
        SELECT s.person_id, s.episode_id, e.podcast_id, sum(s.appearances) AS said
        FROM speaker s JOIN episode e ON e.id = s.episode_id JOIN podcast p ON p.id = e.podcast_id
        WHERE cardinality(CAST(:guests AS bigint[])) > 0
            AND s.person_id = ANY(CAST(:guests AS bigint[])) AND s.appearances > 0
            AND e.podcast_id = ANY(CAST(:shows AS bigint[])) AND {_COUNTED}
            AND NOT EXISTS (SELECT FROM tagged t
                            WHERE t.person_id = s.person_id AND t.episode_id = s.episode_id)
        GROUP BY 1, 2, 3
    ), whole AS MATERIALIZED (
        SELECT episode_id, sum(appearances) AS said FROM speaker
        WHERE episode_id = ANY(ARRAY(SELECT episode_id FROM heard)) GROUP BY 1
    ), vote AS (
        SELECT person_id, podcast_id, {_BY_TAG.format(tag="tag")} AS role, count(*) AS votes
        FROM tagged GROUP BY 1, 2, 3
        UNION ALL
        SELECT h.person_id, h.podcast_id,
               CASE WHEN h.said * 20 >= w.said THEN 'guest' ELSE 'other' END, count(*)
        FROM heard h JOIN whole w ON w.episode_id = h.episode_id GROUP BY 1, 2, 3
        UNION ALL
        SELECT c.person_id, c.podcast_id, 'host', c.episodes - coalesce(t.episodes, 0)
        FROM place c LEFT JOIN (
            SELECT person_id, podcast_id, count(*) AS episodes FROM tagged GROUP BY 1, 2
        ) t ON t.person_id = c.person_id AND t.podcast_id = c.podcast_id WHERE c.often
    )
    SELECT DISTINCT ON (person_id, podcast_id) person_id, podcast_id, role
    FROM vote GROUP BY person_id, podcast_id, role
    ORDER BY person_id, podcast_id, sum(votes) DESC, role
""")  # noqa: S608  constants of ours
_PODCAST_OF = text("SELECT podcast_id FROM episode WHERE id = :id")
_PODCASTS_OF = text("SELECT podcast_id FROM person_podcast WHERE person_id = :id")
_MENTIONED = statement(f"""
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
    SELECT m.name, p.title AS podcast, e.title AS episode, e.id AS episode_id, e.stats_date,
           m.source, m.times, m.by_cue,
           EXISTS (SELECT FROM speaker s WHERE s.episode_id = e.id AND s.person_id = n.person_id)
               AS speaks
    FROM person_name n JOIN mention m ON m.key = n.key
    JOIN episode e ON e.id = m.episode_id JOIN podcast p ON p.id = e.podcast_id
    WHERE n.person_id = :id AND n.scope = 'global' AND {_COUNTED}
    ORDER BY e.stats_date DESC, e.id DESC, m.source
""")  # noqa: S608  constants of ours
_NO_SPEECH = dict.fromkeys(("appearances", "named", "quarantined", "unknown"), 0)
_BACK_CHANNEL = text("""
    SELECT count(*) AS appearances, count(*) FILTER (WHERE a.is_backchannel) AS is_backchannel
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
    places = _places(session, _PLACES_OF_PODCAST, counted_episodes(session, shows))
    asked = {"id": episode_id, "often": [place.person_id for place in places if place.often]}
    return [dict(row) for row in session.connection().execute(_OF_EPISODE, asked).mappings()]


def roles_in_podcast(session: Session, podcast_id: int) -> list[dict[str, Any]]:
    """The role that everybody has in most of their episodes of a podcast."""
    places = _places(session, _PLACES_OF_PODCAST, counted_episodes(session, [podcast_id]))
    roles = {row.person_id: row.role for row in _mostly(session, places)}
    episodes = {place.person_id: place.episodes for place in places}
    found = [{"id": one, "role": role, "episodes": episodes[one]} for one, role in roles.items()]
    return sorted(called(session, found), key=lambda row: (-row["episodes"], row["slug"]))


def roles_of_people(
    session: Session, podcast_id: int, people: Sequence[int], counted: int
) -> dict[int, str]:
    """What some people mostly are in a podcast, of which so many episodes are counted."""
    places = _places(session, _PLACES_OF_PEOPLE, {podcast_id: counted}, people)
    return {row.person_id: row.role for row in _mostly(session, places)}


def roles_of_person(
    session: Session, person_id: int, counted: Sequence[tuple[int, int]] | None = None
) -> dict[int, str]:
    """Host, guest or other: what somebody mostly is in each podcast, by its id.

    Whoever knows how many episodes are counted of each of their podcasts says so, in pairs.
    """
    if counted is None:
        shows = session.connection().execute(_PODCASTS_OF, {"id": person_id}).scalars().all()
        counted = list(counted_episodes(session, shows).items())
    places = _places(session, _PLACES_OF_PEOPLE, dict(counted), [person_id])
    return {row.podcast_id: row.role for row in _mostly(session, places)}


def _places(
    session: Session, query: Any, sizes: dict[int, int], people: Sequence[int] = ()
) -> Sequence[Any]:
    """Where who speaks, by how many episodes are counted of each podcast."""
    asked: dict[str, Any] = {"shows": list(sizes), "sizes": list(sizes.values())}
    if people:
        asked["people"] = list(people)
    return session.connection().execute(query, asked).all()


def _mostly(session: Session, places: Sequence[Any]) -> Sequence[Any]:
    """In each place, the role in most episodes."""
    seldom = [place for place in places if not place.often]
    asked = {
        "people": [place.person_id for place in places],
        "podcasts": [place.podcast_id for place in places],
        "episodes": [place.episodes for place in places],
        "often": [place.often for place in places],
        "guests": sorted({place.person_id for place in seldom}),
        "shows": sorted({place.podcast_id for place in seldom}),
    }
    return session.connection().execute(_MOSTLY, asked).all()


def mentioned_in(session: Session, person_id: int) -> dict[str, int]:
    """In how many episodes titles or descriptions name a person, and do not hear them."""
    (found,) = dictionaries(session, _MENTIONED, {"id": person_id})
    return found


def mentions_of(session: Session, person_id: int) -> list[dict[str, Any]]:
    """Where a person is named in titles and descriptions, and whether they speak there too."""
    rows = session.connection().execute(_MENTIONS, {"id": person_id}).mappings()
    return [dict(row) for row in rows]


def back_channel_of(session: Session, person_id: int) -> tuple[int, int]:
    """A person's appearances, and how many of them only show that they listen."""
    row = session.connection().execute(_BACK_CHANNEL, {"id": person_id}).one()
    return row.appearances, row.is_backchannel


def _shares(
    session: Session, columns: str, podcast_id: int | None = None, episode_id: int | None = None
) -> list[dict[str, Any]]:
    query = text(_SHARES.format(columns=columns, counted=_COUNTED))
    asked = {"podcast_id": podcast_id, "episode_id": episode_id}
    rows = session.connection().execute(query, asked).mappings()
    return [{key: value or 0 for key, value in row.items()} for row in rows]
