"""The status of the index, compared with the database."""

from dataclasses import dataclass
from pathlib import Path

from models.database import Session
from models.queries.changes import changes_to_come, epoch
from tasks.search.index_directory import IndexCheckpoint, checkpoint_of, reader_of
from tasks.search.index_searcher import IndexMissing, IndexSearcher
from tasks.search.index_writer import KINDS
from tasks.search.schema import SCHEMA_VERSION

# Changed episodes that are not indexed yet are counted up to this number.
MAX_BEHIND = 1_000


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """A state of the index, its segments, and the number of changed episodes not yet in it."""

    searcher: IndexSearcher
    segments: int
    behind: int


def index_status(session: Session, root: Path) -> IndexStatus:
    """Return the status of the newest committed state.

    Raises:
        IndexMissing: no index belongs to the current database.
    """
    searcher = reader_of(root).searcher()
    checkpoint = _checked(session, checkpoint_of(searcher))
    behind = changes_to_come(session, checkpoint.cursor, kinds=KINDS, limit=MAX_BEHIND)
    return IndexStatus(searcher, searcher.num_docs - 1, behind)


def current_checkpoint(session: Session, root: Path) -> IndexCheckpoint:
    """Return the checkpoint of the newest committed state; it differs after each commit.

    Raises:
        IndexMissing: no index belongs to the current database.
    """
    return _checked(session, checkpoint_of(reader_of(root).searcher()))


def _checked(session: Session, checkpoint: IndexCheckpoint | None) -> IndexCheckpoint:
    if checkpoint is None or (checkpoint.epoch, checkpoint.schema) != (
        epoch(session),
        SCHEMA_VERSION,
    ):
        raise IndexMissing("the index belongs to another database state, and must be rebuilt")
    return checkpoint
