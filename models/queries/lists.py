"""Lists to browse: people, podcasts, topics and the latest episodes, in pages by key."""

from typing import Any

from sqlmodel import Session

from models.queries.sql import VISIBLE, Row, first, rows

_FIGURES = "name, slug, appearances, episodes, podcasts, spoken_ms, first_on, last_on, id"
_PEOPLE = """
    SELECT {figures} FROM person
    WHERE state = 'active' AND appearances > 0 {chosen} ORDER BY {order} LIMIT :limit
"""
# What a page is ordered by, and where it goes on: the same columns, in the same order.
_ORDERS = {
    "appearances": ("appearances DESC, slug DESC", "(appearances, slug) < (:key, :slug)"),
    "new": ("first_on DESC, slug DESC", "(first_on, slug) < (CAST(:key AS date), :slug)"),
    "name": ("slug", "slug > :slug"),
}
_LETTERS = """
    SELECT DISTINCT upper(left(slug, 1)) AS letter FROM person
    WHERE state = 'active' AND appearances > 0 ORDER BY 1
"""
_SUMS = """
    CROSS JOIN LATERAL (
        SELECT count(*) AS episodes, (
            SELECT coalesce(sum(s.appearances), 0)::bigint FROM speaker s
            WHERE s.episode_id = ANY(ARRAY(
                SELECT c.id FROM episode c WHERE c.podcast_id = p.id AND c.duplicate_of IS NULL))
        ) AS appearances
        FROM episode e WHERE e.podcast_id = p.id AND e.duplicate_of IS NULL
    ) n
"""
_FOLLOWED = """
    SELECT p.id, p.title, p.feed_url, p.author, p.language, p.state, l.latest_on {more}
    FROM podcast p LEFT JOIN LATERAL (
        SELECT stats_date AS latest_on FROM episode e
        WHERE e.podcast_id = p.id AND e.duplicate_of IS NULL ORDER BY stats_date DESC LIMIT 1
    ) l ON true {sums}
    WHERE p.state IN ('active', 'paused', 'gone') {chosen} ORDER BY {order} LIMIT :limit
"""
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
_WHOLE = """
    SELECT (SELECT count(*) FROM podcast WHERE state IN ('active', 'paused', 'gone')) AS podcasts,
           (SELECT count(*) FROM episode e JOIN podcast p ON p.id = e.podcast_id
            WHERE e.duplicate_of IS NULL AND p.state NOT IN ('removed', 'duplicate')) AS episodes,
           count(*) AS people, coalesce(sum(appearances), 0)::bigint AS appearances
    FROM person WHERE state = 'active' AND appearances > 0
"""


def browse_people(
    session: Session,
    *,
    order: str = "appearances",
    letter: str = "",
    words: str = "",
    after: tuple[str, str] | None = None,
    limit: int = 50,
) -> list[Row]:
    """People by ``appearances``, ``new`` or ``name``; ``after`` is the key and slug of the last."""
    columns, beyond = _ORDERS[order]
    chosen, asked = "", dict[str, Any]()
    if letter:
        chosen += " AND slug LIKE :letter"
        asked["letter"] = f"{letter.lower()}%"
    if words:
        chosen += " AND strpos(lower(name), lower(:words)) > 0"
        asked["words"] = words
    if after is not None:
        chosen += f" AND {beyond}"
        asked |= {"key": int(after[0]) if order == "appearances" else after[0], "slug": after[1]}
    query = _PEOPLE.format(figures=_FIGURES, chosen=chosen, order=columns)
    return rows(session, query, limit=limit, **asked)


def letters_of_people(session: Session) -> list[str]:
    """The first letters that somebody's address has."""
    return [row["letter"] for row in rows(session, _LETTERS)]


def browse_podcasts(
    session: Session, *, order: str = "title", after: tuple[str, str] | None = None, limit: int = 50
) -> list[Row]:
    """What is followed; ``appearances`` are all segments spoken, whoever speaks."""
    columns, beyond = _PODCAST_ORDERS[order]
    chosen, asked = "", dict[str, Any]()
    if after is not None:
        chosen = f"AND {beyond}"
        asked = {"key": int(after[0]) if order == "appearances" else after[0], "id": int(after[1])}
    if order == "appearances":  # what is ordered by has to be summed of all
        more, sums = ", n.episodes, n.appearances", _SUMS
        query = _FOLLOWED.format(more=more, sums=sums, chosen=chosen, order=columns)
    else:
        page = _FOLLOWED.format(
            more="", sums="", chosen=chosen, order=columns.replace("p.latest_on", "l.latest_on")
        )
        query = f"SELECT p.*, n.* FROM ({page}) p {_SUMS} ORDER BY {columns}"  # noqa: S608
    return rows(session, query, limit=limit, **asked)


def browse_topics(
    session: Session,
    *,
    order: str = "episodes",
    words: str = "",
    after: tuple[str, str] | None = None,
    limit: int = 60,
) -> list[Row]:
    """Topics with their episodes, by ``episodes`` or ``name``."""
    columns, beyond = _TOPIC_ORDERS[order]
    chosen, asked = "", dict[str, Any]()
    if words:
        chosen, asked = "AND strpos(lower(t.name), lower(:words)) > 0", {"words": words}
    if after is not None:
        asked |= {"key": int(after[0])} if order == "episodes" else {}
        asked["slug"] = after[1]
    query = _TOPICS.format(
        visible=VISIBLE, chosen=chosen, order=columns, after=beyond if after else ""
    )
    return rows(session, query, limit=limit, **asked)


def latest_episodes(session: Session, limit: int = 8) -> list[Row]:
    """The newest episodes, with who speaks in each."""
    return rows(session, _LATEST, limit=limit)


def totals(session: Session) -> Row:
    """The figures of everything; ``appearances`` are those of people."""
    return first(session, _WHOLE) or {}
