"""Runs a search, from the query to the rows, for the page and the API."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path

from sqlmodel import Session

from models.queries.search import confirmed, names_of, neighbours
from models.queries.sql import Row
from tasks.search.highlight import HighlightedPiece, HighlightTerms, highlight_terms, highlighted
from tasks.search.index_directory import IndexCheckpoint, IndexMissing, reader_of
from tasks.search.index_status import current_checkpoint, index_status
from tasks.search.query_parser import parse
from tasks.search.searcher import Searcher
from tasks.search.values import Filters, MatchCounts, Order, SearchRefused
from workers.local.index_folder import search_folder


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A search: query, filters and order; ``after`` is the cursor of the page."""

    text: str
    filters: Filters = field(default_factory=Filters)
    order: Order = Order.relevance
    after: int | None = None
    limit: int = 20


@dataclass(frozen=True, slots=True)
class SearchPage:
    """A page of results: rows with ``pieces``, ``before`` and ``behind``, and the total."""

    hits: list[Row]
    total: int
    next_cursor: int | None
    behind: int
    counted_among: int = 0
    podcasts: list[Row] = field(default_factory=list)
    people: list[Row] = field(default_factory=list)


def search(session: Session, request: SearchRequest, *, counts: bool) -> SearchPage:
    """Search the index, and return the hits that the rows confirm.

    Raises:
        SearchRefused: the query is invalid.
        IndexMissing: there is no index.
    """
    node = parse(request.text)
    index = index_status(session, search_folder())
    searcher = Searcher(node, request.filters, index.searcher)
    found = searcher.find(request.order, limit=request.limit, after=request.after)
    hits = [row for row in confirmed(session, found.appearance_ids) if _fits(row, request.filters)]
    counted = searcher.counts(found.total) if counts and found.total else MatchCounts()
    podcasts, people = _named(session, counted)
    _highlight(hits, highlight_terms(node))
    _add_neighbours(session, hits)
    return SearchPage(
        hits, found.total, found.next_cursor, index.behind, counted.among, podcasts, people
    )


def count_spoken(session: Session, name: str) -> int | None:
    """In how many segments a full name is spoken, by any speaker; None if unknown.

    A name of one word may be an ordinary word, so it is not counted.
    """
    if " " not in name.strip():
        return None
    try:
        return _total(phrase(name), search_folder(), current_checkpoint(session, search_folder()))
    except (IndexMissing, SearchRefused):
        return None


@lru_cache(maxsize=10_000)
def _total(query: str, root: Path, _checkpoint: IndexCheckpoint) -> int:
    """How many segments match; ``_checkpoint`` makes the cache follow the index."""
    return Searcher(parse(query), Filters(), reader_of(root).searcher()).total()


def phrase(name: str) -> str:
    """A name as a phrase query."""
    return '"' + name.replace('"', " ") + '"'


def _fits(row: Row, filters: Filters) -> bool:
    """Whether a row still matches the filters: the index may be behind the rows."""
    return (
        filters.person_id in {None, row["person_id"]}
        and filters.podcast_id in {None, row["podcast_id"]}
        and (filters.since or date.min) <= row["stats_date"] <= (filters.until or date.max)
    )


def _highlight(hits: Sequence[Row], terms: HighlightTerms) -> None:
    for row in hits:
        row["pieces"] = highlighted(row["text"], row["language"], terms)


def _add_neighbours(session: Session, hits: Sequence[Row]) -> None:
    """Add the previous and the next segment to each hit."""
    around = neighbours(session, [(row["id"], row["episode_id"], row["position"]) for row in hits])
    for row in hits:
        row["before"] = around.get((row["episode_id"], row["position"] - 1))
        row["behind"] = around.get((row["episode_id"], row["position"] + 1))


def _named(session: Session, counted: MatchCounts) -> tuple[list[Row], list[Row]]:
    """The counts with names, without podcasts and people that are no longer visible."""
    names = names_of(session, people=list(counted.people), podcasts=list(counted.podcasts))
    pairs = (("podcast", counted.podcasts), ("person", counted.people))
    podcasts, people = (
        [
            names[kind, one] | {"matches": count}
            for one, count in counts.items()
            if (kind, one) in names
        ]
        for kind, counts in pairs
    )
    return podcasts, people


def excerpt(pieces: Sequence[HighlightedPiece]) -> str:
    """The text of the pieces."""
    return "".join(piece.text for piece in pieces)
