"""Two people: the episodes in which both speak."""

from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from models.database.sql import fetch_value
from models.queries.shown import fetch_all
from models.queries.visibility import VISIBLE

_OF = """
    SELECT episode_id, sum(appearances)::bigint AS appearances FROM speaker
    WHERE person_id = :{id} AND appearances > 0 GROUP BY 1
"""
_TOGETHER = f"""
    FROM ({_OF.format(id="first")}) a JOIN ({_OF.format(id="second")}) b USING (episode_id)
    JOIN episode e ON e.id = episode_id JOIN podcast p ON p.id = e.podcast_id WHERE {VISIBLE}
"""
_EPISODES = f"""
    SELECT e.id AS episode_id, e.title AS episode, e.podcast_id, p.title AS podcast, p.feed_url,
           e.stats_date, a.appearances AS of_first, b.appearances AS of_second
    {_TOGETHER} ORDER BY e.stats_date DESC, e.id DESC LIMIT :limit OFFSET :skipped
"""
_COUNT = f"SELECT count(*) {_TOGETHER}"


@dataclass(frozen=True, slots=True)
class EpisodeTogether:
    """An episode in which two people speak, and the appearances of each in it."""

    episode_id: int
    episode: str
    podcast_id: int
    podcast: str
    feed_url: str
    stats_date: date | None
    of_first: int
    of_second: int


def episodes_together(
    session: Session, first: int, second: int, *, limit: int, skipped: int = 0
) -> list[EpisodeTogether]:
    """The episodes in which both people speak, newest first, after so many of them."""
    params = {"first": first, "second": second, "limit": limit, "skipped": skipped}
    return fetch_all(session, _EPISODES, EpisodeTogether, params)


def count_together(session: Session, first: int, second: int) -> int:
    """In how many episodes both people speak."""
    return int(fetch_value(session, _COUNT, {"first": first, "second": second}) or 0)
