"""Answers kept in this process while nothing changes: as exact as those made anew."""

import copy
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlmodel import Session

from models.questions.changes import WholeState, state_of_everything

MOST_ROWS = 50_000  # in all answers together: some tens of megabytes

Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")


class Kept:
    """The answers that were asked for last, each with the state of everything that it is of."""

    def __init__(self, most_rows: int = MOST_ROWS) -> None:
        self._room = most_rows
        self._changing = threading.Lock()
        self._answers: OrderedDict[Hashable, tuple[WholeState, Any]] = OrderedDict()

    def find(self, key: Hashable, now: WholeState) -> tuple[Any] | None:
        """The answer, in a tuple of its own, if it is of this state."""
        with self._changing:
            of, answer = self._answers.get(key, (None, None))
            if of != now:
                return None
            self._answers.move_to_end(key)
        return (copy.deepcopy(answer),)  # a page may add to its rows

    def keep(self, key: Hashable, now: WholeState, answer: Any) -> None:
        """Keep an answer instead of the one before, and forget what was not asked for longest."""
        with self._changing:
            self._room += _rows(self._answers.pop(key, (None, None))[1])
            self._answers[key] = (now, copy.deepcopy(answer))
            self._room -= _rows(answer)
            while self._room < 0:
                self._room += _rows(self._answers.popitem(last=False)[1][1])


def _rows(answer: Any) -> int:
    """How many rows, roughly: what is no list is one, and nothing is none."""
    return max(1, len(answer)) if isinstance(answer, list | dict) else int(answer is not None)


_kept = Kept()


def kept(
    session: Session,
    question: Callable[Concatenate[Session, Parameters], Answer],
    *args: Parameters.args,
    **kwargs: Parameters.kwargs,
) -> Answer:
    """What ``question(session, …)`` answers, from memory if nothing has changed since.

    The session is that of a ``snapshot``, so that the answer is of the state that it is kept
    under. Only for questions about what the change log notes: podcasts, episodes, their topics,
    speakers, appearances and people with their figures; not jobs, crawls or mentions.
    """
    if "state" not in session.info:
        session.info["state"] = state_of_everything(session)
    now: WholeState = session.info["state"]
    key = (question, args, tuple(sorted(kwargs.items())))
    found = _kept.find(key, now)
    if found is not None:
        answer: Answer = found[0]
        return answer
    answer = question(session, *args, **kwargs)
    _kept.keep(key, now, answer)
    return answer
