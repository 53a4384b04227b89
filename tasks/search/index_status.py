"""How the index stands beside the rows."""

from dataclasses import dataclass
from pathlib import Path

import tantivy
from sqlmodel import Session

from models.queries.changes import changes_to_come, epoch
from tasks.search.index_directory import IndexCheckpoint, IndexMissing, checkpoint_of, reader_of
from tasks.search.index_writer import KINDS
from tasks.search.schema import SCHEMA_VERSION

# Up to how many episodes it is counted how far the index is behind.
MOST_BEHIND = 1_000


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """A state of the index, its segments, and the changed episodes that are not in it yet."""

    searcher: tantivy.Searcher
    segments: int
    behind: int


def index_status(session: Session, root: Path) -> IndexStatus:
    """The newest state that can be searched.

    Raises:
        IndexMissing: there is none of the present rows.
    """
    searcher = reader_of(root).searcher()
    place = _checked(session, checkpoint_of(searcher))
    behind = changes_to_come(session, place.cursor, kinds=KINDS, limit=MOST_BEHIND)
    return IndexStatus(searcher, searcher.num_docs - 1, behind)


def state_of(session: Session, root: Path) -> IndexCheckpoint:
    """Up to where the newest state has come that can be searched; another one after each commit.

    Raises:
        IndexMissing: there is none of the present rows.
    """
    return _checked(session, checkpoint_of(reader_of(root).searcher()))


def _checked(session: Session, place: IndexCheckpoint | None) -> IndexCheckpoint:
    if place is None or (place.epoch, place.schema) != (epoch(session), SCHEMA_VERSION):
        raise IndexMissing("the index is of other rows, and must be built anew")
    return place
