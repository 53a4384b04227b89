"""Transcripts in the database: those that are listed, the selected one, and its segments."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg.rows import namedtuple_row

from models import get_settings
from models.database import Session
from models.database.sql import driver_connection, execute, rows, statement, values
from tasks.transcripts.binary_rows import COLUMNS, HEADER, TRAILER, pack_rows
from tasks.transcripts.diff import (
    InsertedSegment,
    SegmentDifference,
    StoredSegment,
    UpdatedSegment,
    first_segment_batches,
    segment_difference,
)
from tasks.transcripts.values import Segment

_LOCK_EPISODE = statement("SELECT clock_timestamp() FROM episode WHERE id = :id FOR NO KEY UPDATE")
_LISTED = statement("""
    SELECT t.id, t.episode_id, t.url, t.type, t.language, t.rel, t.body_hash, t.parser_version,
           t.is_selected, p.language AS podcast_language, t.source, n.body_hash AS heard_hash,
           coalesce(s.mode, :mode) = 'always' AS is_always_heard,
           CASE WHEN o.privacy IN ('private', 'declared_private') THEN coalesce(c.url, '') END
               AS private_feed_url,
           ARRAY[t.url, e.guid, e.link, e.image, e.audio_url, e.chapters_url, o.link, o.image]
               AS episode_urls
    FROM transcript t JOIN episode e ON e.id = t.episode_id JOIN podcast p ON p.id = e.podcast_id
    JOIN podcast o ON o.id = coalesce(e.origin_podcast_id, e.podcast_id)
    LEFT JOIN crawl c ON c.podcast_id = o.id
    LEFT JOIN transcription n ON n.episode_id = t.episode_id AND t.source = 'asr'
    LEFT JOIN podcast_speech s ON s.podcast_id = p.id
    WHERE t.episode_id = :episode_id AND (t.is_listed OR t.is_selected) ORDER BY t.id
""")
_SELECT = (
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


# The source of a transcript that was made from an episode's audio (automatic speech recognition).
ASR = "asr"


@dataclass(frozen=True, slots=True)
class ListedTranscript:
    """A transcript of an episode as stored, before it is fetched.

    One that was made from the audio has its latest body under ``heard_hash``.
    ``private_feed_url`` is the feed URL with its secrets, if the podcast is private;
    ``episode_urls`` are all others that the feed has for the episode, which may have more.
    """

    id: int
    episode_id: int
    url: str = field(repr=False)
    type: str
    language: str | None
    rel: str | None
    body_hash: bytes | None
    parser_version: int | None
    is_selected: bool
    podcast_language: str | None = None
    source: str = "publisher"
    heard_hash: bytes | None = None
    is_always_heard: bool = False
    private_feed_url: str | None = field(default=None, repr=False)
    episode_urls: Sequence[str | None] = field(default=(), repr=False)

    @property
    def is_heard(self) -> bool:
        """Whether it was made from the audio, and not by the publisher."""
        return self.source == ASR


def lock_episode(session: Session, episode_id: int) -> datetime | None:
    """Lock an episode for this transaction; returns the time, or None without such an episode."""
    return next(iter(values(session, _LOCK_EPISODE, {"id": episode_id})), None)


def listed_transcripts(session: Session, episode_id: int) -> list[ListedTranscript]:
    """The transcripts that are listed for an episode, and the selected one, in order of id."""
    params = {"episode_id": episode_id, "mode": get_settings().speech_mode}
    found = rows(session, _LISTED, params)
    return [ListedTranscript(**row._asdict()) for row in found]


def select_transcript(
    session: Session,
    episode_id: int,
    transcript_id: int,
    *,
    body_hash: bytes,
    format: str,  # noqa: A002  the column's name
    parser_version: int,
) -> None:
    """Record which transcript the segments come from, its format and the parser version."""
    params = {
        "episode_id": episode_id,
        "id": transcript_id,
        "body_hash": body_hash,
        "format": format,
        "parser_version": parser_version,
    }
    for query in _SELECT:
        execute(session, query, params)


def store_segments(
    session: Session,
    episode_id: int,
    segments: Sequence[Segment],
    *,
    speaker_ids: Mapping[str, int],
    stored_labels: Mapping[int, str],
) -> SegmentDifference:
    """Make the stored segments of an episode equal to these; only the difference is written.

    ``speaker_ids`` has the speaker of every label in ``segments``, ``stored_labels`` the label of
    every speaker that was stored before. The caller has the episode's lock.
    """
    stored = _stored_segments(session, episode_id, stored_labels)
    if not stored:
        inserted = _copy_segments(session, episode_id, first_segment_batches(segments), speaker_ids)
        return SegmentDifference(inserted)
    change = segment_difference(stored, segments)
    _write_segments(session, episode_id, change, speaker_ids)
    return change


def _stored_segments(
    session: Session, episode_id: int, labels: Mapping[int, str]
) -> list[StoredSegment]:
    if not labels:
        return []
    connection = driver_connection(session)
    with connection.cursor(binary=True, row_factory=namedtuple_row) as cursor:
        cursor.execute(_SEGMENTS, (episode_id,))
        found: list[Any] = cursor.fetchall()
        return [
            StoredSegment(
                id=row.id,
                label=labels[row.speaker_id],
                fingerprint=row.fingerprint,
                ordinal=row.ordinal,
                position=row.position,
                start_ms=row.start_ms,
                end_ms=row.end_ms,
            )
            for row in found
        ]


def _write_segments(
    session: Session, episode_id: int, change: SegmentDifference, speaker_ids: Mapping[str, int]
) -> None:
    """Delete, update, insert, in this order: an insert may take the ordinal of a deleted row."""
    if change.deleted:
        execute(session, _DELETE_SEGMENTS, {"ids": [row.id for row in change.deleted]})
    if change.updated:
        execute(session, _UPDATE_SEGMENTS, _update_columns(change.updated, speaker_ids))
    if change.inserted:
        _copy_segments(session, episode_id, [change.inserted], speaker_ids)


def _update_columns(
    updates: Sequence[UpdatedSegment], speaker_ids: Mapping[str, int]
) -> dict[str, list[Any]]:
    return {
        "ids": [update.id for update in updates],
        "speakers": [speaker_ids[update.segment.label] for update in updates],
        "positions": [update.position for update in updates],
        "starts": [update.segment.start_ms for update in updates],
        "ends": [update.segment.end_ms for update in updates],
    }


def _copy_segments(
    session: Session,
    episode_id: int,
    batches: Iterable[Sequence[InsertedSegment]],
    speaker_ids: Mapping[str, int],
) -> list[InsertedSegment]:
    """Write rows with COPY, by far the fastest way; under the episode's lock none conflicts.

    Each batch is sent as soon as it is ready, so the database stores it while the next is made.
    """
    inserted: list[InsertedSegment] = []
    with driver_connection(session).cursor() as cursor, cursor.copy(_COPY_SEGMENTS) as copy:
        copy.write(HEADER)
        for batch in batches:
            copy.write(pack_rows(episode_id, batch, speaker_ids))
            inserted += batch
        copy.write(TRAILER)
    return inserted
