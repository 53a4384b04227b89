"""Transcripts in the database: what is offered, what was read, and the segments spoken."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from models.database.sql import driver_connection, execute, rows, statement, values
from tasks.transcripts.binary_rows import COLUMNS, HEADER, TRAILER, packed
from tasks.transcripts.diff import (
    InsertedSegment,
    SegmentDifference,
    StoredSegment,
    UpdatedSegment,
    first_segments,
    segment_difference,
)
from tasks.transcripts.values import Segment

_LOCK_EPISODE = statement("SELECT clock_timestamp() FROM episode WHERE id = :id FOR NO KEY UPDATE")
_OFFERED = statement("""
    SELECT t.id, t.url, t.type, t.language, t.rel, t.body_hash, t.parser_version, t.is_selected,
           p.language AS podcast_language
    FROM transcript t JOIN episode e ON e.id = t.episode_id JOIN podcast p ON p.id = e.podcast_id
    WHERE t.episode_id = :episode_id AND (t.is_listed OR t.is_selected) ORDER BY t.id
""")
_CHOOSE = (
    statement(
        "UPDATE transcript SET is_selected = false WHERE episode_id = :episode_id AND is_selected "
        "AND id <> :id"
    ),
    statement("""
        UPDATE transcript SET is_selected = true, body_hash = :body_hash, format = :format,
            parser_version = :parser_version
        WHERE id = :id AND (is_selected, body_hash, format, parser_version)
            IS DISTINCT FROM (true, :body_hash, :format, :parser_version)
    """),
)

_SEGMENTS = """
    SELECT id, speaker_id, fingerprint, ordinal, position, start_ms, end_ms
    FROM appearance WHERE episode_id = %s ORDER BY position, id
"""
_DELETE_SEGMENTS = statement("DELETE FROM appearance WHERE id = ANY(:ids)")
_UPDATE_SEGMENTS = statement("""
    UPDATE appearance a SET speaker_id = n.speaker_id, position = n.position,
        start_ms = n.start_ms, end_ms = n.end_ms
    FROM unnest(CAST(:ids AS bigint[]), CAST(:speakers AS bigint[]), CAST(:positions AS int[]),
                CAST(:starts AS int[]), CAST(:ends AS int[]))
        AS n (id, speaker_id, position, start_ms, end_ms) WHERE a.id = n.id
""")
_COPY_SEGMENTS = f"COPY appearance ({COLUMNS}) FROM STDIN (FORMAT BINARY)"


@dataclass(frozen=True, slots=True)
class ListedTranscript:
    """A transcript row of an episode, before it is read."""

    id: int
    url: str
    type: str
    language: str | None
    rel: str | None
    body_hash: bytes | None
    parser_version: int | None
    is_selected: bool
    podcast_language: str | None = None


def lock_episode(session: Session, episode_id: int) -> datetime | None:
    """Take the episode for this transaction; the time, or None when there is no such episode."""
    return next(iter(values(session, _LOCK_EPISODE, {"id": episode_id})), None)


def listed_transcripts(session: Session, episode_id: int) -> list[ListedTranscript]:
    """The transcripts that an episode has, in the order of their rows."""
    return [ListedTranscript(*row) for row in rows(session, _OFFERED, {"episode_id": episode_id})]


def select_transcript(
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
    for one in _CHOOSE:
        execute(session, one, asked)


def store_segments(
    session: Session,
    episode_id: int,
    segments: Sequence[Segment],
    *,
    speakers: Mapping[str, int],
    stored_labels: Mapping[int, str],
) -> SegmentDifference:
    """Make the segments of an episode equal to these, writing only what differs.

    ``speakers`` has the speaker of every label in ``segments``, ``stored_labels`` the label of
    every speaker that was stored before. The caller holds the episode's lock.
    """
    stored = _stored_segments(session, episode_id, stored_labels)
    if not stored:
        inserted = _copy_segments(session, episode_id, first_segments(segments), speakers)
        return SegmentDifference(inserted)
    change = segment_difference(stored, segments)
    _write_segments(session, episode_id, change, speakers)
    return change


def _stored_segments(
    session: Session, episode_id: int, labels: Mapping[int, str]
) -> list[StoredSegment]:
    if not labels:
        return []
    with driver_connection(session).cursor(binary=True) as cursor:
        cursor.execute(_SEGMENTS, (episode_id,))
        return [StoredSegment(row[0], labels[row[1]], *row[2:]) for row in cursor.fetchall()]


def _write_segments(
    session: Session, episode_id: int, change: SegmentDifference, speakers: Mapping[str, int]
) -> None:
    """Delete, move and insert, in this order: an insert may take the ordinal of a deleted row."""
    if change.deleted:
        gone = [row.id for row in change.deleted]
        execute(session, _DELETE_SEGMENTS, {"ids": gone})
    if change.updated:
        execute(session, _UPDATE_SEGMENTS, _update_columns(change.updated, speakers))
    if change.inserted:
        _copy_segments(session, episode_id, [change.inserted], speakers)


def _update_columns(
    updates: Sequence[UpdatedSegment], speakers: Mapping[str, int]
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
    batches: Iterable[Sequence[InsertedSegment]],
    speakers: Mapping[str, int],
) -> list[InsertedSegment]:
    """Write rows by COPY: nothing else comes near its speed, and under the lock none conflicts.

    Each batch is given away when it is there, so that some are stored while the next are made.
    """
    inserted: list[InsertedSegment] = []
    with driver_connection(session).cursor() as cursor, cursor.copy(_COPY_SEGMENTS) as copy:
        copy.write(HEADER)
        for batch in batches:
            copy.write(packed(episode_id, batch, speakers))
            inserted += batch
        copy.write(TRAILER)
    return inserted
