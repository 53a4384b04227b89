"""One search from its words to the rows that are shown, for the page and the API alike."""

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
class Asked:
    """What somebody looks for, where, and in which order; ``after`` is where a page begins."""

    text: str
    filters: Filters = field(default_factory=Filters)
    order: Order = Order.relevance
    after: int | None = None
    limit: int = 20


@dataclass(frozen=True, slots=True)
class Shown:
    """What was found: rows with ``pieces``, ``before`` and ``behind``, and how many there are."""

    hits: list[Row]
    total: int
    next_cursor: int | None
    behind: int
    counted_among: int = 0
    podcasts: list[Row] = field(default_factory=list)
    people: list[Row] = field(default_factory=list)


def search(session: Session, asked: Asked, *, counts: bool) -> Shown:
    """Look in the index, and show what the rows confirm.

    Raises:
        SearchRefused: the search makes no sense.
        IndexMissing: there is no index to look in.
    """
    node = parse(asked.text)
    index = index_status(session, search_folder())
    looking = Searcher(node, asked.filters, index.searcher)
    found = looking.find(asked.order, limit=asked.limit, after=asked.after)
    hits = [row for row in confirmed(session, found.appearance_ids) if _fits(row, asked.filters)]
    counted = looking.counts(found.total) if counts and found.total else MatchCounts()
    podcasts, people = _named(session, counted)
    _mark(hits, highlight_terms(node))
    _surround(session, hits)
    return Shown(
        hits, found.total, found.next_cursor, index.behind, counted.among, podcasts, people
    )


def times_said(session: Session, name: str) -> int | None:
    """In how many segments a full name is said, whoever speaks; None where nobody can tell.

    A name of one word is a word like others, so it is not looked for.
    """
    if " " not in name.strip():
        return None
    try:
        return _total(phrase(name), search_folder(), current_checkpoint(session, search_folder()))
    except (IndexMissing, SearchRefused):
        return None


@lru_cache(maxsize=10_000)
def _total(said: str, root: Path, _state: IndexCheckpoint) -> int:
    """How many segments match in the newest state of the index, which is told by ``_state``."""
    return Searcher(parse(said), Filters(), reader_of(root).searcher()).total()


def phrase(name: str) -> str:
    """A name as it is looked for: its words in this order."""
    return '"' + name.replace('"', " ") + '"'


def _fits(row: Row, filters: Filters) -> bool:
    """Whether a row still is what was asked for: the index may be a moment behind."""
    return (
        filters.person_id in {None, row["person_id"]}
        and filters.podcast_id in {None, row["podcast_id"]}
        and (filters.since or date.min) <= row["stats_date"] <= (filters.until or date.max)
    )


def _mark(hits: Sequence[Row], sought: HighlightTerms) -> None:
    for row in hits:
        row["pieces"] = highlighted(row["text"], row["language"], sought)


def _surround(session: Session, hits: Sequence[Row]) -> None:
    """Give each hit the segment before it and the one behind it, where there are."""
    around = neighbours(session, [(row["id"], row["episode_id"], row["position"]) for row in hits])
    for row in hits:
        row["before"] = around.get((row["episode_id"], row["position"] - 1))
        row["behind"] = around.get((row["episode_id"], row["position"] + 1))


def _named(session: Session, counted: MatchCounts) -> tuple[list[Row], list[Row]]:
    """The counts with names; what is not to be shown any more is left out."""
    names = names_of(session, people=list(counted.people), podcasts=list(counted.podcasts))
    pairs = (("podcast", counted.podcasts), ("person", counted.people))
    podcasts, people = (
        [names[kind, one] | {"matches": count} for one, count in counts.items()
         if (kind, one) in names]
        for kind, counts in pairs
    )  # fmt: skip
    return podcasts, people


def excerpt(pieces: Sequence[HighlightedPiece]) -> str:
    """The pieces as one text."""
    return "".join(piece.text for piece in pieces)
