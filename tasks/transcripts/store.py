"""Transcripts in the database: what is offered, what was read, and the segments spoken."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from models.database import driver_connection
from tasks.transcripts.difference import (
    InsertedSegment,
    SegmentDifference,
    StoredSegment,
    UpdatedSegment,
    segment_difference,
    spoken_ms,
)
from tasks.transcripts.values import Segment

_LOCK_EPISODE = text("SELECT id FROM episode WHERE id = :id FOR NO KEY UPDATE")
_OFFERED = text("""
    SELECT t.id, t.url, t.type, t.language, t.rel, t.body_hash, t.parser_version, t.chosen
    FROM transcript t WHERE t.episode_id = :episode_id AND (t.offered OR t.chosen) ORDER BY t.id
""")
_CHOOSE = (
    text(
        "UPDATE transcript SET chosen = false WHERE episode_id = :episode_id AND chosen "
        "AND id <> :id"
    ),
    text("""
        UPDATE transcript SET chosen = true, body_hash = :body_hash, format = :format,
            parser_version = :parser_version
        WHERE id = :id AND (chosen, body_hash, format, parser_version)
            IS DISTINCT FROM (true, :body_hash, :format, :parser_version)
    """),
)

_SPEAKERS = text(
    "SELECT id, label, appearances, spoken_ms FROM speaker WHERE episode_id = :episode_id"
)
_SEGMENTS = """
    SELECT id, speaker_id, fingerprint, ordinal, position, start_ms, end_ms
    FROM appearance WHERE episode_id = %s ORDER BY position, id
"""
_ADD_SPEAKERS = text("""
    INSERT INTO speaker (episode_id, label, role, source, method, reason, version, confidence,
                         evidence, appearances, spoken_ms)
    SELECT :episode_id, n.label, '', 'label', '', '', 0, 0, '', n.appearances, n.spoken_ms
    FROM unnest(CAST(:labels AS text[]), CAST(:appearances AS int[]), CAST(:spoken AS bigint[]))
        AS n (label, appearances, spoken_ms) ORDER BY n.label
    RETURNING label, id
""")
_UPDATE_SPEAKERS = text("""
    UPDATE speaker s SET appearances = n.appearances, spoken_ms = n.spoken_ms
    FROM unnest(CAST(:ids AS bigint[]), CAST(:appearances AS int[]), CAST(:spoken AS bigint[]))
        AS n (id, appearances, spoken_ms) WHERE s.id = n.id
""")
_DELETE_SPEAKERS = text("DELETE FROM speaker WHERE id = ANY(:ids)")
_DELETE_SEGMENTS = text("DELETE FROM appearance WHERE id = ANY(:ids)")
_UPDATE_SEGMENTS = text("""
    UPDATE appearance a SET speaker_id = n.speaker_id, position = n.position,
        start_ms = n.start_ms, end_ms = n.end_ms
    FROM unnest(CAST(:ids AS bigint[]), CAST(:speakers AS bigint[]), CAST(:positions AS int[]),
                CAST(:starts AS int[]), CAST(:ends AS int[]))
        AS n (id, speaker_id, position, start_ms, end_ms) WHERE a.id = n.id
""")
_COPY_SEGMENTS = """
    COPY appearance (episode_id, speaker_id, fingerprint, ordinal, position, start_ms, end_ms, text)
    FROM STDIN (FORMAT BINARY)
"""
_COPY_TYPES = ("int8", "int8", "int8", "int4", "int4", "int4", "int4", "text")


@dataclass(frozen=True, slots=True)
class OfferedTranscript:
    """A transcript row of an episode, before it is read."""

    id: int
    url: str
    type: str
    language: str | None
    rel: str | None
    body_hash: bytes | None
    parser_version: int | None
    chosen: bool


@dataclass(frozen=True, slots=True)
class SpeakerFigures:
    """What a label's segments sum up to."""

    appearances: int
    spoken_ms: int


def lock_episode(session: Session, episode_id: int) -> bool:
    """Take the episode for this transaction; False when there is none."""
    return session.connection().execute(_LOCK_EPISODE, {"id": episode_id}).first() is not None


def offered_transcripts(session: Session, episode_id: int) -> list[OfferedTranscript]:
    """The transcripts that an episode has, in the order of their rows."""
    rows = session.connection().execute(_OFFERED, {"episode_id": episode_id}).mappings()
    return [OfferedTranscript(**row) for row in rows]


def choose_transcript(
    session: Session,
    episode_id: int,
    transcript_id: int,
    *,
    body_hash: bytes,
    format: str,  # noqa: A002  the column's name
    parser_version: int,
) -> None:
    """Note which transcript the segments come from, and what it was read as."""
    asked = {
        "episode_id": episode_id,
        "id": transcript_id,
        "body_hash": body_hash,
        "format": format,
        "parser_version": parser_version,
    }
    for statement in _CHOOSE:
        session.connection().execute(statement, asked)


def store_segments(
    session: Session, episode_id: int, segments: Sequence[Segment]
) -> SegmentDifference:
    """Make the rows of an episode equal to these segments, writing only what differs.

    The caller holds the episode's lock and counts people around it. A label that is new gets a
    speaker that is nobody yet; a speaker without segments goes.
    """
    rows = session.connection().execute(_SPEAKERS, {"episode_id": episode_id}).all()
    labels = {row.id: row.label for row in rows}
    change = segment_difference(_stored_segments(session, episode_id, labels), segments)
    figures = speaker_figures(segments)
    kept = {row.label: SpeakerFigures(row.appearances, row.spoken_ms) for row in rows}
    ids = {label: speaker_id for speaker_id, label in labels.items()}
    ids |= _add_speakers(session, episode_id, {k: v for k, v in figures.items() if k not in kept})
    _write_segments(session, episode_id, change, ids)
    _update_speakers(session, {ids[k]: v for k, v in figures.items() if k in kept and kept[k] != v})
    if gone := [ids[label] for label in kept if label not in figures]:
        session.connection().execute(_DELETE_SPEAKERS, {"ids": gone})
    return change


def speaker_figures(segments: Iterable[Segment]) -> dict[str, SpeakerFigures]:
    """Segments and speaking time under each label."""
    intervals: dict[str, list[tuple[int | None, int | None]]] = defaultdict(list)
    for label, _, start_ms, end_ms in segments:
        intervals[label].append((start_ms, end_ms))
    return {
        label: SpeakerFigures(len(spans), spoken_ms(spans)) for label, spans in intervals.items()
    }


def _stored_segments(
    session: Session, episode_id: int, labels: dict[int, str]
) -> list[StoredSegment]:
    if not labels:
        return []
    with driver_connection(session).cursor(binary=True) as cursor:
        cursor.execute(_SEGMENTS, (episode_id,))
        return [StoredSegment(row[0], labels[row[1]], *row[2:]) for row in cursor.fetchall()]


def _add_speakers(
    session: Session, episode_id: int, figures: dict[str, SpeakerFigures]
) -> dict[str, int]:
    if not figures:
        return {}
    asked = {"episode_id": episode_id, "labels": list(figures)} | _columns(figures.values())
    rows = session.connection().execute(_ADD_SPEAKERS, asked)
    return {row.label: row.id for row in rows}


def _update_speakers(session: Session, figures: dict[int, SpeakerFigures]) -> None:
    if figures:
        asked = {"ids": list(figures)} | _columns(figures.values())
        session.connection().execute(_UPDATE_SPEAKERS, asked)


def _columns(figures: Iterable[SpeakerFigures]) -> dict[str, Any]:
    figures = list(figures)
    return {
        "appearances": [one.appearances for one in figures],
        "spoken": [one.spoken_ms for one in figures],
    }


def _write_segments(
    session: Session, episode_id: int, change: SegmentDifference, speakers: dict[str, int]
) -> None:
    """Delete, move and insert, in this order: an insert may take the ordinal of a deleted row."""
    if change.deleted:
        gone = [row.id for row in change.deleted]
        session.connection().execute(_DELETE_SEGMENTS, {"ids": gone})
    if change.updated:
        session.connection().execute(_UPDATE_SEGMENTS, _update_columns(change.updated, speakers))
    if change.inserted:
        _copy_segments(session, episode_id, change.inserted, speakers)


def _update_columns(
    updates: Sequence[UpdatedSegment], speakers: dict[str, int]
) -> dict[str, list[Any]]:
    return {
        "ids": [update.id for update in updates],
        "speakers": [speakers[update.segment.label] for update in updates],
        "positions": [update.position for update in updates],
        "starts": [update.segment.start_ms for update in updates],
        "ends": [update.segment.end_ms for update in updates],
    }


def _copy_segments(
    session: Session,
    episode_id: int,
    inserted: Sequence[InsertedSegment],
    speakers: dict[str, int],
) -> None:
    """Write rows by COPY: nothing else comes near its speed, and under the lock none conflicts."""
    with (
        driver_connection(session).cursor() as cursor,
        cursor.copy(_COPY_SEGMENTS) as copy,
    ):
        copy.set_types(_COPY_TYPES)
        for (label, spoken, start_ms, end_ms), print_, ordinal, position in inserted:
            copy.write_row(
                (episode_id, speakers[label], print_, ordinal, position, start_ms, end_ms, spoken)
            )
