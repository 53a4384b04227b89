"""A committed state of the index; whatever is wrong with its files is one error."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import tantivy


class IndexMissing(Exception):
    """No usable index exists."""


class IndexSearcher:
    """The searcher of tantivy, with the methods that we use.

    Raises:
        IndexMissing: by each method, when files of the index are damaged; ``on_damage`` was called.
    """

    def __init__(self, searcher: tantivy.Searcher, on_damage: Callable[[str], None]) -> None:
        self._searcher = searcher
        self._on_damage = on_damage

    @property
    def num_docs(self) -> int:
        """The number of documents."""
        return self._searcher.num_docs

    def search(self, query: tantivy.Query, limit: int, **options: Any) -> tantivy.SearchResult:
        """Run a query."""
        with self._reading():
            return self._searcher.search(query, limit, **options)

    def aggregate(self, query: tantivy.Query, wanted: dict[str, Any]) -> Any:
        """Count the matches of a query by the values of fields."""
        with self._reading():
            return self._searcher.aggregate(query, wanted)

    def doc(self, address: tantivy.DocAddress) -> tantivy.Document:
        """Read a stored document."""
        with self._reading():
            return self._searcher.doc(address)

    def doc_freq(self, field: str, term: str) -> int:
        """Count the documents with a term."""
        with self._reading():
            return self._searcher.doc_freq(field, term)

    def fast_field_values(self, field: str, addresses: list[tantivy.DocAddress]) -> list[Any]:
        """Read a field of some documents."""
        with self._reading():
            return list(self._searcher.fast_field_values(field, addresses))

    def terms_with_prefix(self, field: str, prefix: str, **options: Any) -> list[Any]:
        """List the terms that begin so, with how many documents have them."""
        with self._reading():
            return list(self._searcher.terms_with_prefix(field, prefix, **options))

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError) as error:
            raise self._damaged(error) from error
        except BaseException as error:
            # A panic of tantivy is no Exception; what else is none (an exit) passes.
            if type(error).__name__ != "PanicException":
                raise
            raise self._damaged(error) from error

    def _damaged(self, error: BaseException) -> IndexMissing:
        self._on_damage(str(error))
        return IndexMissing(f"the index is damaged: {error}")
