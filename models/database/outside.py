"""Long computations that a transaction needs, done outside of it: nobody waits for them.

A transaction reads what a computation depends on, and asks for its result. If nobody computed it
from these very values yet, the transaction is rolled back, the result is computed with no
transaction open, and the transaction begins again. It reads the values again under its locks: what
changed meanwhile is computed again, so a result always belongs to the rows beside it. If the values
change every time, the result is computed within the transaction in the end: it always gets done.
"""

from collections.abc import Callable, Hashable, Iterable
from typing import Any, ParamSpec, TypeVar

from sqlmodel import Session

P = ParamSpec("P")
T = TypeVar("T")

Call = tuple[Callable[..., Any], tuple[Hashable, ...]]
Results = dict[Call, Any]

_RESULTS = "results computed outside"
# A transaction needs one round for each computation that depends on another one, and one more
# whenever another transaction changes the values between two rounds.
_MAX_ROUNDS = 10


class ResultsNeeded(Exception):
    """The transaction needs results that nobody computed: ``in_transaction`` computes them."""

    def __init__(self, calls: Iterable[Call]) -> None:
        super().__init__()
        self.calls = tuple(calls)


def info_with(results: Results) -> dict[Any, Any]:
    """``Session.info`` of a transaction that finds its results in this mapping."""
    return {_RESULTS: results}


def computed_outside(
    session: Session, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs
) -> T:
    """What a pure function returns for these values, computed before the transaction began.

    Raises:
        ResultsNeeded: it is not computed yet; nothing that the transaction has done stays.
    """
    assert not kwargs  # noqa: S101  a result is found by its positional arguments
    (result,) = all_computed_outside(session, function, [args])
    return result


def all_computed_outside(
    session: Session, function: Callable[..., T], arguments: Iterable[tuple[Hashable, ...]]
) -> list[T]:
    """The same for several calls of a function, whose results are computed in one round."""
    calls: list[Call] = [(function, args) for args in arguments]
    results: Results | None = session.info.get(_RESULTS)
    if results is None:  # it is the last round, or it was not begun by in_transaction
        return [function(*args) for _, args in calls]
    if missing := [call for call in calls if call not in results]:
        raise ResultsNeeded(missing)
    return [results[call] for call in calls]


def rounds(run: Callable[[Results | None], T]) -> T:
    """Run a transaction, and again with what it needs until it needs nothing more.

    After ten rounds it computes within the transaction what it needs: others wait for it then.
    """
    results: Results = {}
    for _ in range(_MAX_ROUNDS):
        try:
            return run(results)
        except ResultsNeeded as needed:
            calls = needed.calls
        results |= {(function, args): function(*args) for function, args in calls}
    return run(None)
