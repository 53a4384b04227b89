"""What somebody said with some words in it: by the search index, and by the rows without one."""

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
from tasks.search.index_directory import IndexMissing
from tasks.search.index_status import IndexStatus, index_status
from tasks.search.query_parser import parse
from tasks.search.schema import recent
from tasks.search.searcher import Searcher
from tasks.search.values import Filters, Order, SearchRefused
from web.cache.cache import kept, person
from workers.local.index_folder import search_folder


@dataclass(frozen=True, slots=True)
class Quoted:
    """Appearances, newest first; where the index found them, how many there are in all.

    ``behind`` counts the changed episodes that are not in the index yet. Without an index ``total``
    is None, and the words were looked for as they are written, letter by letter.
    """

    rows: list[AppearanceRow]
    total: int | None = None
    behind: int = 0


def quoted(
    session: Session,
    person_id: int,
    wanted: AppearanceFilter,
    *,
    after: AppearanceCursor | None = None,
    limit: int,
) -> Quoted:
    """So many of somebody's appearances after a place, each with its episode and podcast."""
    if wanted.words:
        try:
            index = index_status(session, search_folder())
            looking = Searcher(parse(wanted.words), _filters(person_id, wanted), index.searcher)
        except (IndexMissing, SearchRefused):
            pass
        else:
            return _by_index(session, person_id, wanted, looking, index, after, limit)
    return Quoted(
        appearances_of_person(
            session, person_id, wanted, after=after, limit=limit, episodes=_cached_episodes
        )
    )


def _cached_episodes(
    session: Session,
    person_id: int,
    wanted: AppearanceFilter,
    after: AppearanceCursor | None,
    limit: int,
) -> list[SpokenEpisode]:
    return kept(session, person(person_id), spoken_episodes, person_id, wanted, after, limit)


def _filters(person_id: int, wanted: AppearanceFilter) -> Filters:
    year = wanted.year
    since, until = (date(year, 1, 1), date(year, 12, 31)) if year else (None, None)
    return Filters(person_id, wanted.podcast_id, None, since, until)


def _by_index(  # noqa: PLR0917  what is looked for, where, and from where on
    session: Session,
    person_id: int,
    wanted: AppearanceFilter,
    looking: Searcher,
    index: IndexStatus,
    after: AppearanceCursor | None,
    limit: int,
) -> Quoted:
    """The rows that confirm what the index found: it may be a moment behind them."""
    at = recent(after.day, after.episode_id, after.position) if after else None
    found: list[AppearanceRow] = []
    while True:
        page = looking.find(Order.date, limit=limit - len(found), after=at)
        rows = appearances_by_id(session, person_id, page.appearance_ids)
        found += [row for row in rows if _fits(row, wanted) and _is_behind(row, after)]
        at = page.next_place
        if at is None or len(found) >= limit:
            return Quoted(found, page.total, index.behind)


def _fits(row: AppearanceRow, wanted: AppearanceFilter) -> bool:
    in_podcast = wanted.podcast_id in {None, row.podcast_id}
    return in_podcast and wanted.year in {None, row.stats_date.year}


def _is_behind(row: AppearanceRow, after: AppearanceCursor | None) -> bool:
    """Whether a row is behind a place now: an episode that got another day moves."""
    if after is None:
        return True
    place = row.cursor
    newer = (after.day, after.episode_id, -after.position)
    return (place.day, place.episode_id, -place.position) < newer
