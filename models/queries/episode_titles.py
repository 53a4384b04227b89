"""Episodes by the words of their titles."""

import re
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from models.queries.shown import fetch_all
from models.queries.visibility import VISIBLE

_MOST_PODCASTS = 20
# Each word begins a word of the title. People also write "JS Party 139": of podcasts whose titles
# have some of the words, the others are enough, but one of them has to be there.
_BY_TITLE = f"""
    WITH named AS (
        SELECT id, title FROM podcast WHERE title ~* ANY(:words) ORDER BY id LIMIT {_MOST_PODCASTS}
    ), matching AS (
        SELECT id, true AS has_all FROM episode
        WHERE to_tsvector('simple', title) @@ to_tsquery('simple', :query)
        UNION ALL
        SELECT e.id, false FROM named n JOIN episode e ON e.podcast_id = n.id
        WHERE e.title ~* ANY(:words) AND n.title || ' ' || e.title ~* ALL(:words)
    ), found AS MATERIALIZED (
        SELECT e.id, e.title, e.stats_date, e.podcast_id, p.title AS podcast, m.has_all
        FROM (SELECT id, bool_or(has_all) AS has_all FROM matching GROUP BY id) m
        JOIN episode e ON e.id = m.id JOIN podcast p ON p.id = e.podcast_id
        WHERE {VISIBLE} ORDER BY m.has_all DESC, e.stats_date DESC, e.id DESC LIMIT :limit
    )
    SELECT f.id, f.title, f.stats_date, f.podcast_id, f.podcast, ARRAY(
        SELECT o.name FROM speaker s JOIN person o ON o.id = s.person_id
        WHERE s.episode_id = f.id ORDER BY s.appearances DESC, o.slug) AS people
    FROM found f ORDER BY f.has_all DESC, f.stats_date DESC, f.id DESC
"""  # noqa: S608  constants of ours
_WORD = re.compile(r"[^\W_]+")
_MOST_WORDS = 12


@dataclass(frozen=True, slots=True)
class EpisodeByTitle:
    """An episode whose title has words that begin as was typed, its podcast and its speakers."""

    id: int
    title: str
    stats_date: date
    podcast_id: int
    podcast: str
    people: list[str]


def episodes_by_title(session: Session, typed: str, *, limit: int) -> list[EpisodeByTitle]:
    """Episodes whose title, with the podcast's before it, has words that begin with these."""
    words = _WORD.findall(typed)
    if not 0 < len(words) <= _MOST_WORDS:
        return []
    params = {
        "words": [rf"\m{word}" for word in words],
        "query": " & ".join(f"{word}:*" for word in words),
        "limit": limit,
    }
    return fetch_all(session, _BY_TITLE, EpisodeByTitle, params)
