"""Coverage: how much speech is named, unknown and in quarantine."""

from dataclasses import dataclass

from sqlmodel import Session

from models.queries.shown import fetch_all
from models.queries.visibility import VISIBLE

_SHARES = """
    SELECT {columns}, coalesce(sum(s.appearances), 0)::bigint AS appearances,
           coalesce(sum(s.appearances) FILTER (WHERE s.person_id IS NOT NULL), 0)::bigint AS named,
           coalesce(sum(s.appearances) FILTER (WHERE s.status = 'quarantined'), 0)::bigint
               AS quarantined,
           coalesce(sum(s.appearances) FILTER (WHERE s.person_id IS NULL), 0)::bigint AS unknown,
           coalesce(sum(s.spoken_ms), 0)::bigint AS spoken_ms,
           coalesce(sum(s.spoken_ms) FILTER (WHERE s.person_id IS NULL), 0)::bigint AS unknown_ms
    FROM speaker s JOIN episode e ON e.id = s.episode_id JOIN podcast p ON p.id = e.podcast_id
    WHERE {counted} AND (CAST(:podcast_id AS bigint) IS NULL OR p.id = :podcast_id)
        AND (CAST(:episode_id AS bigint) IS NULL OR e.id = :episode_id)
    GROUP BY {columns} ORDER BY {columns}
"""


@dataclass(frozen=True, slots=True)
class SpeechShares:
    """Segments of a podcast or an episode, by what they are attributed to.

    ``unknown`` are all that count for nobody, and ``quarantined`` are a part of them; times in
    milliseconds.
    """

    id: int = 0
    title: str = ""
    appearances: int = 0
    named: int = 0
    quarantined: int = 0
    unknown: int = 0
    spoken_ms: int = 0
    unknown_ms: int = 0


def unknown_by_podcast(session: Session, podcast_id: int | None = None) -> list[SpeechShares]:
    """Shares of attributed and unknown speech of every podcast with speech, or of one."""
    return _shares(session, "p.id, p.title", podcast_id)


def unknown_by_episode(session: Session, podcast_id: int | None = None) -> list[SpeechShares]:
    """The same shares of every episode with speech, or of those of one podcast."""
    return _shares(session, "e.id, e.title", podcast_id)


def speech_of_episode(session: Session, episode_id: int) -> SpeechShares:
    """Shares of one episode; all 0 without visible speech."""
    shares = _shares(session, "e.id, e.title", episode_id=episode_id)
    return next(iter(shares), SpeechShares())


def _shares(
    session: Session, columns: str, podcast_id: int | None = None, episode_id: int | None = None
) -> list[SpeechShares]:
    query = _SHARES.format(columns=columns, counted=VISIBLE)
    return fetch_all(
        session, query, SpeechShares, {"podcast_id": podcast_id, "episode_id": episode_id}
    )
