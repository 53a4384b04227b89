"""Runs a search, from the query to the rows: for pages, the API and the command."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path

from models.database import Session
from models.queries.search import (
    ConfirmedAppearance,
    Neighbour,
    SubjectName,
    confirmed,
    names_of,
    neighbours,
)
from tasks.search.did_you_mean import as_meant
from tasks.search.highlight import HighlightedPiece, HighlightTerms, highlight_terms, highlighted
from tasks.search.index_directory import IndexCheckpoint, reader_of
from tasks.search.index_searcher import IndexMissing, IndexSearcher
from tasks.search.index_status import current_checkpoint, index_status
from tasks.search.query_compiler import scope_of
from tasks.search.query_parser import parse
from tasks.search.searcher import Searcher
from tasks.search.values import Filters, MatchCounts, Order, SearchRefused

# A search with more matches was hardly misspelt.
_FEW_MATCHES = 10


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A search: query, filters and order; ``after`` is the cursor of the page."""

    text: str
    filters: Filters = field(default_factory=Filters)
    order: Order = Order.relevance
    after: int | None = None
    limit: int = 20


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A matching appearance, its text in pieces, and the segments around it."""

    appearance: ConfirmedAppearance
    pieces: list[HighlightedPiece]
    before: Neighbour | None
    behind: Neighbour | None


@dataclass(frozen=True, slots=True)
class MatchCount:
    """How many of the counted matches are in a podcast or of a person."""

    id: int
    name: str
    slug: str
    matches: int


@dataclass(frozen=True, slots=True)
class YearCount:
    """How many of the counted matches are in episodes of a year."""

    year: int
    matches: int


@dataclass(frozen=True, slots=True)
class SearchPage:
    """A page of hits, how many there are, and the counts by podcast, person and year.

    ``behind`` counts the changed episodes that are not in the index yet. ``meant`` is a similar
    search with more matches, if this one has few.
    """

    hits: list[SearchHit]
    total: int
    next_cursor: int | None
    behind: int
    counted_among: int = 0
    podcasts: list[MatchCount] = field(default_factory=list)
    people: list[MatchCount] = field(default_factory=list)
    years: list[YearCount] = field(default_factory=list)
    meant: str | None = None


def search(session: Session, request: SearchRequest, root: Path, *, counts: bool) -> SearchPage:
    """Search the index in a folder, and return the hits that the rows confirm.

    Raises:
        SearchRefused: the query is invalid.
        IndexMissing: there is no index.
    """
    node = parse(request.text)
    index = index_status(session, root)
    searcher = Searcher(node, request.filters, index.searcher)
    found = searcher.find(request.order, limit=request.limit, after=request.after)
    rows = [row for row in confirmed(session, found.appearance_ids) if _fits(row, request.filters)]
    counted = searcher.counts(found.total) if counts and found.total else MatchCounts()
    podcasts, people = _named(session, counted)
    is_rare = request.after is None and found.total < _FEW_MATCHES
    return SearchPage(
        hits=_hits(session, rows, highlight_terms(node)),
        total=found.total,
        next_cursor=found.next_cursor,
        behind=index.behind,
        counted_among=counted.among,
        podcasts=podcasts,
        people=people,
        years=[YearCount(year, matches) for year, matches in counted.years.items()],
        meant=_meant(request, index.searcher, found.total) if is_rare else None,
    )


def total_of(session: Session, text: str, filters: Filters, root: Path) -> int:
    """Return how many matches a search has; 0 for an invalid one and without an index."""
    try:
        return Searcher(parse(text), filters, index_status(session, root).searcher).total()
    except (IndexMissing, SearchRefused):
        return 0


def _meant(request: SearchRequest, searcher: IndexSearcher, total: int) -> str | None:
    """The search as it was probably meant, if that has more matches."""
    text = as_meant(request.text, scope_of(searcher))
    if text is None:
        return None
    try:
        more = Searcher(parse(text), request.filters, searcher).total()
    except SearchRefused:
        return None
    return text if more > total else None


def count_spoken(session: Session, name: str, root: Path) -> int | None:
    """In how many segments a full name is spoken, by any speaker; None if unknown.

    A name of one word may be an ordinary word, so it is not counted.
    """
    if " " not in name.strip():
        return None
    try:
        return _total(phrase(name), root, current_checkpoint(session, root))
    except (IndexMissing, SearchRefused):
        return None


@lru_cache(maxsize=10_000)
def _total(query: str, root: Path, _checkpoint: IndexCheckpoint) -> int:
    """How many segments match; ``_checkpoint`` makes the cache follow the index."""
    return Searcher(parse(query), Filters(), reader_of(root).searcher()).total()


def phrase(name: str) -> str:
    """A name as a phrase query."""
    return '"' + name.replace('"', " ") + '"'


def _fits(row: ConfirmedAppearance, filters: Filters) -> bool:
    """Whether a row still matches the filters: the index may be behind the rows."""
    return (
        filters.person_id in {None, row.person_id}
        and filters.podcast_id in {None, row.podcast_id}
        and filters.episode_id in {None, row.episode_id}
        and (filters.since or date.min) <= row.stats_date <= (filters.until or date.max)
    )


def _hits(
    session: Session, rows: Sequence[ConfirmedAppearance], terms: HighlightTerms
) -> list[SearchHit]:
    around = neighbours(session, [(row.id, row.episode_id, row.position) for row in rows])
    return [
        SearchHit(
            appearance=row,
            pieces=highlighted(row.text, row.language, terms),
            before=around.get((row.episode_id, row.position - 1)),
            behind=around.get((row.episode_id, row.position + 1)),
        )
        for row in rows
    ]


def _named(session: Session, counted: MatchCounts) -> tuple[list[MatchCount], list[MatchCount]]:
    """The counts with names, without podcasts and people that are no longer visible."""
    names = names_of(session, people=list(counted.people), podcasts=list(counted.podcasts))
    return (
        _match_counts(names, "podcast", counted.podcasts),
        _match_counts(names, "person", counted.people),
    )


def _match_counts(
    names: Mapping[tuple[str, int], SubjectName], kind: str, counts: Mapping[int, int]
) -> list[MatchCount]:
    found = ((names.get((kind, key)), count) for key, count in counts.items())
    return [MatchCount(name.id, name.name, name.slug, count) for name, count in found if name]
