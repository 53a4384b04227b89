"""Storing transcripts beside COPY of the same rows into the same indexed table."""

import time
from collections.abc import Callable, Sequence

from sqlalchemy import text
from sqlmodel import Session

from benchmarks.database import empty_database, make_episodes
from benchmarks.invented import episodes
from models.database import in_transaction
from models.statements import driver_connection
from tasks.count_transcript import count_transcript
from tasks.transcripts.difference import fingerprints
from tasks.transcripts.store import lock_episode
from tasks.transcripts.values import Segment
from workers.memory import keep_what_is_loaded

EPISODES, SEGMENTS, BATCH = 300, 600, 20

Transcripts = Sequence[tuple[int, list[Segment]]]

_COPY = """
    COPY appearance (episode_id, speaker_id, fingerprint, ordinal, position, start_ms, end_ms, text)
    FROM STDIN (FORMAT BINARY)
"""
_TYPES = ("int8", "int8", "int8", "int4", "int4", "int4", "int4", "text")


def run() -> None:
    """Alternate between COPY, a first store and an unchanged one; print rows/s and ratios.

    COPY writes to episodes of its own, one transaction an episode, with the fingerprints computed
    as we do; the table has the same indexes for all three and grows for all alike.
    """
    transcripts = list(enumerate(episodes(EPISODES, SEGMENTS), 1))
    spent = {"copy": 0.0, "first": 0.0, "again": 0.0}
    with empty_database():
        make_episodes(2 * EPISODES)
        in_transaction(_make_copied_speakers)
        keep_what_is_loaded()  # as a worker does
        for start in range(0, EPISODES, BATCH):
            batch = transcripts[start : start + BATCH]
            spent["copy"] += _timed(_copy_all, batch)
            spent["first"] += _timed(_store_all, batch)
            spent["again"] += _timed(_store_all, batch)
    rows = EPISODES * SEGMENTS
    copied = rows / spent["copy"]
    print(f"COPY, same table, same fingerprints  {copied:>9,.0f} rows/s   1.00")
    for name, said in (("first", "first store, counts included"), ("again", "unchanged re-store")):
        rate = rows / spent[name]
        print(f"{said:<35}  {rate:>9,.0f} rows/s   {rate / copied:.2f}")


def copy_rate(count: int = 60) -> float:
    """Rows per second of COPY alone, into an empty table, to compare other figures with."""
    transcripts = list(enumerate(episodes(count, SEGMENTS), 1))
    with empty_database():
        make_episodes(EPISODES + count)
        in_transaction(_make_copied_speakers)
        return count * SEGMENTS / _timed(_copy_all, transcripts)


def _timed(work: Callable[[Transcripts], None], transcripts: Transcripts) -> float:
    started = time.perf_counter()
    work(transcripts)
    return time.perf_counter() - started


def _store_all(transcripts: Transcripts) -> None:
    for episode_id, segments in transcripts:
        in_transaction(_store, episode_id, segments)


def _store(session: Session, episode_id: int, segments: list[Segment]) -> None:
    """What a parse job does in its transaction, without the job's row and the raw body."""
    lock_episode(session, episode_id)
    count_transcript(session, episode_id, segments)


def _make_copied_speakers(session: Session) -> None:
    """A speaker for each episode that COPY writes to: the foreign key wants one."""
    session.connection().execute(
        text("""
            INSERT INTO speaker (episode_id, label, role, source, method, reason, version,
                                 confidence, evidence, appearances, spoken_ms)
            SELECT id, '', '', '', '', '', 0, 0, '', 0, 0 FROM episode WHERE id > :first
        """),
        {"first": EPISODES},
    )


def _copy_all(transcripts: Transcripts) -> None:
    for episode_id, segments in transcripts:
        in_transaction(_copy, EPISODES + episode_id, segments)


def _copy(session: Session, episode_id: int, segments: list[Segment]) -> None:
    speaker = session.connection().execute(
        text("SELECT id FROM speaker WHERE episode_id = :id"), {"id": episode_id}
    )
    speaker_id = speaker.scalar_one()
    with driver_connection(session).cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.set_types(_TYPES)
        prints = fingerprints([segment.text for segment in segments])
        for position, (_, spoken, start_ms, end_ms) in enumerate(segments):
            print_ = prints[position]
            copy.write_row((episode_id, speaker_id, print_, 0, position, start_ms, end_ms, spoken))


if __name__ == "__main__":
    run()
