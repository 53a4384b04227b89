"""Asks the index: what matches, in which order, how many, and how many by podcast and person."""

from collections import Counter
from collections.abc import Iterable

import tantivy
from tantivy import Occur, Query

from tasks.search.query_compiler import Scope, before_and_after, compile_query, scope_of
from tasks.search.query_parser import Node
from tasks.search.values import Counted, Filters, Order, SearchResults

# Matches that may be paged through by relevance; by date there is no end.
MOST_RELEVANT = 1_000
# Matches up to which all are counted by podcast and person; of more, the newest.
COUNTED = 10_000
_SHOWN = 8


class Searcher:
    """One search in one state of the index."""

    def __init__(self, node: Node, filters: Filters, searcher: tantivy.Searcher) -> None:
        """Make the question.

        Raises:
            SearchRefused: as compiling says.
        """
        scope: Scope = scope_of(searcher)
        self._searcher = searcher
        self._query = compile_query(node, filters, scope)

    def find(self, order: Order, *, limit: int, after: int | None = None) -> SearchResults:
        """The next matches after a place, as ``SearchResults.next_place`` gave it, and the total."""
        if order is Order.relevance:
            return self._most_relevant(limit, after or 0)
        return self._newest(limit, after)

    def _most_relevant(self, limit: int, offset: int) -> SearchResults:
        limit = min(limit, max(0, MOST_RELEVANT - offset))
        if not limit:
            return SearchResults([], self.total())
        found = self._searcher.search(self._query, limit, count=True, offset=offset)
        total, ids = int(getattr(found, "count", 0) or 0), self._ids(found)
        more = offset + len(ids) < min(total, MOST_RELEVANT)
        return SearchResults(ids, total, offset + len(ids) if more and ids else None)

    def _newest(self, limit: int, before: int | None) -> SearchResults:
        query = self._query if before is None else _and(self._query, before - 1)
        found = self._searcher.search(query, limit + 1, count=True, order_by_field="recent")
        total = int(getattr(found, "count", 0) or 0) if before is None else self.total()
        hits = found.hits[:limit]
        ids = self._field("appearance", [address for _, address in hits])
        more = len(found.hits) > limit
        return SearchResults(ids, total, int(hits[-1][0]) if more else None)

    def total(self) -> int:
        """How many match."""
        found = self._searcher.search(self._query, 1, count=True, order_by_field="recent")
        return int(getattr(found, "count", 0) or 0)

    def counted(self, total: int) -> Counted:
        """Matches by podcast and person, the most first: of all, or of the newest."""
        if total <= COUNTED * 10:
            return self._count_all(total)
        found = self._searcher.search(self._query, COUNTED, count=False, order_by_field="recent")
        addresses = [address for _, address in found.hits]
        podcasts = Counter(self._field("podcast", addresses))
        people = Counter(one for one in self._field("person", addresses) if one)
        return Counted(
            dict(podcasts.most_common(_SHOWN)), dict(people.most_common(_SHOWN)), len(addresses)
        )

    def _count_all(self, total: int) -> Counted:
        params = {name: {"terms": {"field": name, "size": _SHOWN + 1}}
                 for name in ("podcast", "person")}  # fmt: skip
        said = self._searcher.aggregate(self._query, params)
        podcasts, people = (
            {int(one["key"]): int(one["doc_count"]) for one in said[name]["buckets"]}
            for name in ("podcast", "person")
        )
        people.pop(0, None)
        return Counted(_first(podcasts), _first(people), total)

    def _ids(self, found: tantivy.SearchResult) -> list[int]:
        return self._field("appearance", [address for _, address in found.hits])

    def _field(self, name: str, addresses: list[tantivy.DocAddress]) -> list[int]:
        values = self._searcher.fast_field_values(name, addresses)
        return [int(value or 0) for value in values]


def _and(query: Query, upper: int) -> Query:
    place = Query.const_score_query(before_and_after(None, upper), 0.0)
    return Query.boolean_query([(Occur.Must, query), (Occur.Must, place)])


def _first(counts: dict[int, int]) -> dict[int, int]:
    pairs: Iterable[tuple[int, int]] = counts.items()
    return dict(sorted(pairs, key=lambda pair: (-pair[1], pair[0]))[:_SHOWN])
