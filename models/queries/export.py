"""All that is known, in the order of ids: for pages of the API and for exports.

An id never changes, so whoever follows the ids sees each row that was there from the beginning to
the end exactly once, whatever arrives meanwhile.
"""

from collections.abc import Callable, Sequence

from sqlmodel import Session

from models.queries.sql import VISIBLE, Row, rows

_APPEARANCES = f"""
    SELECT a.id, a.episode_id, e.title AS episode, e.stats_date, e.podcast_id, p.title AS podcast,
           a.position, a.start_ms, a.end_ms, a.text, s.label, o.name AS person,
           o.slug AS person_slug
    FROM appearance a JOIN speaker s ON s.id = a.speaker_id
    JOIN episode e ON e.id = a.episode_id JOIN podcast p ON p.id = e.podcast_id
    LEFT JOIN person o ON o.id = s.person_id AND o.state = 'active'
    WHERE a.id > :after AND {VISIBLE} ORDER BY a.id LIMIT :limit
"""  # noqa: S608  constants of ours
_OF_EPISODE = f"""
    SELECT a.id, a.episode_id, e.title AS episode, e.stats_date, e.podcast_id, p.title AS podcast,
           a.position, a.start_ms, a.end_ms, a.text, s.label, o.name AS person,
           o.slug AS person_slug
    FROM appearance a JOIN speaker s ON s.id = a.speaker_id
    JOIN episode e ON e.id = a.episode_id JOIN podcast p ON p.id = e.podcast_id
    LEFT JOIN person o ON o.id = s.person_id AND o.state = 'active'
    WHERE a.episode_id = :episode_id AND (a.position, a.id) > (:position, :after) AND {VISIBLE}
    ORDER BY a.position, a.id LIMIT :limit
"""  # noqa: S608  constants of ours
_LABELS = """
    SELECT a.id, s.label FROM appearance a JOIN speaker s ON s.id = a.speaker_id
    WHERE a.id = ANY(:ids)
"""
_EPISODES = f"""
    SELECT e.id, e.guid, e.title, e.link, e.published_at, e.stats_date, e.duration_ms, e.audio_url,
           e.podcast_id, p.title AS podcast, n.appearances
    FROM episode e JOIN podcast p ON p.id = e.podcast_id
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(s.appearances), 0)::bigint AS appearances
        FROM speaker s WHERE s.episode_id = e.id) n
    WHERE e.id > :after AND {VISIBLE} {{chosen}} ORDER BY e.id LIMIT :limit
"""  # noqa: S608  constants of ours
_PODCASTS = """
    SELECT p.id, p.title, p.feed_url, p.link, p.author, p.language, p.state,
           n.episodes, n.appearances, n.latest_on
    FROM podcast p CROSS JOIN LATERAL (
        SELECT count(*) AS episodes, max(e.stats_date) AS latest_on, (
            SELECT coalesce(sum(s.appearances), 0)::bigint FROM speaker s JOIN episode c
                ON c.id = s.episode_id WHERE c.podcast_id = p.id AND c.duplicate_of IS NULL
        ) AS appearances
        FROM episode e WHERE e.podcast_id = p.id AND e.duplicate_of IS NULL
    ) n
    WHERE p.id > :after AND p.state IN ('active', 'paused', 'gone') {chosen}
    ORDER BY p.id LIMIT :limit
"""
_PEOPLE = """
    SELECT id, name, slug, appearances, episodes, podcasts, spoken_ms, first_on, last_on
    FROM person WHERE id > :after AND state = 'active' AND appearances > 0 ORDER BY id LIMIT :limit
"""


def all_appearances(session: Session, after: int, limit: int) -> list[Row]:
    """Every segment spoken, whoever speaks."""
    return rows(session, _APPEARANCES, after=after, limit=limit)


def appearances_of_episode(
    session: Session, episode_id: int, after: tuple[int, int], limit: int
) -> list[Row]:
    """The segments of an episode in order; ``after`` is the position and id of the last."""
    position, last = after
    return rows(session, _OF_EPISODE, episode_id=episode_id, position=position, after=last,
                limit=limit)  # fmt: skip


def labels_of(session: Session, appearance_ids: Sequence[int]) -> dict[int, str]:
    """The label under which each of these segments was published."""
    found = rows(session, _LABELS, ids=list(appearance_ids))
    return {row["id"]: row["label"] for row in found}


def all_episodes(session: Session, after: int, limit: int) -> list[Row]:
    """Every episode."""
    return rows(session, _EPISODES.format(chosen=""), after=after, limit=limit)


def one_episode(session: Session, episode_id: int) -> Row | None:
    """One of them."""
    query = _EPISODES.format(chosen="AND e.id = :id")
    return next(iter(rows(session, query, after=0, limit=1, id=episode_id)), None)


def episodes_by_id(session: Session, podcast_id: int, after: int, limit: int) -> list[Row]:
    """Every episode of a podcast."""
    query = _EPISODES.format(chosen="AND e.podcast_id = :podcast_id")
    return rows(session, query, after=after, limit=limit, podcast_id=podcast_id)


def all_podcasts(session: Session, after: int, limit: int) -> list[Row]:
    """Every podcast that is followed."""
    return rows(session, _PODCASTS.format(chosen=""), after=after, limit=limit)


def one_podcast(session: Session, podcast_id: int) -> Row | None:
    """One of them."""
    query = _PODCASTS.format(chosen="AND p.id = :id")
    return next(iter(rows(session, query, after=0, limit=1, id=podcast_id)), None)


def all_people(session: Session, after: int, limit: int) -> list[Row]:
    """Everybody with an appearance."""
    return rows(session, _PEOPLE, after=after, limit=limit)


EXPORTS: dict[str, Callable[[Session, int, int], list[Row]]] = {
    "appearances": all_appearances,
    "episodes": all_episodes,
    "people": all_people,
    "podcasts": all_podcasts,
}
