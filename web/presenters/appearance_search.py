"""A person's appearances that contain given words, by the search index or without it."""

from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from models.queries.appearances import (
    AppearanceCursor,
    AppearanceFilter,
    AppearanceRow,
    SpokenEpisode,
    appearances_by_id,
    appearances_of_person,
    spoken_episodes,
)
from models.queries.podcast_pages import podcast_languages
from tasks.search.highlight import HighlightedPiece, highlight_terms, highlighted
from tasks.search.index_searcher import IndexMissing
from tasks.search.index_status import IndexStatus, index_status
from tasks.search.query_parser import parse
from tasks.search.schema import recency
from tasks.search.searcher import Searcher
from tasks.search.values import Filters, Order, SearchRefused
from web.cache.cache import cached, person
from workers.local.index_folder import search_folder


@dataclass(frozen=True, slots=True)
class AppearancePage:
    """Appearances, newest first, with their total if the index found them.

    ``behind`` counts the changed episodes that are not indexed yet. Without an index, ``total``
    is None, and the words were matched literally; of one source the total is not known either.
    """

    rows: list[AppearanceRow]
    total: int | None = None
    behind: int = 0


def find_appearances(
    session: Session,
    person_id: int,
    wanted: AppearanceFilter,
    *,
    after: AppearanceCursor | None = None,
    limit: int,
) -> AppearancePage:
    """Up to `limit` appearances of a person after a cursor, each with episode and podcast."""
    if wanted.words:
        try:
            index = index_status(session, search_folder())
            searcher = Searcher(parse(wanted.words), _filters(person_id, wanted), index.searcher)
            return _by_index(session, person_id, wanted, searcher, index, after, limit)
        except (IndexMissing, SearchRefused):
            pass
    return AppearancePage(
        appearances_of_person(
            session, person_id, wanted, after=after, limit=limit, episodes=cached_episodes
        )
    )


def marked_appearances(
    session: Session, words: str, rows: list[AppearanceRow]
) -> dict[int, list[HighlightedPiece]]:
    """The texts of appearances by id, in pieces of which some match the words."""
    try:
        terms = highlight_terms(parse(words))
    except SearchRefused:
        return {}
    languages = podcast_languages(session, {row.podcast_id for row in rows})
    return {
        row.id: highlighted(row.text, languages.get(row.podcast_id, ""), terms, whole=True)
        for row in rows
    }


def cached_episodes(
    session: Session,
    person_id: int,
    wanted: AppearanceFilter,
    after: AppearanceCursor | None,
    limit: int,
) -> list[SpokenEpisode]:
    """As ``spoken_episodes``, cached until the person changes.

    Those of one source are not: the change log has no selection of another transcript.
    """
    if wanted.source is not None:
        return spoken_episodes(session, person_id, wanted, after, limit)
    return cached(session, person(person_id), spoken_episodes, person_id, wanted, after, limit)


def _filters(person_id: int, wanted: AppearanceFilter) -> Filters:
    return Filters(person_id, wanted.podcast_id, None, wanted.since, wanted.until)


def _by_index(  # noqa: PLR0917  the search, its filters and the cursor
    session: Session,
    person_id: int,
    wanted: AppearanceFilter,
    searcher: Searcher,
    index: IndexStatus,
    after: AppearanceCursor | None,
    limit: int,
) -> AppearancePage:
    """The rows that confirm the hits of the index, which may be behind the rows."""
    at = recency(after.day, after.episode_id, after.position) if after else None
    found: list[AppearanceRow] = []
    while True:
        page = searcher.find(Order.date, limit=limit - len(found), after=at)
        rows = appearances_by_id(session, person_id, page.appearance_ids)
        found += [row for row in rows if _fits(row, wanted) and _is_after(row, after)]
        at = page.next_cursor
        if at is None or len(found) >= limit:
            total = None if wanted.source else page.total  # the index does not know sources
            return AppearancePage(found, total, index.behind)


def _fits(row: AppearanceRow, wanted: AppearanceFilter) -> bool:
    in_podcast = wanted.podcast_id in {None, row.podcast_id}
    first, last = wanted.since or date.min, wanted.until or date.max
    from_source = wanted.source in {None, row.source}
    return in_podcast and from_source and first <= row.stats_date <= last


def _is_after(row: AppearanceRow, after: AppearanceCursor | None) -> bool:
    """Whether a row is after the cursor now: an episode whose date changed has moved."""
    if after is None:
        return True
    place = row.cursor
    newer = (after.day, after.episode_id, -after.position)
    return (place.day, place.episode_id, -place.position) < newer
