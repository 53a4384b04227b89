"""Segments for the search index, and the rows that confirm what the index found."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from models.database.sql import driver_connection

# What may be found: what counts, and the speech of nobody known with it.
_SEGMENTS = """
    SELECT a.id, a.episode_id, e.podcast_id, s.person_id, e.stats_date, a.position,
           coalesce(nullif(t.language, ''), p.language, ''), a.text
    FROM appearance a
    JOIN speaker s ON s.id = a.speaker_id
    JOIN episode e ON e.id = a.episode_id
    JOIN podcast p ON p.id = e.podcast_id
    LEFT JOIN transcript t ON t.episode_id = e.id AND t.is_selected
    WHERE a.episode_id = ANY(%s)
        AND e.duplicate_of IS NULL AND p.state NOT IN ('removed', 'duplicate')
"""
_CONFIRMED = text("""
    SELECT a.id, a.position, a.start_ms, a.end_ms, a.text, a.episode_id, e.title AS episode,
           e.stats_date, e.podcast_id, p.title AS podcast, s.label, s.person_id,
           n.name AS person, n.slug, e.audio_url,
           coalesce(nullif(t.language, ''), p.language, '') AS language
    FROM unnest(CAST(:ids AS bigint[])) WITH ORDINALITY AS h (id, place)
    JOIN appearance a ON a.id = h.id
    JOIN speaker s ON s.id = a.speaker_id
    JOIN episode e ON e.id = a.episode_id
    JOIN podcast p ON p.id = e.podcast_id
    LEFT JOIN person n ON n.id = s.person_id AND n.state = 'active'
    LEFT JOIN transcript t ON t.episode_id = e.id AND t.is_selected
    WHERE e.duplicate_of IS NULL AND p.state NOT IN ('removed', 'duplicate')
    ORDER BY h.place
""")
# Segments that were stored together have ids side by side: nearly always that is enough.
_BESIDE = text("""
    SELECT a.episode_id, a.position, left(a.text, 300) AS text, s.label, n.name AS person
    FROM unnest(CAST(:ids AS bigint[]), CAST(:episodes AS bigint[]), CAST(:positions AS int[]))
        AS h (id, episode_id, position)
    CROSS JOIN LATERAL (VALUES (-1), (1)) AS d (step)
    JOIN appearance a ON a.id = h.id + d.step AND a.episode_id = h.episode_id
        AND a.position = h.position + d.step
    JOIN speaker s ON s.id = a.speaker_id
    LEFT JOIN person n ON n.id = s.person_id AND n.state = 'active'
""")
# After edits they are not; then the episode is looked through.
_NEIGHBOURS = text("""
    SELECT a.episode_id, a.position, left(a.text, 300) AS text, s.label, n.name AS person
    FROM unnest(CAST(:episodes AS bigint[]), CAST(:positions AS int[])) AS h (episode_id, position)
    JOIN appearance a ON a.episode_id = h.episode_id
        AND a.position BETWEEN h.position - 1 AND h.position + 1
    JOIN speaker s ON s.id = a.speaker_id
    LEFT JOIN person n ON n.id = s.person_id AND n.state = 'active'
""")
_NAMES = text("""
    SELECT 'person' AS kind, id, name, slug FROM person
    WHERE id = ANY(:people) AND state = 'active'
    UNION ALL
    SELECT 'podcast', id, title, '' FROM podcast WHERE id = ANY(:podcasts)
        AND state NOT IN ('removed', 'duplicate')
""")
_LIKE = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_", "\x00": " "})
# Names that begin so, then names with a word that does; the better known first.
_PEOPLE = text("""
    SELECT p.id, p.name, p.slug, p.appearances, p.podcasts
    FROM person p
    WHERE p.state = 'active' AND p.appearances > 0 AND p.id IN (
        SELECT person_id FROM person_name WHERE key LIKE :begins
        UNION SELECT person_id FROM person_name WHERE key LIKE :contains)
    ORDER BY p.name ILIKE :begins DESC, p.appearances DESC, p.slug LIMIT :limit
""")
_PODCASTS = text("""
    SELECT id, title, author FROM podcast
    WHERE state IN ('active', 'paused', 'gone')
        AND (title ILIKE :begins OR title ILIKE :contains)
    ORDER BY title ILIKE :begins DESC, length(title), id LIMIT :limit
""")


def segments_of(session: Session, episode_ids: Sequence[int]) -> Iterator[tuple[Any, ...]]:
    """What may be found of these episodes, a row for each segment; nothing of hidden ones."""
    with driver_connection(session).cursor(binary=True) as cursor:
        cursor.execute(_SEGMENTS, (list(episode_ids),))
        yield from cursor


def confirmed(session: Session, appearance_ids: Sequence[int]) -> list[dict[str, Any]]:
    """The rows of these appearances that are there and may be shown, in the order asked for."""
    rows = session.connection().execute(_CONFIRMED, {"ids": list(appearance_ids)}).mappings()
    return [dict(row) for row in rows]


def neighbours(
    session: Session, places: Sequence[tuple[int, int, int]]
) -> dict[tuple[int, int], dict[str, Any]]:
    """The segments around these (id, episode, position), by their own (episode, position)."""
    found = _around(session, _BESIDE, places)
    lacking = [
        (one, episode, position)
        for one, episode, position in places
        if (position > 0 and (episode, position - 1) not in found)
        or (episode, position + 1) not in found
    ]
    return found | (_around(session, _NEIGHBOURS, lacking) if lacking else {})


def _around(
    session: Session, query: Any, places: Sequence[tuple[int, int, int]]
) -> dict[tuple[int, int], dict[str, Any]]:
    ids, episodes, positions = (
        (list(column) for column in zip(*places, strict=True)) if places else ([], [], [])
    )
    asked = {"ids": ids, "episodes": episodes, "positions": positions}
    used = {name: value for name, value in asked.items() if f":{name} " in query.text}
    rows = session.connection().execute(query, used).mappings()
    return {(row["episode_id"], row["position"]): dict(row) for row in rows}


def names_of(
    session: Session, *, people: Sequence[int], podcasts: Sequence[int]
) -> dict[tuple[str, int], dict[str, Any]]:
    """Names of people and podcasts, by kind and id."""
    asked = {"people": list(people), "podcasts": list(podcasts)}
    rows = session.connection().execute(_NAMES, asked).mappings()
    return {(row["kind"], row["id"]): dict(row) for row in rows}


def people_by_name(session: Session, key: str, *, limit: int = 8) -> list[dict[str, Any]]:
    """People with a name, or a word of one, that begins with a comparable key."""
    return _by_name(session, _PEOPLE, key, limit) if key else []


def podcasts_by_name(session: Session, said: str, *, limit: int = 8) -> list[dict[str, Any]]:
    """Podcasts with a title, or a word of one, that begins so."""
    return _by_name(session, _PODCASTS, said, limit) if said else []


def _by_name(session: Session, query: Any, said: str, limit: int) -> list[dict[str, Any]]:
    begins = said.translate(_LIKE) + "%"
    asked = {"begins": begins, "contains": f"% {begins}", "limit": limit}
    return [dict(row) for row in session.connection().execute(query, asked).mappings()]
