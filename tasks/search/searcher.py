"""Search the index: matches in order, their total, and counts by podcast, person and year."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import tantivy
from tantivy import Occur, Query

from tasks.search.index_searcher import IndexSearcher
from tasks.search.query_compiler import IndexScope, compile_query, recency_range, scope_of
from tasks.search.query_parser import Node
from tasks.search.schema import first_key_of, year_of_key
from tasks.search.values import Filters, MatchCounts, Order, SearchResults

# Matches that can be paged through by relevance; by date there is no limit.
MAX_RELEVANT = 1_000
# The newest matches that are counted by podcast and person when there are too many to count all.
MAX_COUNTED = 10_000
COUNTED_EXACTLY = 100_000
_SHOWN = 8
_KEY = "recency"


class Searcher:
    """One search on one committed state of the index."""

    def __init__(self, node: Node, filters: Filters, searcher: IndexSearcher) -> None:
        """Compile the search.

        Raises:
            SearchRefused: see ``compile_query``.
        """
        scope: IndexScope = scope_of(searcher)
        self._searcher = searcher
        self._query = compile_query(node, filters, scope)

    def find(self, order: Order, *, limit: int, after: int | None = None) -> SearchResults:
        """Return the matches after a cursor (``SearchResults.next_cursor``), and the total."""
        if order is Order.relevance:
            return self._most_relevant(limit, after or 0)
        return self._newest(limit, after)

    def _most_relevant(self, limit: int, offset: int) -> SearchResults:
        limit = min(limit, max(0, MAX_RELEVANT - offset))
        if not limit:
            return SearchResults([], self.total())
        result = self._searcher.search(self._query, limit, count=True, offset=offset)
        total, ids = int(getattr(result, "count", 0) or 0), self._ids(result)
        more = offset + len(ids) < min(total, MAX_RELEVANT)
        return SearchResults(ids, total, offset + len(ids) if more and ids else None)

    def _newest(self, limit: int, before: int | None) -> SearchResults:
        query = self._query if before is None else _and(self._query, before - 1)
        result = self._searcher.search(query, limit + 1, count=True, order_by_field=_KEY)
        total = int(getattr(result, "count", 0) or 0) if before is None else self.total()
        hits = result.hits[:limit]
        ids = self._field("appearance", [address for _, address in hits])
        more = len(result.hits) > limit
        return SearchResults(ids, total, int(hits[-1][0]) if more else None)

    def total(self) -> int:
        """Return the number of matches."""
        result = self._searcher.search(self._query, 1, count=True, order_by_field=_KEY)
        return int(getattr(result, "count", 0) or 0)

    def counts(self, total: int) -> MatchCounts:
        """Count matches by podcast, person and year: of all, or of the newest."""
        if total <= COUNTED_EXACTLY:
            return self._count_all(total)
        result = self._searcher.search(self._query, MAX_COUNTED, count=False, order_by_field=_KEY)
        addresses = [address for _, address in result.hits]
        podcasts = Counter(self._field("podcast", addresses))
        people = Counter(person for person in self._field("person", addresses) if person)
        years = Counter(year_of_key(int(key)) for key, _ in result.hits)
        return MatchCounts(
            dict(podcasts.most_common(_SHOWN)),
            dict(people.most_common(_SHOWN)),
            dict(sorted(years.items(), reverse=True)),
            len(addresses),
        )

    def _count_all(self, total: int) -> MatchCounts:
        fields = ("podcast", "person")
        wanted: dict[str, Any] = {
            name: {"terms": {"field": name, "size": _SHOWN + 1}} for name in fields
        }
        wanted |= {"first": {"min": {"field": _KEY}}, "last": {"max": {"field": _KEY}}}
        aggregated = self._searcher.aggregate(self._query, wanted)
        podcasts, people = (
            {int(bucket["key"]): int(bucket["doc_count"]) for bucket in aggregated[name]["buckets"]}
            for name in fields
        )
        people.pop(0, None)
        return MatchCounts(_first(podcasts), _first(people), self._years(aggregated), total)

    def _years(self, spans: Any) -> dict[int, int]:
        """Count matches by year, the newest first; sort keys are in the order of days."""
        first, last = (year_of_key(int(spans[name]["value"])) for name in ("first", "last"))
        # These two are floats, so a key at the end of a year may be rounded up to the next one.
        years = range(last, max(0, first - 2), -1)
        ranges = [
            {"key": str(year), "from": first_key_of(year), "to": first_key_of(year + 1)}
            for year in years
        ]
        wanted = {"years": {"range": {"field": _KEY, "ranges": ranges}}}
        buckets = self._searcher.aggregate(self._query, wanted)["years"]["buckets"]
        counted = {one["key"]: int(one["doc_count"]) for one in buckets}
        return {year: number for year in years if (number := counted.get(str(year), 0))}

    def _ids(self, result: tantivy.SearchResult) -> list[int]:
        return self._field("appearance", [address for _, address in result.hits])

    def _field(self, name: str, addresses: list[tantivy.DocAddress]) -> list[int]:
        values = self._searcher.fast_field_values(name, addresses)
        return [int(value or 0) for value in values]


def _and(query: Query, upper: int) -> Query:
    older = Query.const_score_query(recency_range(None, upper), 0.0)
    return Query.boolean_query([(Occur.Must, query), (Occur.Must, older)])


def _first(counts: dict[int, int]) -> dict[int, int]:
    pairs: Iterable[tuple[int, int]] = counts.items()
    return dict(sorted(pairs, key=lambda pair: (-pair[1], pair[0]))[:_SHOWN])
