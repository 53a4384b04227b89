"""Who is host, guest or neither: in an episode, and in each podcast."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlmodel import Session, col

from models.database.sql import fetch_values
from models.queries.shown import fetch_all
from models.queries.visibility import VISIBLE, original_episode
from models.tables.episode import Episode
from models.tables.person import PersonPodcast

# An array uses an index of ``speaker``; a join would scan the whole table.
_COUNTED_EPISODES = f"""
    WITH shown AS MATERIALIZED (
        SELECT e.id, e.podcast_id FROM episode e
        WHERE e.podcast_id = ANY(:podcasts) AND {original_episode()}
    ), spoken AS MATERIALIZED (
        SELECT DISTINCT episode_id FROM speaker
        WHERE appearances > 0 AND episode_id = ANY(ARRAY(SELECT id FROM shown))
    )
    SELECT e.podcast_id, count(*) AS episodes FROM shown e JOIN spoken h ON h.episode_id = e.id
    GROUP BY 1
"""  # noqa: S608  constants of ours
# The role is that of the tag or label, else it follows from speech: a host is one who speaks often
# (``_speaks_often``), a guest has 5 % of an episode's segments. A tag does not make a guest of one
# who speaks in most episodes: feeds list everybody who is heard as guests.
_BY_TAG = """
    CASE WHEN {tag} IN ('host', 'co-host', 'guest host') THEN 'host'
         WHEN {tag} IN ('guest', 'interviewee') THEN 'guest' ELSE 'other' END
"""
_ROLES_IN_EPISODE = f"""
    SELECT q.name, q.slug, v.spoken AS appearances,
           CASE WHEN v.person_id = ANY(:mostly) AND {_BY_TAG.format(tag="v.tag")} = 'guest'
                    THEN 'host'
                WHEN v.tag <> '' THEN {_BY_TAG.format(tag="v.tag")}
                WHEN v.person_id = ANY(:often) THEN 'host'
                WHEN v.spoken * 20 >= (SELECT sum(appearances) FROM speaker WHERE episode_id = :id)
                    THEN 'guest'
                ELSE 'other' END AS role
    FROM (
        SELECT s.person_id, max(s.role) AS tag, sum(s.appearances) AS spoken
        FROM speaker s JOIN episode e ON e.id = s.episode_id JOIN podcast p ON p.id = e.podcast_id
        WHERE s.episode_id = :id AND {VISIBLE} AND s.person_id IS NOT NULL AND s.appearances > 0
        GROUP BY 1
    ) v JOIN person q ON q.id = v.person_id ORDER BY v.spoken DESC, q.slug
"""  # noqa: S608  constants of ours
_PLACES = """
    SELECT c.person_id, c.podcast_id, c.episodes FROM person_podcast c
    WHERE c.podcast_id = ANY(:podcasts)
        AND (CAST(:people AS bigint[]) IS NULL OR c.person_id = ANY(:people))
"""
# The shortest run of a podcast's counted episodes in which a person speaks ``:spoken`` times.
_RUNS = f"""
    WITH shown AS MATERIALIZED (
        SELECT e.id, e.podcast_id,
               row_number() OVER (PARTITION BY e.podcast_id ORDER BY e.stats_date, e.id) AS number
        FROM episode e WHERE e.podcast_id = ANY(:podcasts) AND {original_episode()}
            AND EXISTS (SELECT FROM speaker s WHERE s.episode_id = e.id AND s.appearances > 0)
    )
    SELECT person_id, podcast_id, min(last - number + 1) AS episodes FROM (
        SELECT s.person_id, e.podcast_id, e.number, lead(e.number, :spoken - 1) OVER (
            PARTITION BY s.person_id, e.podcast_id ORDER BY e.number) AS last
        FROM (SELECT DISTINCT person_id, episode_id FROM speaker
              WHERE person_id = ANY(:people) AND appearances > 0) s
        JOIN shown e ON e.id = s.episode_id
    ) r WHERE last IS NOT NULL GROUP BY 1, 2
"""  # noqa: S608  constants of ours
# A host speaks in so many episodes, which are at least a quarter of the podcast's; or in so many
# that are a quarter of a run of episodes, and was a host for a time.
_MIN_EPISODES, _MIN_EPISODES_OF_RUN, _SHARE = 3, 5, 4
# Each episode is one vote. A tagged episode votes for its tag. Of untagged ones, those of a person
# who speaks often vote for host; the others are compared with the whole episode.
_ROLES = f"""
    WITH place AS MATERIALIZED (
        SELECT * FROM unnest(CAST(:people AS bigint[]), CAST(:podcasts AS bigint[]),
                             CAST(:episodes AS bigint[]), CAST(:often AS boolean[]))
            AS c (person_id, podcast_id, episodes, often)
    ), tagged AS MATERIALIZED (
        SELECT s.person_id, s.episode_id, e.podcast_id, max(s.role) AS tag
        FROM speaker s JOIN episode e ON e.id = s.episode_id JOIN podcast p ON p.id = e.podcast_id
        WHERE s.person_id = ANY(CAST(:people AS bigint[])) AND s.role <> '' AND s.appearances > 0
            AND e.podcast_id = ANY(CAST(:podcasts AS bigint[])) AND {VISIBLE}
            AND NOT EXISTS (
                SELECT FROM unnest(CAST(:most_people AS bigint[]), CAST(:most_podcasts AS bigint[]))
                    AS m (person_id, podcast_id)
                WHERE m.person_id = s.person_id AND m.podcast_id = e.podcast_id
                    AND {_BY_TAG.format(tag="s.role")} = 'guest')
        GROUP BY 1, 2, 3
    ), guest_speech AS MATERIALIZED (
        SELECT s.person_id, s.episode_id, e.podcast_id, sum(s.appearances) AS spoken
        FROM speaker s JOIN episode e ON e.id = s.episode_id JOIN podcast p ON p.id = e.podcast_id
        WHERE cardinality(CAST(:guests AS bigint[])) > 0
            AND s.person_id = ANY(CAST(:guests AS bigint[])) AND s.appearances > 0
            AND e.podcast_id = ANY(CAST(:shows AS bigint[])) AND {VISIBLE}
            AND NOT EXISTS (SELECT FROM tagged t
                            WHERE t.person_id = s.person_id AND t.episode_id = s.episode_id)
        GROUP BY 1, 2, 3
    ), whole AS MATERIALIZED (
        SELECT episode_id, sum(appearances) AS spoken FROM speaker
        WHERE episode_id = ANY(ARRAY(SELECT episode_id FROM guest_speech)) GROUP BY 1
    ), vote AS (
        SELECT person_id, podcast_id, {_BY_TAG.format(tag="tag")} AS role, count(*) AS votes
        FROM tagged GROUP BY 1, 2, 3
        UNION ALL
        SELECT h.person_id, h.podcast_id,
               CASE WHEN h.spoken * 20 >= w.spoken THEN 'guest' ELSE 'other' END, count(*)
        FROM guest_speech h JOIN whole w ON w.episode_id = h.episode_id GROUP BY 1, 2, 3
        UNION ALL
        SELECT c.person_id, c.podcast_id, 'host', c.episodes - coalesce(t.episodes, 0)
        FROM place c LEFT JOIN (
            SELECT person_id, podcast_id, count(*) AS episodes FROM tagged GROUP BY 1, 2
        ) t ON t.person_id = c.person_id AND t.podcast_id = c.podcast_id WHERE c.often
    )
    SELECT DISTINCT ON (person_id, podcast_id) person_id, podcast_id, role
    FROM vote GROUP BY person_id, podcast_id, role
    ORDER BY person_id, podcast_id, sum(votes) DESC, role
"""  # noqa: S608  constants of ours


@dataclass(frozen=True, slots=True)
class EpisodeRole:
    """A person's role in one episode: host, guest or other."""

    name: str
    slug: str
    appearances: int
    role: str


@dataclass(frozen=True, slots=True)
class _CountedEpisodes:
    podcast_id: int
    episodes: int


@dataclass(frozen=True, slots=True)
class _Place:
    person_id: int
    podcast_id: int
    episodes: int
    often: bool = False
    mostly: bool = False


@dataclass(frozen=True, slots=True)
class _Run:
    person_id: int
    podcast_id: int
    episodes: int


@dataclass(frozen=True, slots=True)
class _Role:
    person_id: int
    podcast_id: int
    role: str


def counted_episodes(session: Session, podcast_ids: Collection[int]) -> dict[int, int]:
    """The number of episodes with appearances, by podcast; 0 without any."""
    params = {"podcasts": list(podcast_ids)}
    found = fetch_all(session, _COUNTED_EPISODES, _CountedEpisodes, params)
    return dict.fromkeys(podcast_ids, 0) | {row.podcast_id: row.episodes for row in found}


def roles_in_episode(session: Session, episode_id: int) -> list[EpisodeRole]:
    """Roles of all people who speak in an episode, most appearances first."""
    podcasts = fetch_values(
        session, select(col(Episode.podcast_id)).where(col(Episode.id) == episode_id)
    )
    places = _places(session, counted_episodes(session, podcasts))
    params = {
        "id": episode_id,
        "often": [place.person_id for place in places if place.often],
        "mostly": [place.person_id for place in places if place.mostly],
    }
    return fetch_all(session, _ROLES_IN_EPISODE, EpisodeRole, params)


def roles_of_people(
    session: Session, podcast_id: int, people: Sequence[int], counted: int
) -> dict[int, str]:
    """Roles of the given people in a podcast with so many counted episodes, by person id."""
    places = _places(session, {podcast_id: counted}, people)
    return {row.person_id: row.role for row in _roles(session, places)}


def roles_of_person(
    session: Session, person_id: int, counted: Sequence[tuple[int, int]] | None = None
) -> dict[int, str]:
    """A person's role in each podcast, by podcast id.

    ``counted`` are pairs of podcast and counted episodes, for a caller that knows them.
    """
    if counted is None:
        query = select(col(PersonPodcast.podcast_id)).where(
            col(PersonPodcast.person_id) == person_id
        )
        counted = list(counted_episodes(session, fetch_values(session, query)).items())
    places = _places(session, dict(counted), [person_id])
    return {row.podcast_id: row.role for row in _roles(session, places)}


def _places(
    session: Session, counted: dict[int, int], people: Sequence[int] | None = None
) -> list[_Place]:
    """Episodes of people by podcast; ``counted`` are the counted episodes of each podcast."""
    params = {"podcasts": list(counted), "people": None if people is None else list(people)}
    places = fetch_all(session, _PLACES, _Place, params)
    places = [_by_share(place, counted[place.podcast_id]) for place in places]
    possible = [p for p in places if not p.often and p.episodes >= _MIN_EPISODES_OF_RUN]
    for_a_time = _hosts_for_a_time(session, possible)
    return [replace(p, often=p.often or (p.person_id, p.podcast_id) in for_a_time) for p in places]


def _by_share(place: _Place, counted: int) -> _Place:
    mostly = place.episodes >= _MIN_EPISODES_OF_RUN and place.episodes * 2 >= counted
    return replace(place, often=_speaks_often(place.episodes, counted), mostly=mostly)


def _speaks_often(episodes: int, counted: int) -> bool:
    """Whether a person speaks as often as a host; of two episodes, it is in both."""
    return episodes >= min(_MIN_EPISODES, max(counted, 2)) and episodes * _SHARE >= counted


def _hosts_for_a_time(session: Session, places: Sequence[_Place]) -> set[tuple[int, int]]:
    """People who speak often in a run of episodes, each with the podcast."""
    if not places:
        return set()
    params = {
        "people": sorted({one.person_id for one in places}),
        "podcasts": sorted({one.podcast_id for one in places}),
        "spoken": _MIN_EPISODES_OF_RUN,
    }
    longest = _MIN_EPISODES_OF_RUN * _SHARE
    runs = fetch_all(session, _RUNS, _Run, params)
    return {(one.person_id, one.podcast_id) for one in runs if one.episodes <= longest}


def _roles(session: Session, places: Sequence[_Place]) -> list[_Role]:
    """The role that most episodes of each person in each podcast vote for."""
    seldom = [place for place in places if not place.often]
    params = {
        "people": [place.person_id for place in places],
        "podcasts": [place.podcast_id for place in places],
        "episodes": [place.episodes for place in places],
        "often": [place.often for place in places],
        "most_people": [place.person_id for place in places if place.mostly],
        "most_podcasts": [place.podcast_id for place in places if place.mostly],
        "guests": sorted({place.person_id for place in seldom}),
        "shows": sorted({place.podcast_id for place in seldom}),
    }
    return fetch_all(session, _ROLES, _Role, params)
