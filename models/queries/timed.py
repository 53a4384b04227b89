"""In how many episodes the speaking time of people is known: those with times in the transcript."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlmodel import Session

from models.queries.shown import fetch_all
from models.queries.visibility import VISIBLE

_TIMED = f"""
    SELECT s.person_id AS id, count(DISTINCT s.episode_id) AS episodes
    FROM speaker s JOIN episode e ON e.id = s.episode_id JOIN podcast p ON p.id = e.podcast_id
    WHERE s.person_id = ANY(:ids) AND s.appearances > 0 AND s.spoken_ms > 0 AND {VISIBLE}
    GROUP BY 1
"""  # noqa: S608  constants of ours


@dataclass(frozen=True, slots=True)
class TimedEpisodes:
    """How many of a person's episodes have times, by the id of the person."""

    id: int
    episodes: int


def timed_episodes(session: Session, person_ids: Collection[int]) -> dict[int, int]:
    """How many episodes of each person have times; 0 without any."""
    found = fetch_all(session, _TIMED, TimedEpisodes, {"ids": list(person_ids)})
    return dict.fromkeys(person_ids, 0) | {row.id: row.episodes for row in found}
