"""Everything in the order of ids, as dictionaries: for lists of the API and for exports.

An id never changes, so a reader who follows the ids sees each row that existed from the first page
to the last exactly once, whatever arrives meanwhile.
"""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from models.database.row_columns import any_of, row_columns
from models.queries.person import ListedPerson
from models.queries.shown import fetch_dicts
from models.queries.timed import timed_episodes
from models.queries.transcript_source import selected_source, source_of_words
from models.queries.visibility import VISIBLE, listed_podcast, original_episode
from models.tables.person import Person, PersonState
from models.tables.speaker import Appearance, Speaker

Row = dict[str, Any]

_APPEARANCES = f"""
    SELECT a.id, a.episode_id, e.title AS episode, e.stats_date, e.podcast_id, p.title AS podcast,
           a.position, a.start_ms, a.end_ms, a.text, s.label, o.name AS person,
           o.slug AS person_slug, {source_of_words()} AS source
    FROM appearance a JOIN speaker s ON s.id = a.speaker_id
    JOIN episode e ON e.id = a.episode_id JOIN podcast p ON p.id = e.podcast_id
    LEFT JOIN person o ON o.id = s.person_id AND o.state = 'active'
    WHERE {VISIBLE} AND
"""  # noqa: S608  constants of ours
_BY_ID = _APPEARANCES + " a.id > :after ORDER BY a.id LIMIT :limit"
_OF_EPISODE = (
    _APPEARANCES + " a.episode_id = :episode_id AND (a.position, a.id) > (:position, :after) "
    "ORDER BY a.position, a.id LIMIT :limit"
)
_EPISODES = f"""
    SELECT e.id, e.guid, e.title, e.link, e.published_at, e.stats_date, e.duration_ms, e.audio_url,
           e.podcast_id, p.title AS podcast, n.appearances, {selected_source()} AS source
    FROM episode e JOIN podcast p ON p.id = e.podcast_id
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(s.appearances), 0)::bigint AS appearances
        FROM speaker s WHERE s.episode_id = e.id) n
    WHERE e.id > :after AND {VISIBLE} {{chosen}} ORDER BY e.id LIMIT :limit
"""  # noqa: S608  constants of ours
_PODCASTS = f"""
    SELECT p.id, p.title, p.feed_url, p.link, p.author, p.language, p.state,
           n.episodes, n.appearances, n.latest_on
    FROM podcast p CROSS JOIN LATERAL (
        SELECT count(*) AS episodes, max(e.stats_date) AS latest_on, (
            SELECT coalesce(sum(s.appearances), 0)::bigint FROM speaker s JOIN episode c
                ON c.id = s.episode_id
            WHERE c.podcast_id = p.id AND {original_episode("c")}
        ) AS appearances
        FROM episode e WHERE e.podcast_id = p.id AND {original_episode()}
    ) n
    WHERE p.id > :after AND {listed_podcast()} {{chosen}}
    ORDER BY p.id LIMIT :limit
"""  # noqa: S608  constants of ours


def all_appearances(session: Session, after: int, limit: int) -> list[Row]:
    """Every visible segment, attributed or not."""
    return fetch_dicts(session, _BY_ID, {"after": after, "limit": limit})


def appearances_of_episode(
    session: Session, episode_id: int, after: tuple[int, int], limit: int
) -> list[Row]:
    """The segments of an episode in order; ``after`` is the position and id of the last."""
    position, last = after
    params = {"episode_id": episode_id, "position": position, "after": last, "limit": limit}
    return fetch_dicts(session, _OF_EPISODE, params)


def labels_of(session: Session, appearance_ids: Sequence[int]) -> dict[int, str]:
    """The published label of each of these appearances."""
    query = select(col(Appearance.id), col(Speaker.label)).join(Speaker)
    labels = query.where(col(Appearance.id) == any_of(appearance_ids))
    return {int(key or 0): label for key, label in session.connection().execute(labels)}


def all_episodes(session: Session, after: int, limit: int) -> list[Row]:
    """Every visible episode."""
    return fetch_dicts(session, _EPISODES.format(chosen=""), {"after": after, "limit": limit})


def one_episode(session: Session, episode_id: int) -> Row | None:
    """One visible episode."""
    query = _EPISODES.format(chosen="AND e.id = :id")
    return next(iter(fetch_dicts(session, query, {"after": 0, "limit": 1, "id": episode_id})), None)


def episodes_by_id(session: Session, podcast_id: int, after: int, limit: int) -> list[Row]:
    """Every visible episode of a podcast."""
    query = _EPISODES.format(chosen="AND e.podcast_id = :podcast_id")
    params = {"after": after, "limit": limit, "podcast_id": podcast_id}
    return fetch_dicts(session, query, params)


def all_podcasts(session: Session, after: int, limit: int) -> list[Row]:
    """Every followed podcast."""
    query, params = _PODCASTS.format(chosen=""), {"after": after, "limit": limit}
    return fetch_dicts(session, query, params, of_podcast="id")


def one_podcast(session: Session, podcast_id: int) -> Row | None:
    """One followed podcast."""
    query, params = _PODCASTS.format(chosen="AND p.id = :id"), {"after": 0, "limit": 1}
    rows = fetch_dicts(session, query, params | {"id": podcast_id}, of_podcast="id")
    return next(iter(rows), None)


def all_people(session: Session, after: int, limit: int) -> list[Row]:
    """Every person with an appearance."""
    query = (
        select(*row_columns(ListedPerson, Person))
        .where(col(Person.id) > after)
        .where(col(Person.state) == PersonState.active, col(Person.appearances) > 0)
        .order_by(col(Person.id))
    )
    rows = fetch_dicts(session, query.limit(limit))
    timed = timed_episodes(session, [row["id"] for row in rows])
    return [row | {"timed_episodes": timed[row["id"]]} for row in rows]


EXPORTS: dict[str, Callable[[Session, int, int], list[Row]]] = {
    "appearances": all_appearances,
    "episodes": all_episodes,
    "people": all_people,
    "podcasts": all_podcasts,
}
