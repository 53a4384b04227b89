"""In-process query cache: results per entity until it changes, rankings for a TTL.

Results about one person or podcast are exact: they are used only while the change log shows no
change of that entity in the snapshot that the page reads. Rankings depend on everything, so any
commit would invalidate them; slow ones may be up to a TTL old, and carry the time they are from.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any, Concatenate, Generic, NamedTuple, ParamSpec, TypeVar

import structlog
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from models import get_settings
from models.database import summarize_error
from models.database.sql import fetch_value
from models.queries.changes import Subject
from models.queries.shown import is_revealed
from web.cache.change_tracker import EVERYTHING, ChangeTracker
from web.read_transaction import snapshot

MAX_VALUES = 500_000  # in all results together: about 50 MB
# A ranking that takes less is computed again after each change, whatever the TTL.
FAST_QUERY_SECONDS = 0.02
_LOCKS = 64

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """A cached result, and the number of the database state that it was read from.

    ``moment`` is the time of that state, ``found_at`` a monotonic time, ``took`` is in seconds.
    """

    result: Any
    number: int | None
    moment: datetime | None = None
    found_at: float = 0.0
    took: float = 0.0

    def is_valid(self, about: Collection[Subject], now: int | None) -> bool:
        """Whether a query would return the same result in the state with a number."""
        if self.number is None or now is None:
            return False
        return _changes.unchanged(about, self.number, now)

    def is_older(self, seconds: float) -> bool:
        """Whether the result is older than so many seconds."""
        return time.monotonic() - self.found_at > seconds


class Ranking(NamedTuple, Generic[Result]):
    """A ranking; ``moment`` is the time that it is from, None if it is current."""

    answer: Result
    moment: datetime | None


class QueryCache:
    """An LRU cache of query results, bounded by the number of values in them."""

    def __init__(self, max_values: int = MAX_VALUES) -> None:
        self._free = max_values
        self._lock = threading.Lock()
        self._entries: OrderedDict[Hashable, CacheEntry] = OrderedDict()

    def get(self, key: Hashable) -> CacheEntry | None:
        """The cached result, if any."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None:
                self._entries.move_to_end(key)
        return entry

    def put(self, key: Hashable, entry: CacheEntry) -> None:
        """Store a result, and evict the least recently used ones that no longer fit."""
        entry = replace(entry, result=_copied(entry.result))
        with self._lock:
            before = self._entries.pop(key, None)
            self._free += _values(before.result) if before else 0
            self._entries[key] = entry
            self._free -= _values(entry.result)
            while self._free < 0:
                self._free += _values(self._entries.popitem(last=False)[1].result)

    def clear(self) -> None:
        """Remove all results."""
        with self._lock:
            self._free += sum(_values(entry.result) for entry in self._entries.values())
            self._entries.clear()


def _values(result: Any) -> int:
    """The number of values in a result, itself included."""
    if isinstance(result, dict):
        return 1 + sum(map(_values, result.values()))
    if is_dataclass(result):
        return 1 + sum(_values(getattr(result, field.name)) for field in fields(result))
    return 1 + sum(map(_values, result)) if isinstance(result, list) else 1


def _copied(result: Any) -> Any:
    """A copy of the lists and rows, since pages may add to them; the values are immutable."""
    if isinstance(result, list):
        return [one.copy() if isinstance(one, dict) else one for one in result]
    if isinstance(result, dict):
        return {key: _copied(value) for key, value in result.items()}
    return result


_cache = QueryCache()
_changes = ChangeTracker()
# Concurrent requests for the same ranking wait for one of them.
_query_locks = [threading.Lock() for _ in range(_LOCKS)]
_refreshing: set[Hashable] = set()
_refreshing_lock = threading.Lock()


def person(person_id: int) -> frozenset[Subject]:
    """Subject of queries about a person: their speech, and the speakers in their episodes.

    Not for other facts about other people or podcasts, such as their names.
    """
    return frozenset({("person", person_id)})


def podcast(podcast_id: int) -> frozenset[Subject]:
    """Subject of queries about a podcast, its episodes and its speakers."""
    return frozenset({("podcast", podcast_id)})


def cached(
    session: Session,
    about: Collection[Subject],
    query: Callable[Concatenate[Session, Parameters], Result],
    *args: Parameters.args,
    **kwargs: Parameters.kwargs,
) -> Result:
    """The result of ``query(session, …)``, from the cache if its subjects have not changed.

    The session must be that of a ``snapshot``, so that the result belongs to the state that it is
    stored under. Only for queries about what the change log records: podcasts, episodes, their
    topics, speakers, appearances, and people with their counts; not jobs, crawls or mentions.
    """
    key = _key(session, query, args, kwargs)
    now = _state_of(session)
    entry = _cache.get(key)
    if entry is not None and entry.is_valid(about, now):
        result: Result = _copied(entry.result)
        return result
    result = query(session, *args, **kwargs)
    _cache.put(key, CacheEntry(result, now))
    return result


def cached_per_podcast(
    session: Session,
    podcast_ids: Sequence[int],
    query: Callable[[Session, Sequence[int]], dict[int, Result]],
) -> dict[int, Result]:
    """The result of a query for each podcast; queries only those that changed or are missing."""
    now = _state_of(session)
    results: dict[int, Result] = {}
    for one in podcast_ids:
        entry = _cache.get((is_revealed(session), query, one))
        if entry is not None and entry.is_valid(podcast(one), now):
            results[one] = entry.result
    missing = [one for one in podcast_ids if one not in results]
    if missing:
        for one, result in query(session, missing).items():
            _cache.put((is_revealed(session), query, one), CacheEntry(result, now))
            results[one] = result
    return results


def ranking(
    session: Session,
    query: Callable[Concatenate[Session, Parameters], Result],
    *args: Parameters.args,
    **kwargs: Parameters.kwargs,
) -> Ranking[Result]:
    """The result of ``query(session, …)`` about everything, current or up to a TTL old.

    A slow result is used for `rankings_ttl_seconds` even though something changed. After half of
    that time it is refreshed in the background, so that no request waits for it.
    """
    key = _key(session, query, args, kwargs)
    now = _state_of(session)
    entry = _usable_entry(key, now)
    if entry is None:
        with _query_locks[hash(key) % _LOCKS]:
            entry = _usable_entry(key, now)
            if entry is None:
                return Ranking(_query_and_store(session, key, query, *args, **kwargs), None)
    is_now = entry.is_valid(EVERYTHING, now)
    if not is_now and entry.is_older(get_settings().rankings_ttl_seconds / 2):
        _refresh(key, query, *args, **kwargs)
    return Ranking(_copied(entry.result), None if is_now else entry.moment)


def _usable_entry(key: Hashable, now: int | None) -> CacheEntry | None:
    """The cached ranking, if it is current or within its TTL."""
    entry = _cache.get(key)
    if entry is None or entry.is_valid(EVERYTHING, now):
        return entry
    seconds = get_settings().rankings_ttl_seconds
    if entry.took < FAST_QUERY_SECONDS or not seconds or entry.is_older(seconds):
        return None
    return entry


def _query_and_store(
    session: Session,
    key: Hashable,
    query: Callable[Concatenate[Session, Parameters], Result],
    *args: Parameters.args,
    **kwargs: Parameters.kwargs,
) -> Result:
    # The start of the transaction: what was committed before it is visible.
    number, moment = _state_of(session), fetch_value(session, "SELECT now()")
    started = time.monotonic()
    result = query(session, *args, **kwargs)
    finished = time.monotonic()
    _cache.put(key, CacheEntry(result, number, moment, finished, finished - started))
    return result


def _refresh(
    key: Hashable,
    query: Callable[Concatenate[Session, Parameters], Any],
    *args: Parameters.args,
    **kwargs: Parameters.kwargs,
) -> None:
    """Run the query again in the background, unless that is already happening."""

    def refresh() -> None:
        try:
            with snapshot() as session:
                _query_and_store(session, key, query, *args, **kwargs)
        except DBAPIError as error:
            log.warning("ranking_refresh_failed", message=summarize_error(error))
        finally:
            _refreshing.discard(key)

    with _refreshing_lock:
        if key in _refreshing:
            return
        _refreshing.add(key)
    _refresher().submit(refresh)


@cache
def _refresher() -> ThreadPoolExecutor:
    """One thread: rankings read everything, and must leave the cores to requests."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="rankings")


def clear_cache() -> None:
    """Clear the cache of this process."""
    _cache.clear()


def _key(session: Session, query: Any, args: Any, kwargs: dict[str, Any]) -> Hashable:
    """The key of a result; what an operator reads is never shown to anybody else."""
    return is_revealed(session), query, args, tuple(sorted(kwargs.items()))


def _state_of(session: Session) -> int | None:
    """The number of the state that a session reads, determined once per session."""
    if "number" not in session.info:
        session.info["number"] = _changes.state_number(session)
    number: int | None = session.info["number"]
    return number
