"""Answers kept in this process: exact ones while their subject is as it was, and rankings a while.

What is shown of one person or one podcast is always what the rows say in the state that the page
reads. What ranks everything would have to be worked out anew after each commit of anybody; where
that takes long, it may be of a moment ago, and says of which.
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
from models.database.sql import statement, values
from models.queries.changes import Subject
from web.cache.change_tracker import EVERYTHING, Following
from web.read_transaction import snapshot

MOST_VALUES = 500_000  # in all answers together: about 50 MB
# A ranking that takes less is worked out anew after each change, whatever the setting says.
QUICK_SECONDS = 0.02
_LOCKS = 64
# Of when the transaction began: whatever was committed before it is seen.
_BEGAN = statement("SELECT now()")

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Entry:
    """An answer, and the number of the state that it is of, if it has one.

    ``moment`` is of that state, ``found_at`` by the process's own clock, ``took`` in seconds.
    """

    answer: Any
    number: int | None
    moment: datetime | None = None
    found_at: float = 0.0
    took: float = 0.0

    def is_right(self, about: Collection[Subject], now: int | None) -> bool:
        """Whether it is what would be found in the state of a number."""
        if self.number is None or now is None:
            return False
        return _following.unchanged(about, self.number, now)

    def is_older(self, seconds: float) -> bool:
        """Whether it was found longer ago."""
        return time.monotonic() - self.found_at > seconds


class Ranking(NamedTuple, Generic[Answer]):
    """An answer about everything; ``moment`` is when it was right, None for now."""

    answer: Answer
    moment: datetime | None


class Kept:
    """The answers that were asked for last, and no more than there is room for."""

    def __init__(self, most_values: int = MOST_VALUES) -> None:
        self._room = most_values
        self._changing = threading.Lock()
        self._entries: OrderedDict[Hashable, Entry] = OrderedDict()

    def find(self, key: Hashable) -> Entry | None:
        """What is kept under a key."""
        with self._changing:
            entry = self._entries.get(key)
            if entry is not None:
                self._entries.move_to_end(key)
        return entry

    def keep(self, key: Hashable, entry: Entry) -> None:
        """Keep an answer instead of the one before, and forget what was not asked for longest."""
        entry = replace(entry, answer=_copied(entry.answer))
        with self._changing:
            before = self._entries.pop(key, None)
            self._room += _values(before.answer) if before else 0
            self._entries[key] = entry
            self._room -= _values(entry.answer)
            while self._room < 0:
                self._room += _values(self._entries.popitem(last=False)[1].answer)

    def clear(self) -> None:
        """Forget everything."""
        with self._changing:
            self._room += sum(_values(entry.answer) for entry in self._entries.values())
            self._entries.clear()


def _values(answer: Any) -> int:
    """How many values are in an answer, itself included."""
    if isinstance(answer, dict):
        return 1 + sum(map(_values, answer.values()))
    if is_dataclass(answer):
        return 1 + sum(_values(getattr(answer, field.name)) for field in fields(answer))
    return 1 + sum(map(_values, answer)) if isinstance(answer, list) else 1


def _copied(answer: Any) -> Any:
    """Lists and rows of its own, for a page may add to them; what is in a row cannot be changed."""
    if isinstance(answer, list):
        return [one.copy() if isinstance(one, dict) else one for one in answer]
    if isinstance(answer, dict):
        return {key: _copied(value) for key, value in answer.items()}
    return answer


_kept = Kept()
_following = Following()
# Who asks for the same at once waits for one of them.
_asking = [threading.Lock() for _ in range(_LOCKS)]
_renewing: set[Hashable] = set()
_beginning = threading.Lock()


def person(person_id: int) -> frozenset[Subject]:
    """For answers about one person: their speech, and whoever is heard in the same episodes.

    Not for what else other people or podcasts are, such as their names.
    """
    return frozenset({("person", person_id)})


def podcast(podcast_id: int) -> frozenset[Subject]:
    """For answers about one podcast, and its episodes, and whoever is heard there."""
    return frozenset({("podcast", podcast_id)})


def kept(
    session: Session,
    about: Collection[Subject],
    question: Callable[Concatenate[Session, Parameters], Answer],
    *args: Parameters.args,
    **kwargs: Parameters.kwargs,
) -> Answer:
    """What ``question(session, …)`` answers, from memory if its subjects are as they were.

    The session is that of a ``snapshot``, so that the answer is of the state that it is kept
    under. Only for questions about what the change log notes: podcasts, episodes, their topics,
    speakers, appearances and people with their figures; not jobs, crawls or mentions.
    """
    key = _key(question, args, kwargs)
    now = _number(session)
    entry = _kept.find(key)
    if entry is not None and entry.is_right(about, now):
        answer: Answer = _copied(entry.answer)
        return answer
    answer = question(session, *args, **kwargs)
    _kept.keep(key, Entry(answer, now))
    return answer


def kept_of_podcasts(
    session: Session,
    podcast_ids: Sequence[int],
    question: Callable[[Session, Sequence[int]], dict[int, Answer]],
) -> dict[int, Answer]:
    """What a question answers of each podcast by its id; asked only of those that changed."""
    now = _number(session)
    found: dict[int, Answer] = {}
    for one in podcast_ids:
        entry = _kept.find((question, one))
        if entry is not None and entry.is_right(podcast(one), now):
            found[one] = entry.answer
    lacking = [one for one in podcast_ids if one not in found]
    if lacking:
        for one, answer in question(session, lacking).items():
            _kept.keep((question, one), Entry(answer, now))
            found[one] = answer
    return found


def ranking(
    session: Session,
    question: Callable[Concatenate[Session, Parameters], Answer],
    *args: Parameters.args,
    **kwargs: Parameters.kwargs,
) -> Ranking[Answer]:
    """What ``question(session, …)`` answers about everything, now or a moment ago.

    One that takes long is kept as long as the setting says, though something changed, and from
    half of that time on it is renewed while the kept one is given: nobody waits.
    """
    key = _key(question, args, kwargs)
    now = _number(session)
    entry = _good(key, now)
    if entry is None:
        with _asking[hash(key) % _LOCKS]:
            entry = _good(key, now)
            if entry is None:
                return Ranking(_ask(session, key, question, *args, **kwargs), None)
    is_now = entry.is_right(EVERYTHING, now)
    if not is_now and entry.is_older(get_settings().rankings_ttl_seconds / 2):
        _renew(key, question, *args, **kwargs)
    return Ranking(_copied(entry.answer), None if is_now else entry.moment)


def _good(key: Hashable, now: int | None) -> Entry | None:
    """What is kept, if it is right, or may be of a moment ago and is."""
    entry = _kept.find(key)
    if entry is None or entry.is_right(EVERYTHING, now):
        return entry
    seconds = get_settings().rankings_ttl_seconds
    if entry.took < QUICK_SECONDS or not seconds or entry.is_older(seconds):
        return None
    return entry


def _ask(
    session: Session,
    key: Hashable,
    question: Callable[Concatenate[Session, Parameters], Answer],
    *args: Parameters.args,
    **kwargs: Parameters.kwargs,
) -> Answer:
    number, (moment,) = _number(session), values(session, _BEGAN, {})
    began = time.monotonic()
    answer = question(session, *args, **kwargs)
    ended = time.monotonic()
    _kept.keep(key, Entry(answer, number, moment, ended, ended - began))
    return answer


def _renew(
    key: Hashable,
    question: Callable[Concatenate[Session, Parameters], Any],
    *args: Parameters.args,
    **kwargs: Parameters.kwargs,
) -> None:
    """Ask again, beside whoever is answered, unless somebody does already."""

    def asked() -> None:
        try:
            with snapshot() as session:
                _ask(session, key, question, *args, **kwargs)
        except DBAPIError as error:
            log.warning("ranking_refresh_failed", message=summarize_error(error))
        finally:
            _renewing.discard(key)

    with _beginning:
        if key in _renewing:
            return
        _renewing.add(key)
    _renewer().submit(asked)


@cache
def _renewer() -> ThreadPoolExecutor:
    """One at a time: what reads everything leaves the cores to those who wait."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="rankings")


def forget() -> None:
    """Forget every answer of this process."""
    _kept.clear()


def _key(question: Any, args: Any, kwargs: dict[str, Any]) -> Hashable:
    return question, args, tuple(sorted(kwargs.items()))


def _number(session: Session) -> int | None:
    """The number of the state that a session reads, asked for once."""
    if "number" not in session.info:
        session.info["number"] = _following.number(session)
    number: int | None = session.info["number"]
    return number
