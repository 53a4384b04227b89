"""Stores transcripts, compared with COPY of the same rows into the same indexed table."""

import time
from collections.abc import Callable, Sequence

from sqlalchemy import text
from sqlmodel import Session

from benchmarks.database import empty_database, make_episodes
from benchmarks.invented import episodes
from benchmarks.sizes import size
from models.database import in_transaction
from models.database.sql import driver_connection, rows, statement
from tasks.ingest.count_appearances import count_appearances
from tasks.transcripts.diff import fingerprints
from tasks.transcripts.store import lock_episode
from tasks.transcripts.values import Segment
from workers.worker.gc_freeze import freeze_loaded_objects

EPISODES, SEGMENTS, BATCH = size(300, 20), 600, size(20, 5)

Transcripts = Sequence[tuple[int, list[Segment]]]

_COPY = """
    COPY appearance (episode_id, speaker_id, fingerprint, ordinal, position, start_ms, end_ms, text)
    FROM STDIN (FORMAT BINARY)
"""
_SPEAKERS = statement("SELECT id, label FROM speaker WHERE episode_id = :id")
_TYPES = ("int8", "int8", "int8", "int4", "int4", "int4", "int4", "text")


def run() -> None:
    """Alternate between COPY, a first store and an unchanged one; print rows/s and ratios.

    COPY writes to episodes of its own, one transaction an episode, with the fingerprints computed
    as we do; the table has the same indexes for all three and grows for all alike.
    """
    transcripts = list(enumerate(episodes(EPISODES, SEGMENTS), 1))
    spent = {"copy": 0.0, "first": 0.0, "again": 0.0}
    with empty_database():
        _make_episodes(EPISODES, EPISODES)
        in_transaction(_make_copied_speakers, transcripts)
        freeze_loaded_objects()  # as a worker does
        for start in range(0, EPISODES, BATCH):
            batch = transcripts[start : start + BATCH]
            turns = [("copy", _copy_all), ("first", _store_all), ("again", _store_all)]
            if start % (2 * BATCH):  # what is written keeps the disk busy for the next
                turns = turns[1:] + turns[:1]
            for name, work in turns:
                spent[name] += _timed(work, batch)
    stored = EPISODES * SEGMENTS
    copied = stored / spent["copy"]
    print(f"COPY, same table, same fingerprints  {copied:>9,.0f} rows/s   1.00")
    for name, case in (("first", "first store, counts included"), ("again", "unchanged re-store")):
        rate = stored / spent[name]
        print(f"{case:<35}  {rate:>9,.0f} rows/s   {rate / copied:.2f}")


def copy_rate(count: int = size(60, 10)) -> float:
    """Rows per second of COPY alone into an empty table, as a baseline."""
    transcripts = list(enumerate(episodes(count, SEGMENTS), 1))
    with empty_database():
        _make_episodes(EPISODES, count)
        in_transaction(_make_copied_speakers, transcripts)
        return count * SEGMENTS / _timed(_copy_all, transcripts)


def _make_episodes(stored: int, copied: int) -> None:
    """A podcast for storing, and another for COPY, so that they share no recurring speakers."""
    make_episodes(stored)
    make_episodes(copied, podcast_id=2, after=stored)


def _timed(work: Callable[[Transcripts], None], transcripts: Transcripts) -> float:
    started = time.perf_counter()
    work(transcripts)
    return time.perf_counter() - started


def _store_all(transcripts: Transcripts) -> None:
    for episode_id, segments in transcripts:
        in_transaction(_store, episode_id, segments)


def _store(session: Session, episode_id: int, segments: list[Segment]) -> None:
    """The transaction of a parse job, without the job's row and the raw body."""
    lock_episode(session, episode_id)
    count_appearances(session, episode_id, segments)


def _make_copied_speakers(session: Session, transcripts: Transcripts) -> None:
    """The speakers of the episodes that COPY writes to, the same as ours."""
    session.connection().execute(
        text("""
            INSERT INTO speaker (episode_id, label, role, source, method, reason, version,
                                 confidence, evidence, appearances, spoken_ms)
            VALUES (:episode, :label, '', '', '', '', 0, 0, '', 0, 0)
        """),
        [
            {"episode": EPISODES + episode_id, "label": label}
            for episode_id, segments in transcripts
            for label in sorted({one.label for one in segments})
        ],
    )


def _copy_all(transcripts: Transcripts) -> None:
    for episode_id, segments in transcripts:
        in_transaction(_copy, EPISODES + episode_id, segments)


def _copy(session: Session, episode_id: int, segments: list[Segment]) -> None:
    speakers = {row.label: row.id for row in rows(session, _SPEAKERS, {"id": episode_id})}
    with driver_connection(session).cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.set_types(_TYPES)
        prints = fingerprints([segment.text for segment in segments])
        for position, (label, spoken, start_ms, end_ms) in enumerate(segments):
            speaker, print_ = speakers[label], prints[position]
            copy.write_row((episode_id, speaker, print_, 0, position, start_ms, end_ms, spoken))


if __name__ == "__main__":
    run()
