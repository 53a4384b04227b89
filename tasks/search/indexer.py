"""The indexer: keeps the search index up to date with the database, and rebuilds it."""

import threading
import time
from pathlib import Path

import structlog

from models.database import in_transaction, is_unavailable
from models.queries.changes import begin_epoch, is_from_another_server
from tasks.search.index_damage import find_damage, reported_damage, withdraw_report
from tasks.search.index_directory import activate, current, new_generation
from tasks.search.index_searcher import IndexMissing
from tasks.search.index_writer import EpochChanged, IndexWriter, exclusive_lock
from tasks.telemetry.health_files import index_file, touched

log = structlog.get_logger()

# Episodes in one commit. After a smaller batch the indexer waits a second: every commit writes
# files that must be merged, so during an ingest there should be few.
_BATCH = 100
_WAIT_SECONDS = 1.0
# Reports of damage are verified at most so often: all files are read.
_VERIFY_SECONDS = 30.0


class AlreadyRebuilding(RuntimeError):
    """Another process is rebuilding the index in this directory."""


def rebuild_index(root: Path) -> tuple[int, int]:
    """Build an index from all rows beside the current one, then make it the current one.

    Returns the numbers of episodes and segments indexed. Until then searches use the old index, and
    a running indexer updates it; afterwards the indexer switches to the new one.

    Raises:
        AlreadyRebuilding: another process is rebuilding it.
    """
    with exclusive_lock(root, "rebuild") as alone:
        if not alone:
            raise AlreadyRebuilding("another process is rebuilding the index")
        started = time.monotonic()
        generation = new_generation(root)
        writer = IndexWriter(generation)
        writer.begin()
        episodes = segments = 0
        while (batch := writer.index_batch(_BATCH)).episodes:
            episodes, segments = episodes + batch.episodes, segments + batch.segments
            touched(index_file(root))
        writer.close()
        activate(root, generation)
    seconds = round(time.monotonic() - started, 1)
    log.info("index_rebuilt", episodes=episodes, segments=segments, seconds=seconds)
    return episodes, segments


def run_indexer(root: Path, ended: threading.Event) -> None:
    """Index changes until ``ended``; wait while another process indexes this directory."""
    while not ended.is_set():
        with exclusive_lock(root, "indexer") as alone:
            if alone:
                log.info("indexer_started", folder=str(root))
                _index_changes(root, ended)
                return
        ended.wait(_WAIT_SECONDS)


def _index_changes(root: Path, ended: threading.Event) -> None:
    writer: IndexWriter | None = None
    verified_at = float("-inf")
    while not ended.is_set():
        try:
            if time.monotonic() - verified_at > _VERIFY_SECONDS and reported_damage(root):
                verified_at = time.monotonic()
                if writer is not None:
                    writer.close()
                writer = None
                _rebuild_if_damaged(root)
            writer = _current_writer(root, writer)
            batch = writer.index_batch(_BATCH)
            touched(index_file(root))
        except EpochChanged:
            log.warning("index_stale")
            writer = None
            rebuild_index(root)
            continue
        except Exception as error:
            # What the index contains is committed: it is opened again, or rebuilt.
            writer = None
            log.warning(
                "index_update_failed", message=str(error), exc_info=not is_unavailable(error)
            )
            ended.wait(_WAIT_SECONDS)
            continue
        if batch.episodes:
            log.debug("index_updated", episodes=batch.episodes, segments=batch.segments)
        if batch.episodes < _BATCH:
            ended.wait(_WAIT_SECONDS)
    if writer is not None:
        writer.close()


def _rebuild_if_damaged(root: Path) -> None:
    """Verify a report of damage; the index is rebuilt if its files are wrong."""
    generation = current(root)
    damage = find_damage(generation) if generation else None
    if damage is not None:
        log.warning("index_corrupt", message=damage)
        rebuild_index(root)
    withdraw_report(root)


def _current_writer(root: Path, writer: IndexWriter | None) -> IndexWriter:
    """Return a writer of the current generation; rebuilds the index if there is none."""
    if in_transaction(is_from_another_server):
        in_transaction(begin_epoch)
        log.warning("change_log_epoch_reset")
    path = current(root)
    if writer is not None and path == writer.generation:
        return writer
    if path is not None:
        try:
            return IndexWriter(path)
        except (ValueError, IndexMissing) as error:  # damaged, or another schema
            log.warning("index_corrupt", message=str(error))
    rebuild_index(root)
    generation = current(root)
    assert generation is not None  # noqa: S101  just built
    return IndexWriter(generation)
