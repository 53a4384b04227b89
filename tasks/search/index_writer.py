"""Puts changed episodes into an index, each as a whole, together with the place in the changes."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from sqlmodel import Session

from models.database import in_transaction
from models.language import primary_subtag
from models.queries.changes import ChangeCursor, changes_since, epoch
from models.queries.search import segments_of
from tasks.search.index_directory import IndexCheckpoint, checkpoint_of, open_index
from tasks.search.schema import PLACE, SCHEMA_VERSION, document, place_document
from tasks.search.values import Segment

# Bytes that the writer collects before it makes a file; threads that make them.
_HEAP, _THREADS = 100_000_000, 1
KINDS = ("episode",)


class EpochChanged(Exception):
    """The index is of another history or schema than the rows, and must be built anew."""


class Batch(NamedTuple):
    """What one step took in."""

    episodes: int
    segments: int


class IndexWriter:
    """The only writer of one generation; tantivy's own lock, freed by a kill, makes sure of it."""

    def __init__(self, generation: Path) -> None:
        self.generation = generation
        index = open_index(generation)
        self._writer = index.writer(heap_size=_HEAP, num_threads=_THREADS)
        index.reload()
        self.place = checkpoint_of(index.searcher())

    def index_batch(self, limit: int) -> Batch:
        """Take in the next changed episodes, up to ``limit``; a kill leaves all or nothing of it.

        Raises:
            OtherHistory: this index cannot be brought up to date.
        """
        place, episodes, segments = in_transaction(_read, self.place, limit)
        if not episodes:
            return Batch(0, 0)
        for episode_id in episodes:
            self._writer.delete_documents_by_term("episode", episode_id)
        for segment in segments:
            self._writer.add_document(document(segment))
        self._move_to(place)
        return Batch(len(episodes), len(segments))

    def begin(self) -> None:
        """Say that this index begins with the first change of the present history."""
        if self.place is None:
            self._move_to(IndexCheckpoint(ChangeCursor(), in_transaction(epoch)))

    def _move_to(self, place: IndexCheckpoint) -> None:
        self._writer.delete_documents_by_term("note", PLACE)
        self._writer.add_document(place_document(place.said()))
        self._writer.commit()
        self.place = place

    def close(self) -> None:
        """Finish what is merged in the background, and free the lock."""
        self._writer.wait_merging_threads()


def _read(
    session: Session, known: IndexCheckpoint | None, limit: int
) -> tuple[IndexCheckpoint, list[int], list[Segment]]:
    present = epoch(session)
    known = known or IndexCheckpoint(ChangeCursor(), present)
    if (known.epoch, known.schema) != (present, SCHEMA_VERSION):
        raise EpochChanged
    changes = changes_since(session, known.cursor, kinds=KINDS, limit=limit)
    if not changes:
        return known, [], []
    episodes = [change.subject for change in changes]
    segments = [
        Segment(appearance, episode, podcast, person, day, place, primary_subtag(language), said)
        for appearance, episode, podcast, person, day, place, language, said in segments_of(
            session, episodes
        )
    ]
    return IndexCheckpoint(changes[-1], present), episodes, segments


@contextmanager
def exclusive_lock(root: Path, name: str) -> Iterator[bool]:
    """Whether we are the only process that holds this lock of the folder; freed by a kill."""
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
