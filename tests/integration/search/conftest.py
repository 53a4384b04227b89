"""A search index of the test's own, kept in step by hand."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.search.index_directory import current, reader_of
from tasks.search.index_writer import IndexWriter
from tasks.search.indexer import rebuild_search
from tasks.search.query_parser import parse
from tasks.search.searcher import Search
from tasks.search.values import Filters, Findings, Order
from tests.integration.waiting import until_all_changes_are_shown

Find = Callable[..., Findings]


@pytest.fixture
def root(tmp_path: Path, database: str) -> Path:
    """An index of everything, which is nothing."""
    del database
    rebuild_search(tmp_path / "search")
    return tmp_path / "search"


@pytest.fixture
def in_step(root: Path) -> Callable[[], None]:
    """Take everything that is committed into the index."""

    def take_in() -> None:
        generation = current(root)
        assert generation is not None
        writer = IndexWriter(generation)
        until_all_changes_are_shown()
        while writer.take_in(7).episodes:
            pass
        writer.close()

    return take_in


@pytest.fixture
def find(root: Path) -> Find:
    """What a search finds now."""

    def find(
        text: str,
        *,
        order: Order = Order.date,
        limit: int = 100,
        after: int | None = None,
        **filters: object,
    ) -> Findings:
        searcher = reader_of(root).searcher()
        chosen = Filters(**filters)  # type: ignore[arg-type]
        return Search(parse(text), chosen, searcher).find(order, limit=limit, after=after)

    return find
