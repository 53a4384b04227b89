"""A person's appearances by episode: three telling quotes of each, or all of one episode.

The rule for quotes: what a person says in an episode is cut into three parts with equally many
segments, and of each part the longest segment of up to ``LONGEST`` characters is shown; if all are
longer, the shortest. A person with up to three segments is quoted in full.
"""

from collections.abc import Sequence

from sqlmodel import Session

from models.queries.appearances import (
    AppearanceCursor,
    AppearanceFilter,
    AppearanceRow,
    EpisodesQuery,
    PersonSegment,
    SpokenEpisode,
    spoken_episodes,
    with_episodes,
)
from models.queries.shown import fetch_all
from models.queries.visibility import VISIBLE

LONGEST = 400

_TELLING = """
    WITH spoken AS (
        SELECT n.rank, a.id, a.episode_id, a.position, a.start_ms, a.end_ms, a.text,
               ntile(3) OVER (PARTITION BY n.rank ORDER BY a.position) AS part,
               length(a.text) AS size
        FROM unnest(CAST(:ranks AS int[]), CAST(:speakers AS bigint[])) AS n (rank, speaker_id)
        JOIN appearance a ON a.speaker_id = n.speaker_id
    )
    SELECT id, episode_id, position, start_ms, end_ms, text FROM (
        SELECT DISTINCT ON (rank, part) * FROM spoken
        ORDER BY rank, part, size > :longest,
                 CASE WHEN size > :longest THEN size ELSE -size END, position
    ) telling ORDER BY rank, position
"""
_IN_EPISODE = f"""
    SELECT a.id, a.episode_id, a.position, a.start_ms, a.end_ms, a.text
    FROM speaker s JOIN appearance a ON a.speaker_id = s.id
    JOIN episode e ON e.id = s.episode_id JOIN podcast p ON p.id = e.podcast_id
    WHERE s.person_id = :person_id AND s.episode_id = :episode_id AND {VISIBLE}
        AND a.position >= :begin
    ORDER BY a.position LIMIT :limit
"""  # noqa: S608  constants of ours


def episodes_of_person(
    session: Session,
    person_id: int,
    wanted: AppearanceFilter,
    *,
    after: AppearanceCursor | None = None,
    limit: int,
    episodes: EpisodesQuery = spoken_episodes,
) -> list[SpokenEpisode]:
    """The episodes in which a person speaks, newest first, after that of a cursor."""
    # One more: the first is that of the cursor.
    found = episodes(session, person_id, wanted, after, limit + 1)
    last = after.episode_id if after else None
    return [episode for episode in found if episode.episode_id != last][:limit]


def telling_quotes(session: Session, episodes: Sequence[SpokenEpisode]) -> list[AppearanceRow]:
    """Up to three telling quotes from each of a person's episodes, in the order of the episodes."""
    params = {
        "ranks": [rank for rank, episode in enumerate(episodes) for _ in episode.speakers],
        "speakers": [speaker for episode in episodes for speaker in episode.speakers],
        "longest": LONGEST,
    }
    return with_episodes(session, fetch_all(session, _TELLING, PersonSegment, params))


def appearances_in_episode(
    session: Session, person_id: int, episode_id: int, begin: int, limit: int
) -> list[AppearanceRow]:
    """A person's appearances in one episode from a position on, as they are spoken."""
    params = {"person_id": person_id, "episode_id": episode_id, "begin": begin, "limit": limit}
    return with_episodes(session, fetch_all(session, _IN_EPISODE, PersonSegment, params))
