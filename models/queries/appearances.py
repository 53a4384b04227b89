"""What somebody said, newest first, in pages that stay right while more is said.

A page begins after a place ``(day, episode, position)``. Whoever follows the places sees every
appearance that was there from the beginning to the end once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session

from models.queries.sql import VISIBLE, Row, first, query_unprepared, rows

# Episodes whose segments are looked through at once when words are asked for.
_STRIDE = 200

_EPISODES = """
    SELECT e.id AS episode_id, e.stats_date, array_agg(s.id) AS speakers,
           sum(s.appearances) AS appearances
    FROM speaker s JOIN episode e ON e.id = s.episode_id JOIN podcast p ON p.id = e.podcast_id
    WHERE s.person_id = :person_id AND s.appearances > 0 AND {visible} {chosen}
    GROUP BY e.id, e.stats_date ORDER BY e.stats_date DESC, e.id DESC LIMIT :stride
"""
# Somebody speaks on each of their days: so many newest days have as many episodes at the least, one
# day more when the episodes of the first may be behind the place. Not known by podcast.
_NOT_BEFORE = """
    SELECT day FROM person_day WHERE person_id = :person_id AND day <= :day
    ORDER BY day DESC OFFSET :stride LIMIT 1
"""
_SEGMENTS = """
    SELECT a.id, a.episode_id, a.position, a.start_ms, a.end_ms, a.text
    FROM unnest(CAST(:places AS int[]), CAST(:speakers AS bigint[])) AS n (place, speaker_id)
    CROSS JOIN LATERAL (
        SELECT a.* FROM appearance a
        WHERE a.speaker_id = n.speaker_id AND (n.place > 0 OR a.position > :position) {chosen}
        ORDER BY a.position LIMIT :limit
    ) a
    ORDER BY n.place, a.position LIMIT :limit
"""
_THESE = """
    SELECT a.id, a.episode_id, a.position, a.start_ms, a.end_ms, a.text
    FROM unnest(CAST(:ids AS bigint[])) WITH ORDINALITY AS h (id, place)
    JOIN appearance a ON a.id = h.id JOIN speaker s ON s.id = a.speaker_id
    JOIN episode e ON e.id = a.episode_id JOIN podcast p ON p.id = e.podcast_id
    WHERE s.person_id = :person_id AND {visible} ORDER BY h.place
"""
_ABOUT = """
    SELECT e.id AS episode_id, e.title AS episode, e.stats_date, e.published_at, e.audio_url,
           e.guid, e.podcast_id, p.title AS podcast, p.feed_url, e.first_seen_at
    FROM episode e JOIN podcast p ON p.id = e.podcast_id WHERE e.id = ANY(:ids)
"""


@dataclass(frozen=True, slots=True)
class Place:
    """An appearance's place in the order of the pages; written as ``2026-03-01.17.4``."""

    day: date
    episode_id: int
    position: int

    def __str__(self) -> str:
        return f"{self.day}.{self.episode_id}.{self.position}"

    @classmethod
    def read(cls, said: str) -> "Place":
        """The place that a cursor says.

        Raises:
            ValueError: it says none.
        """
        day, episode_id, position = said.split(".")
        place = cls(date.fromisoformat(day), int(episode_id), int(position))
        if not (0 <= place.episode_id < 2**63 and -(2**31) <= place.position < 2**31):
            raise ValueError(said)
        return place


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of somebody's appearances: of one podcast, of one year, with these words in them."""

    podcast_id: int | None = None
    year: int | None = None
    words: str = ""


# A session, a person, which of their appearances, a place, and how many.
EpisodesOf = Callable[[Session, int, Wanted, Place | None, int], list[Row]]


def quotes(
    session: Session,
    person_id: int,
    wanted: Wanted,
    *,
    after: Place | None = None,
    limit: int = 40,
    episodes: EpisodesOf | None = None,
) -> list[Row]:
    """So many appearances after a place, each with its episode and podcast.

    Whoever keeps answers gives ``episodes``, which says what ``episodes_of`` says.
    """
    look_up = episodes or episodes_of
    found: list[Row] = []
    # One more than is wanted: the first episode may be the one that was just finished.
    stride = _STRIDE if wanted.words else limit + 1
    while True:
        those = look_up(session, person_id, wanted, after, stride)
        taken = those if wanted.words else _enough(those, after, limit - len(found))
        found += _segments(session, taken, wanted.words, after, limit - len(found))
        if len(found) >= limit or len(taken) == len(those) < stride:
            return _with_episodes(session, found)
        last = taken[-1]
        after = Place(last["stats_date"], last["episode_id"], 2**31 - 1)


def quotes_of(session: Session, person_id: int, ids: Sequence[int]) -> list[Row]:
    """Those of these appearances that are somebody's, in the order given, each likewise."""
    query = _THESE.format(visible=VISIBLE)
    return _with_episodes(session, rows(session, query, ids=list(ids), person_id=person_id))


def _enough(episodes: list[Row], after: Place | None, limit: int) -> list[Row]:
    """As many episodes as have so many appearances, by their kept figures.

    Of the one in which the page before ended, nothing may be left; it counts for nothing.
    """
    held = 0
    for number, one in enumerate(episodes, 1):
        begun = after is not None and one["episode_id"] == after.episode_id
        held += 0 if begun else one["appearances"]
        if held >= limit:
            return episodes[:number]
    return episodes


def place_of(row: Row) -> Place:
    """Where an appearance stands."""
    return Place(row["stats_date"], row["episode_id"], row["position"])


def episodes_of(
    session: Session, person_id: int, wanted: Wanted, after: Place | None, stride: int
) -> list[Row]:
    """So many episodes up to a place, newest first, with the ids of speakers who are the person."""
    chosen, asked = "", dict[str, Any]()
    if wanted.podcast_id is not None:
        chosen += " AND e.podcast_id = :podcast_id"
        asked["podcast_id"] = wanted.podcast_id
    if wanted.year is not None:
        chosen += " AND e.stats_date BETWEEN :first AND :last"
        asked |= {"first": date(wanted.year, 1, 1), "last": date(wanted.year, 12, 31)}
    if after is not None:
        chosen += " AND (e.stats_date, e.id) <= (:day, :episode_id)"
        asked |= {"day": after.day, "episode_id": after.episode_id}
    if wanted.podcast_id is None:
        latest = min(asked.get("day", date.max), asked.get("last", date.max))
        bound = first(session, _NOT_BEFORE, person_id=person_id, day=latest, stride=stride)
        if bound is not None:
            chosen += " AND e.stats_date >= :run_after"
            asked["run_after"] = bound["day"]
    query = _EPISODES.format(visible=VISIBLE, chosen=chosen)
    return query_unprepared(session, query, person_id=person_id, stride=stride, **asked)


def _segments(
    session: Session, episodes: list[Row], words: str, after: Place | None, limit: int
) -> list[Row]:
    if not episodes:
        return []
    begun = after is not None and episodes[0]["episode_id"] == after.episode_id
    asked: dict[str, Any] = {
        "places": [place for place, one in enumerate(episodes) for _ in one["speakers"]],
        "speakers": [speaker for one in episodes for speaker in one["speakers"]],
        "position": after.position if begun and after else -(2**31),
        "limit": limit,
    }
    if words:
        asked["words"] = f"%{_literal(words)}%"
    chosen = "AND a.text ILIKE :words" if words else ""
    return rows(session, _SEGMENTS.format(chosen=chosen), **asked)


def _literal(words: str) -> str:
    """Words in which nothing is a pattern."""
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _with_episodes(session: Session, found: list[Row]) -> list[Row]:
    ids = sorted({row["episode_id"] for row in found})
    about = {row["episode_id"]: row for row in rows(session, _ABOUT, ids=ids)} if ids else {}
    return [row | about[row["episode_id"]] for row in found]
