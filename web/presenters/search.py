"""One search from its words to the rows that are shown, for the page and the API alike."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path

from sqlmodel import Session

from models.queries.search import (
    ConfirmedAppearance,
    Neighbour,
    SubjectName,
    confirmed,
    names_of,
    neighbours,
)
from tasks.search.highlight import HighlightedPiece, HighlightTerms, highlight_terms, highlighted
from tasks.search.index_directory import IndexCheckpoint, IndexMissing, reader_of
from tasks.search.index_status import index_status, state_of
from tasks.search.query_parser import parse
from tasks.search.searcher import Searcher
from tasks.search.values import Counted, Filters, Order, SearchRefused
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
class SearchPage:
    """A page of hits, how many there are, and the counts by podcast and person.

    ``behind`` counts the changed episodes that are not in the index yet.
    """

    hits: list[SearchHit]
    total: int
    next_place: int | None
    behind: int
    counted_among: int = 0
    podcasts: list[MatchCount] = field(default_factory=list)
    people: list[MatchCount] = field(default_factory=list)


def search(session: Session, asked: Asked, *, counts: bool) -> SearchPage:
    """Look in the index, and show what the rows confirm.

    Raises:
        SearchRefused: the search makes no sense.
        IndexMissing: there is no index to look in.
    """
    node = parse(asked.text)
    index = index_status(session, search_folder())
    looking = Searcher(node, asked.filters, index.searcher)
    found = looking.find(asked.order, limit=asked.limit, after=asked.after)
    rows = [row for row in confirmed(session, found.appearance_ids) if _fits(row, asked.filters)]
    counted = looking.counted(found.total) if counts and found.total else Counted()
    podcasts, people = _named(session, counted)
    return SearchPage(
        hits=_hits(session, rows, highlight_terms(node)),
        total=found.total,
        next_place=found.next_place,
        behind=index.behind,
        counted_among=counted.among,
        podcasts=podcasts,
        people=people,
    )


def times_said(session: Session, name: str) -> int | None:
    """In how many segments a full name is said, whoever speaks; None where nobody can tell.

    A name of one word is a word like others, so it is not looked for.
    """
    if " " not in name.strip():
        return None
    try:
        return _total(phrase(name), search_folder(), state_of(session, search_folder()))
    except (IndexMissing, SearchRefused):
        return None


@lru_cache(maxsize=10_000)
def _total(said: str, root: Path, _state: IndexCheckpoint) -> int:
    """How many segments match in the newest state of the index, which is told by ``_state``."""
    return Searcher(parse(said), Filters(), reader_of(root).searcher()).total()


def phrase(name: str) -> str:
    """A name as it is looked for: its words in this order."""
    return '"' + name.replace('"', " ") + '"'


def _fits(row: ConfirmedAppearance, filters: Filters) -> bool:
    """Whether a row still is what was asked for: the index may be a moment behind."""
    return (
        filters.person_id in {None, row.person_id}
        and filters.podcast_id in {None, row.podcast_id}
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


def _named(session: Session, counted: Counted) -> tuple[list[MatchCount], list[MatchCount]]:
    """The counts with names; subjects that are not visible any more are left out."""
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


def excerpt(pieces: Sequence[HighlightedPiece]) -> str:
    """The pieces as one text."""
    return "".join(piece.text for piece in pieces)
