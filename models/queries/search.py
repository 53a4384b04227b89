"""Segments for the search index, and the rows that confirm what the index found."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import literal, select, union_all
from sqlmodel import Session, col

from models.database.row_columns import any_of, row_columns
from models.database.sql import driver_connection
from models.queries.shown import fetch_all
from models.queries.transcript_source import source_of_words
from models.queries.visibility import VISIBLE, is_visible_podcast, listed_podcast
from models.tables.person import Person, PersonState
from models.tables.podcast import Podcast

# What can be found: visible episodes, including speech that is attributed to nobody.
_SEGMENTS = f"""
    SELECT a.id, a.episode_id, e.podcast_id, s.person_id, e.stats_date, a.position,
           coalesce(nullif(t.language, ''), p.language, ''), a.text
    FROM appearance a
    JOIN speaker s ON s.id = a.speaker_id
    JOIN episode e ON e.id = a.episode_id
    JOIN podcast p ON p.id = e.podcast_id
    LEFT JOIN transcript t ON t.episode_id = e.id AND t.is_selected
    WHERE a.episode_id = ANY(%s) AND {VISIBLE}
"""  # noqa: S608  constants of ours
_CONFIRMED = f"""
    SELECT a.id, a.position, a.start_ms, a.end_ms, a.text, a.episode_id, e.title AS episode,
           e.stats_date, e.podcast_id, p.title AS podcast, s.label, s.person_id,
           n.name AS person, n.slug, e.audio_url,
           coalesce(nullif(t.language, ''), p.language, '') AS language,
           {source_of_words()} AS source
    FROM unnest(CAST(:ids AS bigint[])) WITH ORDINALITY AS h (id, rank)
    JOIN appearance a ON a.id = h.id
    JOIN speaker s ON s.id = a.speaker_id
    JOIN episode e ON e.id = a.episode_id
    JOIN podcast p ON p.id = e.podcast_id
    LEFT JOIN person n ON n.id = s.person_id AND n.state = 'active'
    LEFT JOIN transcript t ON t.episode_id = e.id AND t.is_selected
    WHERE {VISIBLE} ORDER BY h.rank
"""  # noqa: S608  constants of ours
# Segments that were stored together have consecutive ids, which is nearly always enough.
_BESIDE = """
    SELECT a.episode_id, a.position, left(a.text, 300) AS text, s.label, n.name AS person
    FROM unnest(CAST(:ids AS bigint[]), CAST(:episodes AS bigint[]), CAST(:positions AS int[]))
        AS h (id, episode_id, position)
    CROSS JOIN LATERAL (VALUES (-1), (1)) AS d (step)
    JOIN appearance a ON a.id = h.id + d.step AND a.episode_id = h.episode_id
        AND a.position = h.position + d.step
    JOIN speaker s ON s.id = a.speaker_id
    LEFT JOIN person n ON n.id = s.person_id AND n.state = 'active'
"""
# After an edit they have not; then the episode is searched by position.
_NEIGHBOURS = """
    SELECT a.episode_id, a.position, left(a.text, 300) AS text, s.label, n.name AS person
    FROM unnest(CAST(:episodes AS bigint[]), CAST(:positions AS int[])) AS h (episode_id, position)
    JOIN appearance a ON a.episode_id = h.episode_id
        AND a.position BETWEEN h.position - 1 AND h.position + 1
    JOIN speaker s ON s.id = a.speaker_id
    LEFT JOIN person n ON n.id = s.person_id AND n.state = 'active'
"""
_LIKE = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_", "\x00": " "})
# First names that begin with the key, then names with a word that does; most appearances first.
_PEOPLE = """
    SELECT p.id, p.name, p.slug, p.appearances, p.podcasts
    FROM person p
    WHERE p.state = 'active' AND p.appearances > 0 AND p.id IN (
        SELECT person_id FROM person_name WHERE key LIKE :begins
        UNION SELECT person_id FROM person_name WHERE key LIKE :contains)
    ORDER BY p.name ILIKE :begins DESC, p.appearances DESC, p.slug LIMIT :limit
"""
_SIMILAR = """
    SELECT p.id, p.name, p.slug, p.appearances, p.podcasts, n.key
    FROM person_name n JOIN person p ON p.id = n.person_id
    WHERE n.key LIKE :begins AND length(n.key) BETWEEN :shortest AND :longest
        AND p.state = 'active' AND p.appearances > 0
    ORDER BY p.appearances DESC, p.slug LIMIT :limit
"""
_SHARING = """
    SELECT p.id, p.name, p.slug, p.appearances, p.podcasts, n.key
    FROM person_name n JOIN person p ON p.id = n.person_id
    WHERE n.key LIKE ANY(CAST(:patterns AS text[])) AND p.state = 'active' AND p.appearances > 0
    ORDER BY p.appearances DESC, p.slug LIMIT :limit
"""
_TOPICS = f"""
    SELECT t.name, t.slug FROM topic t
    WHERE lower(t.name) LIKE :begins AND EXISTS (
        SELECT FROM episode_topic x JOIN episode e ON e.id = x.episode_id
        JOIN podcast p ON p.id = e.podcast_id WHERE x.topic_id = t.id AND {VISIBLE})
    ORDER BY length(t.name), t.slug LIMIT :limit
"""  # noqa: S608  constants of ours
_PODCASTS = f"""
    SELECT p.id, p.title, p.author FROM podcast p
    WHERE {listed_podcast()}
        AND (title ILIKE :begins OR title ILIKE :contains)
    ORDER BY title ILIKE :begins DESC, length(title), id LIMIT :limit
"""  # noqa: S608  constants of ours


@dataclass(frozen=True, slots=True)
class ConfirmedAppearance:
    """A visible appearance with its episode, podcast and person; times in milliseconds."""

    id: int
    position: int
    start_ms: int | None
    end_ms: int | None
    text: str
    episode_id: int
    episode: str
    stats_date: date
    podcast_id: int
    podcast: str
    label: str
    person_id: int | None
    person: str | None
    slug: str | None
    audio_url: str | None
    language: str
    source: str


@dataclass(frozen=True, slots=True)
class Neighbour:
    """The segment before or after an appearance, shortened to 300 characters."""

    episode_id: int
    position: int
    text: str
    label: str
    person: str | None


@dataclass(frozen=True, slots=True)
class SubjectName:
    """The name of a person or a podcast; ``slug`` is empty for a podcast."""

    kind: str
    id: int
    name: str
    slug: str


@dataclass(frozen=True, slots=True)
class PersonByName:
    """A person whose name, or a word of it, begins with what was typed."""

    id: int
    name: str
    slug: str
    appearances: int
    podcasts: int


@dataclass(frozen=True, slots=True)
class PersonByKey(PersonByName):
    """A person with a name whose comparable ``key`` resembles another."""

    key: str


@dataclass(frozen=True, slots=True)
class TopicByName:
    """A topic whose name begins with what was typed."""

    name: str
    slug: str


@dataclass(frozen=True, slots=True)
class PodcastByName:
    """A podcast whose title, or a word of it, begins with what was typed."""

    id: int
    title: str
    author: str


def segments_of(session: Session, episode_ids: Sequence[int]) -> Iterator[tuple[Any, ...]]:
    """Segments of these episodes for the index; none of episodes that are not visible."""
    with driver_connection(session).cursor(binary=True) as cursor:
        cursor.execute(_SEGMENTS, (list(episode_ids),))
        yield from cursor


def confirmed(session: Session, appearance_ids: Sequence[int]) -> list[ConfirmedAppearance]:
    """The given appearances that exist and are visible, in the given order."""
    return fetch_all(session, _CONFIRMED, ConfirmedAppearance, {"ids": list(appearance_ids)})


def neighbours(
    session: Session, places: Sequence[tuple[int, int, int]]
) -> dict[tuple[int, int], Neighbour]:
    """Segments around each (id, episode, position), by their own (episode, position)."""
    found = _around(session, _BESIDE, places)
    missing = [
        (appearance, episode, position)
        for appearance, episode, position in places
        if (position > 0 and (episode, position - 1) not in found)
        or (episode, position + 1) not in found
    ]
    return found | (_around(session, _NEIGHBOURS, missing) if missing else {})


def _around(
    session: Session, query: str, places: Sequence[tuple[int, int, int]]
) -> dict[tuple[int, int], Neighbour]:
    params = {
        "ids": [appearance for appearance, _, _ in places],
        "episodes": [episode for _, episode, _ in places],
        "positions": [position for _, _, position in places],
    }
    rows = fetch_all(session, query, Neighbour, params)
    return {(row.episode_id, row.position): row for row in rows}


def names_of(
    session: Session, *, people: Sequence[int], podcasts: Sequence[int]
) -> dict[tuple[str, int], SubjectName]:
    """Names of people and podcasts that are shown, by kind and id."""
    active = select(*row_columns(SubjectName, Person, kind=literal("person"))).where(
        col(Person.id) == any_of(people), col(Person.state) == PersonState.active
    )
    shown = select(
        *row_columns(
            SubjectName, Podcast, kind=literal("podcast"), name=Podcast.title, slug=literal("")
        )
    ).where(col(Podcast.id) == any_of(podcasts), is_visible_podcast())
    return {
        (row.kind, row.id): row for row in fetch_all(session, union_all(active, shown), SubjectName)
    }


def people_by_name(session: Session, key: str, *, limit: int = 8) -> list[PersonByName]:
    """People with a name, or a word of one, that begins with this comparable key."""
    return fetch_all(session, _PEOPLE, PersonByName, _prefix(key, limit)) if key else []


def podcasts_by_name(session: Session, prefix: str, *, limit: int = 8) -> list[PodcastByName]:
    """Podcasts with a title, or a word of one, that begins with this prefix."""
    return fetch_all(session, _PODCASTS, PodcastByName, _prefix(prefix, limit)) if prefix else []


def people_by_length(session: Session, key: str, *, limit: int = 2000) -> list[PersonByKey]:
    """People with a name that begins with the same letter as a key, and is as long within two."""
    letter = key[:1].translate(_LIKE)
    spans = {"shortest": len(key) - 2, "longest": len(key) + 2}
    params = {"begins": f"{letter}%", "limit": limit, **spans}
    return fetch_all(session, _SIMILAR, PersonByKey, params) if key else []


def people_by_beginnings(
    session: Session, beginnings: Sequence[str], *, limit: int = 2000
) -> list[PersonByKey]:
    """People with a name of which a word begins in one of these ways."""
    escaped = [one.translate(_LIKE) for one in beginnings]
    patterns = [f"{gap}{one}%" for one in escaped for gap in ("", "% ")]
    params = {"patterns": patterns, "limit": limit}
    return fetch_all(session, _SHARING, PersonByKey, params) if patterns else []


def topics_by_name(session: Session, prefix: str, *, limit: int = 3) -> list[TopicByName]:
    """Topics with a name that begins with this prefix."""
    params = {"begins": f"{prefix.lower().translate(_LIKE)}%", "limit": limit}
    return fetch_all(session, _TOPICS, TopicByName, params) if prefix else []


def _prefix(prefix: str, limit: int) -> Mapping[str, object]:
    begins = prefix.translate(_LIKE) + "%"
    return {"begins": begins, "contains": f"% {begins}", "limit": limit}
