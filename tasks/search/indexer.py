"""Keeps the search index in step with the rows, and builds it anew."""

import threading
import time
from pathlib import Path

import structlog

from models.database import in_transaction, is_unavailable
from models.queries.changes import begin_epoch, is_from_another_server
from tasks.search.index_directory import activate, current, new_generation
from tasks.search.index_writer import EpochChanged, IndexWriter, exclusive_lock
from tasks.telemetry.health_files import index_file, touched

log = structlog.get_logger()

# Episodes that are taken in by one commit. Less than that waits for a second, so that commits,
# each of which makes files that must be merged, are few while podcasts are read.
_AT_ONCE = 100
_LOOK_SECONDS = 1.0


class AlreadyRebuilding(RuntimeError):
    """Another process builds the index of this folder."""


def rebuild_index(root: Path) -> tuple[int, int]:
    """Build an index from all rows beside the present one, then let it take its place.

    Returns the episodes and segments taken in. The present index is searched and kept in step
    meanwhile; whoever keeps it goes over to the new one.

    Raises:
        AlreadyRebuilding: another process is doing it.
    """
    with exclusive_lock(root, "rebuild") as alone:
        if not alone:
            raise AlreadyRebuilding("the index is being built by another process")
        started = time.monotonic()
        generation = new_generation(root)
        writer = IndexWriter(generation)
        writer.begin()
        episodes = segments = 0
        while (batch := writer.index_batch(_AT_ONCE)).episodes:
            episodes, segments = episodes + batch.episodes, segments + batch.segments
            touched(index_file(root))
        writer.close()
        activate(root, generation)
    seconds = round(time.monotonic() - started, 1)
    log.info("index_rebuilt", episodes=episodes, segments=segments, seconds=seconds)
    return episodes, segments


def run_indexer(root: Path, ended: threading.Event) -> None:
    """Follow the changes until ``ended``; wait while another process does it for this folder."""
    while not ended.is_set():
        with exclusive_lock(root, "keeper") as alone:
            if alone:
                log.info("indexer_started", folder=str(root))
                _keep(root, ended)
                return
        ended.wait(_LOOK_SECONDS)


def _keep(root: Path, ended: threading.Event) -> None:
    writer: IndexWriter | None = None
    while not ended.is_set():
        try:
            writer = _in_step(root, writer)
            took = writer.index_batch(_AT_ONCE)
            touched(index_file(root))
        except EpochChanged:
            log.warning("index_stale")
            writer = None
            rebuild_index(root)
            continue
        except Exception as error:
            # What is in the index was committed; it is opened again, or built again.
            writer = None
            log.warning(
                "index_update_failed", message=str(error), exc_info=not is_unavailable(error)
            )
            ended.wait(_LOOK_SECONDS)
            continue
        if took.episodes:
            log.debug("index_updated", episodes=took.episodes, segments=took.segments)
        if took.episodes < _AT_ONCE:
            ended.wait(_LOOK_SECONDS)
    if writer is not None:
        writer.close()


def _in_step(root: Path, writer: IndexWriter | None) -> IndexWriter:
    """The writer of the current generation: the one that we have, or another."""
    if in_transaction(is_from_another_server):
        in_transaction(begin_epoch)
        log.warning("change_log_epoch_reset")
    path = current(root)
    if writer is not None and path == writer.generation:
        return writer
    if path is not None:
        try:
            return IndexWriter(path)
        except ValueError as error:  # damaged, or of another schema
            log.warning("index_corrupt", message=str(error))
    rebuild_index(root)
    generation = current(root)
    assert generation is not None  # noqa: S101  it was just built
    return IndexWriter(generation)
