"""Speech that was matched to a person and does not count for them, such as in quarantine."""

from dataclasses import dataclass

from sqlmodel import Session

from models.queries.appearances import SpokenEpisode
from models.queries.shown import fetch_all
from models.queries.visibility import VISIBLE

_FROM = f"""
    FROM speaker s JOIN episode e ON e.id = s.episode_id JOIN podcast p ON p.id = e.podcast_id
    WHERE s.matched_person_id = :person_id AND s.person_id IS NULL AND s.appearances > 0
        AND (CAST(:podcast_id AS bigint) IS NULL OR e.podcast_id = :podcast_id) AND {VISIBLE}
"""
_EPISODES = f"""
    SELECT e.id AS episode_id, e.stats_date, array_agg(s.id) AS speakers,
           sum(s.appearances)::bigint AS appearances
    {_FROM} GROUP BY e.id, e.stats_date ORDER BY e.stats_date DESC, e.id DESC LIMIT :limit
"""
_TOTALS = f"""
    SELECT s.status, s.status_reason AS reason, count(DISTINCT e.id) AS episodes,
           sum(s.appearances)::bigint AS appearances
    {_FROM} GROUP BY s.status, s.status_reason ORDER BY 4 DESC, 1, 2
"""


@dataclass(frozen=True, slots=True)
class WithheldSpeech:
    """How much was matched to a person and does not count, by status and reason."""

    status: str
    reason: str
    episodes: int
    appearances: int


def withheld_speech(
    session: Session, person_id: int, podcast_id: int | None = None
) -> list[WithheldSpeech]:
    """What does not count for a person, everywhere or in a podcast, most appearances first."""
    params = {"person_id": person_id, "podcast_id": podcast_id}
    return fetch_all(session, _TOTALS, WithheldSpeech, params)


def withheld_episodes(
    session: Session, person_id: int, podcast_id: int | None, *, limit: int
) -> list[SpokenEpisode]:
    """The newest episodes with such speech, and its speakers."""
    params = {"person_id": person_id, "podcast_id": podcast_id, "limit": limit}
    return fetch_all(session, _EPISODES, SpokenEpisode, params)
