"""Lists to browse: people, podcasts, topics and the latest episodes, paged by key."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Integer, bindparam, cast, func, select, tuple_
from sqlmodel import Session, col

from models.database.row_columns import row_columns
from models.database.sql import Compiled, fetch_value, fetch_values
from models.queries.person import ListedPerson
from models.queries.shown import fetch_all, fetch_only
from models.queries.visibility import (
    VISIBLE,
    is_listed,
    is_visible,
    listed_podcast,
    original_episode,
)
from models.tables.episode import Episode
from models.tables.person import Person, PersonState
from models.tables.podcast import Podcast

_IS_SHOWN = (col(Person.state) == PersonState.active, col(Person.appearances) > 0)

_SUMS = f"""
    CROSS JOIN LATERAL (
        SELECT count(*) AS episodes, (
            SELECT coalesce(sum(s.appearances), 0)::bigint FROM speaker s
            WHERE s.episode_id = ANY(ARRAY(
                SELECT c.id FROM episode c WHERE c.podcast_id = p.id AND {original_episode("c")}))
        ) AS appearances
        FROM episode e WHERE e.podcast_id = p.id AND {original_episode()}
    ) n
"""  # noqa: S608  constants of ours
_LISTED = f"""
    SELECT p.id, p.title, p.feed_url, p.author, p.language, p.state, l.latest_on {{more}}
    FROM podcast p LEFT JOIN LATERAL (
        SELECT stats_date AS latest_on FROM episode e
        WHERE e.podcast_id = p.id AND {original_episode()} ORDER BY stats_date DESC LIMIT 1
    ) l ON true {{sums}}
    WHERE {listed_podcast()} {{chosen}} ORDER BY {{order}} LIMIT :limit
"""  # noqa: S608  constants of ours
_PODCAST_ORDERS = {
    "title": ("lower(p.title), p.id", "(lower(p.title), p.id) > (:key, :id)"),
    "appearances": ("n.appearances DESC, p.id DESC", "(n.appearances, p.id) < (:key, :id)"),
    "latest": (
        "coalesce(p.latest_on, '-infinity') DESC, p.id DESC",
        "(coalesce(l.latest_on, '-infinity'), p.id) < (CAST(:key AS date), :id)",
    ),
}
_TOPICS = """
    SELECT * FROM (
        SELECT t.name, t.slug, sum(n.episodes)::bigint AS episodes, count(*) AS podcasts
        FROM (
            SELECT x.topic_id, e.podcast_id, count(*) AS episodes
            FROM episode_topic x JOIN episode e ON e.id = x.episode_id
            JOIN podcast p ON p.id = e.podcast_id WHERE {visible} GROUP BY 1, 2
        ) n JOIN topic t ON t.id = n.topic_id WHERE true {chosen} GROUP BY t.id
    ) t {after} ORDER BY {order} LIMIT :limit
"""
_TOPIC_ORDERS = {
    "episodes": ("episodes DESC, slug DESC", "WHERE (episodes, slug) < (:key, :slug)"),
    "name": ("slug", "WHERE slug > :slug"),
}
_LATEST = f"""
    SELECT e.id, e.title, e.stats_date, e.podcast_id, p.title AS podcast, p.feed_url,
           n.appearances, n.people
    FROM episode e JOIN podcast p ON p.id = e.podcast_id
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(s.appearances), 0)::bigint AS appearances,
               array_agg(o.name ORDER BY s.appearances DESC, o.slug)
                   FILTER (WHERE o.id IS NOT NULL) AS people
        FROM speaker s LEFT JOIN person o ON o.id = s.person_id WHERE s.episode_id = e.id
    ) n
    WHERE {VISIBLE} ORDER BY e.stats_date DESC, e.id DESC LIMIT :limit
"""  # noqa: S608  constants of ours


@dataclass(frozen=True, slots=True)
class ListedPodcast:
    """A podcast in a list; ``appearances`` are all segments of its episodes."""

    id: int
    title: str
    feed_url: str
    author: str
    language: str | None
    state: str
    latest_on: date | None
    episodes: int
    appearances: int


@dataclass(frozen=True, slots=True)
class ListedTopic:
    """A topic in a list, with its visible episodes and their podcasts."""

    name: str
    slug: str
    episodes: int
    podcasts: int


@dataclass(frozen=True, slots=True)
class LatestEpisode:
    """A new episode; ``people`` are the names of its speakers, most appearances first."""

    id: int
    title: str
    stats_date: date
    podcast_id: int
    podcast: str
    feed_url: str
    appearances: int
    people: list[str] | None


@dataclass(frozen=True, slots=True)
class AddedPodcast:
    """A podcast, and when it was added."""

    id: int
    title: str
    feed_url: str
    author: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts of the whole store; ``appearances`` are those that are attributed to people."""

    podcasts: int
    episodes: int
    people: int
    appearances: int


_READ_KEY: dict[str, Callable[[str], object]] = {
    "appearances": int,
    "new": date.fromisoformat,
    "name": str,
}
_EPISODES = (
    select(func.count())
    .select_from(Episode)
    .join(Podcast, col(Podcast.id) == Episode.podcast_id)
    .where(is_visible())
)
_TOTALS = Compiled(
    select(
        *row_columns(
            Totals,
            podcasts=select(func.count()).where(is_listed()).scalar_subquery(),
            episodes=_EPISODES.scalar_subquery(),
            people=func.count(col(Person.id)),
            appearances=cast(func.coalesce(func.sum(col(Person.appearances)), 0), BigInteger),
        )
    ).where(*_IS_SHOWN)
)
_ADDED = Compiled(
    select(*row_columns(AddedPodcast, Podcast))
    .where(is_listed())
    .order_by(col(Podcast.added_at).desc(), col(Podcast.id).desc())
    .limit(bindparam("limit", type_=Integer))
)
_LETTER = func.upper(func.left(col(Person.slug), 1))
_LETTERS = Compiled(select(_LETTER).where(*_IS_SHOWN).distinct().order_by(_LETTER))


def browse_people(
    session: Session,
    *,
    order: str = "appearances",
    letter: str = "",
    words: str = "",
    after: tuple[str, str] | None = None,
    limit: int = 50,
) -> list[ListedPerson]:
    """People by ``appearances``, ``new`` or ``name``; ``after`` is the key and slug of the last."""
    params: dict[str, object] = {"limit": limit}
    if letter:
        params["letter"] = f"{letter.lower()}%"
    if words:
        params["words"] = words
    if after is not None:
        params |= {"key": _READ_KEY[order](after[0]), "slug": after[1]}
    return fetch_all(session, _people(order, frozenset(params)), ListedPerson, params)


@lru_cache
def _people(order: str, params: frozenset[str]) -> Compiled:
    """The statement for people in this order, with the conditions that these parameters have."""
    name, slug = col(Person.name), col(Person.slug)
    query = select(*row_columns(ListedPerson, Person)).where(*_IS_SHOWN)
    if "letter" in params:
        query = query.where(slug.like(bindparam("letter")))
    if "words" in params:
        found = func.strpos(func.lower(name), func.lower(bindparam("words")))
        query = query.where(found > 0)
    if order == "name":
        query = query.where(slug > bindparam("slug")) if "slug" in params else query
        return Compiled(query.order_by(slug).limit(bindparam("limit", type_=Integer)))
    key = col(Person.appearances) if order == "appearances" else col(Person.first_on)
    if "slug" in params:
        last = tuple_(bindparam("key"), bindparam("slug"))
        query = query.where(tuple_(key, slug) < last)
    ordered = query.order_by(key.desc(), slug.desc())
    return Compiled(ordered.limit(bindparam("limit", type_=Integer)))


def count_people(session: Session, *, letter: str = "", words: str = "") -> int:
    """How many people ``browse_people`` lists."""
    query = select(func.count()).select_from(Person).where(*_IS_SHOWN)
    if letter:
        query = query.where(col(Person.slug).like(f"{letter.lower()}%"))
    if words:
        query = query.where(func.strpos(func.lower(col(Person.name)), words.lower()) > 0)
    return int(fetch_value(session, query))


def letters_of_people(session: Session) -> list[str]:
    """First letters of the slugs of people."""
    return fetch_values(session, _LETTERS)


def browse_podcasts(
    session: Session, *, order: str = "title", after: tuple[str, str] | None = None, limit: int = 50
) -> list[ListedPodcast]:
    """Followed podcasts by ``title``, ``appearances`` or ``latest`` episode."""
    columns, beyond = _PODCAST_ORDERS[order]
    chosen, params = "", dict[str, Any](limit=limit)
    if after is not None:
        chosen = f"AND {beyond}"
        params |= {"key": int(after[0]) if order == "appearances" else after[0]}
        params["id"] = int(after[1])
    if order == "appearances":  # all podcasts must be summed to be sorted
        more, sums = ", n.episodes, n.appearances", _SUMS
        query = _LISTED.format(more=more, sums=sums, chosen=chosen, order=columns)
    else:
        page = _LISTED.format(
            more="", sums="", chosen=chosen, order=columns.replace("p.latest_on", "l.latest_on")
        )
        query = f"SELECT p.*, n.* FROM ({page}) p {_SUMS} ORDER BY {columns}"  # noqa: S608  constants of ours
    return fetch_all(session, query, ListedPodcast, params)


def count_podcasts(session: Session) -> int:
    """How many podcasts ``browse_podcasts`` lists."""
    return int(fetch_value(session, select(func.count()).where(is_listed())))


def browse_topics(
    session: Session,
    *,
    order: str = "episodes",
    words: str = "",
    after: tuple[str, str] | None = None,
    limit: int = 60,
) -> list[ListedTopic]:
    """Topics with their visible episodes, by ``episodes`` or ``name``."""
    columns, beyond = _TOPIC_ORDERS[order]
    chosen, params = "", dict[str, Any](limit=limit)
    if words:
        chosen, params["words"] = "AND strpos(lower(t.name), lower(:words)) > 0", words
    if after is not None:
        params |= {"key": int(after[0])} if order == "episodes" else {}
        params["slug"] = after[1]
    query = _TOPICS.format(
        visible=VISIBLE, chosen=chosen, order=columns, after=beyond if after else ""
    )
    return fetch_all(session, query, ListedTopic, params)


def count_topics(session: Session, *, words: str = "") -> int:
    """How many topics ``browse_topics`` lists."""
    chosen = "AND strpos(lower(t.name), lower(:words)) > 0" if words else ""
    query = f"""
        SELECT count(*) FROM topic t WHERE EXISTS (
            SELECT FROM episode_topic x JOIN episode e ON e.id = x.episode_id
            JOIN podcast p ON p.id = e.podcast_id WHERE x.topic_id = t.id AND {VISIBLE}
        ) {chosen}
    """  # noqa: S608  constants of ours
    return int(fetch_value(session, query, {"words": words} if words else None))


def latest_episodes(session: Session, limit: int = 8) -> list[LatestEpisode]:
    """The newest episodes, with the people who speak in each."""
    return fetch_all(session, _LATEST, LatestEpisode, {"limit": limit})


def newest_podcasts(session: Session, limit: int = 4) -> list[AddedPodcast]:
    """The followed podcasts that were added last."""
    return fetch_all(session, _ADDED, AddedPodcast, {"limit": limit})


def totals(session: Session) -> Totals:
    """Podcasts, episodes, people and their appearances in the whole store."""
    return fetch_only(session, _TOTALS, Totals)
