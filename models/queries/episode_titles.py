"""Episodes by the words of their titles."""

import re
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from models.queries.shown import fetch_all
from models.queries.visibility import VISIBLE

# Each word begins a word of the title or of the podcast's, and one is in the title itself: people
# write "JS Party 139".
_BY_TITLE = f"""
    SELECT e.id, e.title, e.stats_date, e.podcast_id, p.title AS podcast
    FROM episode e JOIN podcast p ON p.id = e.podcast_id
    WHERE {VISIBLE} AND e.title ~* ANY(:words) AND p.title || ' ' || e.title ~* ALL(:words)
    ORDER BY e.title ~* ALL(:words) DESC, e.stats_date DESC, e.id DESC LIMIT :limit
"""  # noqa: S608  constants of ours
_WORD = re.compile(r"[^\W_]+")
_MOST_WORDS = 12


@dataclass(frozen=True, slots=True)
class EpisodeByTitle:
    """An episode whose title has words that begin as was typed, and its podcast."""

    id: int
    title: str
    stats_date: date
    podcast_id: int
    podcast: str


def episodes_by_title(session: Session, typed: str, *, limit: int) -> list[EpisodeByTitle]:
    """Episodes whose title, with the podcast's before it, has words that begin with these."""
    words = [rf"\m{word}" for word in _WORD.findall(typed)]
    if not 0 < len(words) <= _MOST_WORDS:
        return []
    return fetch_all(session, _BY_TITLE, EpisodeByTitle, {"words": words, "limit": limit})
