"""A person's appearances, newest first, in pages that stay correct while more arrive.

A page begins after a cursor ``(day, episode, position)``. A reader who follows the cursors sees
every appearance that existed from the first page to the last exactly once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Integer, bindparam, func, select
from sqlmodel import Session, col

from models.database.row_columns import row_columns
from models.database.sql import Compiled, fetch_value
from models.queries.shown import fetch_all
from models.queries.transcript_source import (
    TranscriptSource,
    episode_source,
    source_of_words,
)
from models.queries.visibility import VISIBLE
from models.tables.episode import Episode
from models.tables.person import PersonDay
from models.tables.podcast import Podcast
from models.year_span import year_of

# How many episodes to search for words at once.
_STRIDE = 200

_EPISODES = f"""
    SELECT e.id AS episode_id, e.stats_date, array_agg(s.id) AS speakers,
           sum(s.appearances) AS appearances
    FROM speaker s JOIN episode e ON e.id = s.episode_id JOIN podcast p ON p.id = e.podcast_id
    WHERE s.person_id = :person_id AND s.appearances > 0 AND {VISIBLE} {{chosen}}
    GROUP BY e.id, e.stats_date ORDER BY e.stats_date DESC, e.id DESC LIMIT :stride
"""  # noqa: S608  constants of ours
_TOTALS = f"""
    SELECT count(DISTINCT e.id) AS episodes, coalesce(sum(s.appearances), 0) AS appearances
    FROM speaker s JOIN episode e ON e.id = s.episode_id JOIN podcast p ON p.id = e.podcast_id
    WHERE s.person_id = :person_id AND s.appearances > 0 AND {VISIBLE} {{chosen}}
"""  # noqa: S608  constants of ours
_SEGMENTS = """
    SELECT a.id, a.episode_id, a.position, a.start_ms, a.end_ms, a.text
    FROM unnest(CAST(:ranks AS int[]), CAST(:speakers AS bigint[])) AS n (rank, speaker_id)
    CROSS JOIN LATERAL (
        SELECT a.* FROM appearance a
        WHERE a.speaker_id = n.speaker_id AND (n.rank > 0 OR a.position > :position) {chosen}
        ORDER BY a.position LIMIT :limit
    ) a
    ORDER BY n.rank, a.position LIMIT :limit
"""
_BY_ID = f"""
    SELECT a.id, a.episode_id, a.position, a.start_ms, a.end_ms, a.text
    FROM unnest(CAST(:ids AS bigint[])) WITH ORDINALITY AS h (id, rank)
    JOIN appearance a ON a.id = h.id JOIN speaker s ON s.id = a.speaker_id
    JOIN episode e ON e.id = a.episode_id JOIN podcast p ON p.id = e.podcast_id
    WHERE s.person_id = :person_id AND {VISIBLE} ORDER BY h.rank
"""  # noqa: S608  constants of ours


@dataclass(frozen=True, slots=True)
class AppearanceCursor:
    """An appearance's place in the order of the pages; written as ``2026-03-01.17.4``."""

    day: date
    episode_id: int
    position: int

    def __str__(self) -> str:
        return f"{self.day}.{self.episode_id}.{self.position}"

    @classmethod
    def read(cls, text: str) -> "AppearanceCursor":
        """Parse a cursor.

        Raises:
            ValueError: the text is no cursor.
        """
        day, episode_id, position = text.split(".")
        cursor = cls(date.fromisoformat(day), int(episode_id), int(position))
        if not (0 <= cursor.episode_id < 2**63 and -(2**31) <= cursor.position < 2**31):
            raise ValueError(text)
        return cursor


@dataclass(frozen=True, slots=True)
class AppearanceFilter:
    """Which of a person's appearances: of one podcast, between two days, with these words.

    ``source``: only those whose words come from there.
    """

    podcast_id: int | None = None
    since: date | None = None
    until: date | None = None
    words: str = ""
    source: TranscriptSource | None = None

    @property
    def year(self) -> int | None:
        """The year, if the days are those of one year."""
        return year_of(self.since, self.until)


@dataclass(frozen=True, slots=True)
class FilteredTotals:
    """In how many episodes a person speaks, and how many appearances they have there."""

    episodes: int
    appearances: int


@dataclass(frozen=True, slots=True)
class SpokenEpisode:
    """An episode in which a person speaks, with the ids of their speakers there."""

    episode_id: int
    stats_date: date
    speakers: list[int]
    appearances: int

    @property
    def cursor(self) -> AppearanceCursor:
        """The cursor after which the next episode begins."""
        return AppearanceCursor(self.stats_date, self.episode_id, 2**31 - 1)


@dataclass(frozen=True, slots=True)
class PersonSegment:
    """One segment that a person spoke; times in milliseconds."""

    id: int
    episode_id: int
    position: int
    start_ms: int | None
    end_ms: int | None
    text: str


@dataclass(frozen=True, slots=True)
class _Episode:
    episode_id: int
    episode: str
    stats_date: date
    published_at: datetime | None
    audio_url: str | None
    podcast_id: int
    podcast: str
    feed_url: str
    source: str


@dataclass(frozen=True, slots=True)
class AppearanceRow:
    """One segment that a person spoke, with its episode and podcast; times in milliseconds.

    ``source`` is that of the transcript: ``publisher``, or ``asr`` for one made from audio.
    """

    id: int
    episode_id: int
    position: int
    start_ms: int | None
    end_ms: int | None
    text: str
    episode: str
    stats_date: date
    published_at: datetime | None
    audio_url: str | None
    podcast_id: int
    podcast: str
    feed_url: str
    source: str

    @property
    def cursor(self) -> AppearanceCursor:
        """The cursor after which the next page begins."""
        return AppearanceCursor(self.stats_date, self.episode_id, self.position)


_EPISODE_DETAILS = Compiled(
    select(
        *row_columns(
            _Episode,
            Episode,
            Podcast,
            episode_id=Episode.id,
            episode=Episode.title,
            podcast=Podcast.title,
            source=episode_source(),
        )
    )
    .join(Podcast, col(Podcast.id) == Episode.podcast_id)
    .where(col(Episode.id) == func.any(bindparam("ids")))
)
_DAYS = Compiled(
    select(col(PersonDay.day))
    .where(
        col(PersonDay.person_id) == bindparam("person_id"),
        col(PersonDay.day) <= bindparam("latest"),
    )
    .order_by(col(PersonDay.day).desc())
    .offset(bindparam("episodes", type_=Integer))
    .limit(1)
)

# Arguments: session, person, filter, cursor, limit.
EpisodesQuery = Callable[
    [Session, int, AppearanceFilter, AppearanceCursor | None, int], list[SpokenEpisode]
]


def appearances_of_person(
    session: Session,
    person_id: int,
    wanted: AppearanceFilter,
    *,
    after: AppearanceCursor | None = None,
    limit: int = 40,
    episodes: EpisodesQuery | None = None,
) -> list[AppearanceRow]:
    """A page of appearances after a cursor, each with its episode and podcast.

    ``episodes`` replaces ``spoken_episodes``, for a caller that caches its results.
    """
    find_episodes = episodes or spoken_episodes
    found: list[PersonSegment] = []
    # One more than the limit: the first episode may be the one that the page before finished.
    stride = _STRIDE if wanted.words else limit + 1
    while True:
        batch = find_episodes(session, person_id, wanted, after, stride)
        used = batch if wanted.words else _enough(batch, after, limit - len(found))
        found += _segments(session, used, wanted.words, after, limit - len(found))
        if len(found) >= limit or len(used) == len(batch) < stride:
            return with_episodes(session, found)
        after = used[-1].cursor


def appearances_by_id(session: Session, person_id: int, ids: Sequence[int]) -> list[AppearanceRow]:
    """The given appearances that belong to this person, in the given order."""
    params = {"ids": list(ids), "person_id": person_id}
    return with_episodes(session, fetch_all(session, _BY_ID, PersonSegment, params))


def _enough(
    episodes: list[SpokenEpisode], after: AppearanceCursor | None, limit: int
) -> list[SpokenEpisode]:
    """The first episodes that have so many appearances, by their stored counts.

    The episode in which the page before ended may have none left, so it counts for nothing.
    """
    total = 0
    for number, episode in enumerate(episodes, 1):
        started = after is not None and episode.episode_id == after.episode_id
        total += 0 if started else episode.appearances
        if total >= limit:
            return episodes[:number]
    return episodes


def spoken_episodes(
    session: Session,
    person_id: int,
    wanted: AppearanceFilter,
    after: AppearanceCursor | None,
    limit: int,
) -> list[SpokenEpisode]:
    """Episodes in which a person speaks, newest first, up to and with that of the cursor."""
    chosen, params = _conditions(wanted, after)
    params |= {"person_id": person_id, "stride": limit}
    if wanted.podcast_id is None and wanted.source is None:
        latest = min(after.day if after else date.max, wanted.until or date.max)
        first_day = _first_day(session, person_id, latest, limit)
        if first_day is not None:
            chosen += " AND e.stats_date >= :first_day"
            params["first_day"] = first_day
    query = _EPISODES.format(chosen=chosen)
    return fetch_all(session, query, SpokenEpisode, params, prepare=False)


def filtered_totals(session: Session, person_id: int, wanted: AppearanceFilter) -> FilteredTotals:
    """What a person has in the episodes that a filter lets through; it knows no words."""
    chosen, params = _conditions(wanted, None)
    query = _TOTALS.format(chosen=chosen)
    (found,) = fetch_all(session, query, FilteredTotals, params | {"person_id": person_id})
    return found


def _first_day(session: Session, person_id: int, latest: date, episodes: int) -> date | None:
    """The day from which on a person has at least so many episodes; None for fewer.

    Every day of a person has an episode, so this many newest days have at least as many. One day
    more, because the episodes of the first may all precede the cursor. Unknown by podcast or
    source.
    """
    params = {"person_id": person_id, "latest": latest, "episodes": episodes}
    first: date | None = fetch_value(session, _DAYS, params)
    return first


def _conditions(
    wanted: AppearanceFilter, after: AppearanceCursor | None
) -> tuple[str, dict[str, date | int | str]]:
    chosen, params = "", dict[str, date | int | str]()
    if wanted.podcast_id is not None:
        chosen += " AND e.podcast_id = :podcast_id"
        params["podcast_id"] = wanted.podcast_id
    if wanted.since is not None:
        chosen += " AND e.stats_date >= :since"
        params["since"] = wanted.since
    if wanted.until is not None:
        chosen += " AND e.stats_date <= :until"
        params["until"] = wanted.until
    if wanted.source is not None:
        chosen += f" AND {source_of_words()} = :source"
        params["source"] = wanted.source.value
    if after is not None:
        chosen += " AND (e.stats_date, e.id) <= (:day, :episode_id)"
        params |= {"day": after.day, "episode_id": after.episode_id}
    return chosen, params


def _segments(
    session: Session,
    episodes: list[SpokenEpisode],
    words: str,
    after: AppearanceCursor | None,
    limit: int,
) -> list[PersonSegment]:
    if not episodes:
        return []
    started = after is not None and episodes[0].episode_id == after.episode_id
    params: dict[str, Any] = {
        "ranks": [rank for rank, episode in enumerate(episodes) for _ in episode.speakers],
        "speakers": [speaker for episode in episodes for speaker in episode.speakers],
        "position": after.position if started and after else -(2**31),
        "limit": limit,
        "words": f"%{like_literal(words)}%",
    }
    chosen = "AND a.text ILIKE :words" if words else ""
    return fetch_all(session, _SEGMENTS.format(chosen=chosen), PersonSegment, params)


def like_literal(words: str) -> str:
    """Escape the wildcards of LIKE."""
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def with_episodes(session: Session, segments: list[PersonSegment]) -> list[AppearanceRow]:
    """The segments, each with its episode and podcast."""
    ids = sorted({segment.episode_id for segment in segments})
    found = fetch_all(session, _EPISODE_DETAILS, _Episode, {"ids": ids})
    episodes = {episode.episode_id: episode for episode in found}
    return [_joined(segment, episodes[segment.episode_id]) for segment in segments]


def _joined(segment: PersonSegment, episode: _Episode) -> AppearanceRow:
    columns = {name: getattr(row, name) for row in (segment, episode) for name in row.__slots__}
    return AppearanceRow(**columns)
