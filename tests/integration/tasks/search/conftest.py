"""A search index for one test, updated by the test."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.search.index_directory import current, reader_of
from tasks.search.index_writer import IndexWriter
from tasks.search.indexer import rebuild_index
from tasks.search.query_parser import parse
from tasks.search.searcher import Searcher
from tasks.search.values import Filters, Order, SearchResults
from tests.integration.waiting import until_all_changes_are_shown

Find = Callable[..., SearchResults]


@pytest.fixture
def root(tmp_path: Path, database: str) -> Path:
    """The directory of an index of the empty database."""
    del database
    rebuild_index(tmp_path / "search")
    return tmp_path / "search"


@pytest.fixture
def index_all(root: Path) -> Callable[[], None]:
    """Return a function that indexes everything that is committed."""

    def index_batch() -> None:
        generation = current(root)
        assert generation is not None
        writer = IndexWriter(generation)
        until_all_changes_are_shown()
        while writer.index_batch(7).episodes:
            pass
        writer.close()

    return index_batch


@pytest.fixture
def find(root: Path) -> Find:
    """Return a function that searches the current index."""

    def find(
        text: str,
        *,
        order: Order = Order.date,
        limit: int = 100,
        after: int | None = None,
        **filters: object,
    ) -> SearchResults:
        searcher = reader_of(root).searcher()
        chosen = Filters(**filters)  # type: ignore[arg-type]
        return Searcher(parse(text), chosen, searcher).find(order, limit=limit, after=after)

    return find
