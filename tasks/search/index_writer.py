"""Write changed episodes to an index, each one whole, together with the checkpoint."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from models.database import Session, in_transaction
from models.language import primary_subtag
from models.queries.changes import ChangeCursor, changes_since, epoch
from models.queries.search import segments_of
from tasks.search.index_directory import IndexCheckpoint, checkpoint_of, open_index
from tasks.search.index_searcher import IndexSearcher
from tasks.search.schema import CHECKPOINT, SCHEMA_VERSION, checkpoint_document, document
from tasks.search.values import IndexedSegment

# Bytes that the writer buffers before it writes a file, and its threads.
_HEAP, _THREADS = 100_000_000, 1
KINDS = ("episode",)


class EpochChanged(Exception):
    """The index has another change-log epoch or schema than the database; rebuild it."""


class IndexBatch(NamedTuple):
    """The numbers of episodes and segments in one commit."""

    episodes: int
    segments: int


class IndexWriter:
    """The only writer of one generation, guarded by tantivy's lock, which a kill releases."""

    def __init__(self, generation: Path) -> None:
        self.generation = generation
        index = open_index(generation)
        self._writer = index.writer(heap_size=_HEAP, num_threads=_THREADS)
        index.reload()
        self.checkpoint = checkpoint_of(IndexSearcher(index.searcher(), lambda _: None))

    def index_batch(self, limit: int) -> IndexBatch:
        """Index the next changed episodes, up to ``limit``, in one atomic commit.

        Raises:
            EpochChanged: this index cannot be updated, only rebuilt.
        """
        checkpoint, episodes, segments = in_transaction(_read, self.checkpoint, limit)
        if not episodes:
            return IndexBatch(0, 0)
        for episode_id in episodes:
            self._writer.delete_documents_by_term("episode", episode_id)
        for segment in segments:
            self._writer.add_document(document(segment))
        self._commit(checkpoint)
        return IndexBatch(len(episodes), len(segments))

    def begin(self) -> None:
        """Write the first checkpoint: this index starts at the beginning of the epoch."""
        if self.checkpoint is None:
            self._commit(IndexCheckpoint(ChangeCursor(), in_transaction(epoch)))

    def _commit(self, checkpoint: IndexCheckpoint) -> None:
        self._writer.delete_documents_by_term("note", CHECKPOINT)
        self._writer.add_document(checkpoint_document(checkpoint.to_json()))
        self._writer.commit()
        self.checkpoint = checkpoint

    def close(self) -> None:
        """Wait for merges in the background, and release the lock."""
        self._writer.wait_merging_threads()


def _read(
    session: Session, checkpoint: IndexCheckpoint | None, limit: int
) -> tuple[IndexCheckpoint, list[int], list[IndexedSegment]]:
    current_epoch = epoch(session)
    checkpoint = checkpoint or IndexCheckpoint(ChangeCursor(), current_epoch)
    if (checkpoint.epoch, checkpoint.schema) != (current_epoch, SCHEMA_VERSION):
        raise EpochChanged
    changes = changes_since(session, checkpoint.cursor, kinds=KINDS, limit=limit)
    if not changes:
        return checkpoint, [], []
    episodes = [change.subject for change in changes]
    segments = [
        IndexedSegment(
            appearance, episode, podcast, person, day, position, primary_subtag(language), text
        )
        for appearance, episode, podcast, person, day, position, language, text in segments_of(
            session, episodes
        )
    ]
    return IndexCheckpoint(changes[-1], current_epoch), episodes, segments


@contextmanager
def exclusive_lock(root: Path, name: str) -> Iterator[bool]:
    """Try to lock the directory under a name; yields whether it worked. A kill releases it."""
    root.mkdir(parents=True, exist_ok=True)
    file = os.open(root / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        os.close(file)
