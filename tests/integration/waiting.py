"""Waits for what other tests' transactions on the same server may delay."""

import time

from models.database import in_transaction
from models.queries.changes import KINDS, ChangeCursor, changes_since, changes_to_come

_ALL = 1_000_000


def everything_changed(since: ChangeCursor) -> list[ChangeCursor]:
    """All changes after a place, once nobody's older transaction hides any."""
    for _ in range(3000):
        there = in_transaction(changes_to_come, since, kinds=KINDS, limit=_ALL)
        shown = in_transaction(changes_since, since, kinds=KINDS, limit=_ALL)
        if there == len(shown):
            return shown
        time.sleep(0.02)
    raise TimeoutError("a transaction that changes something has been open for a minute")


def until_all_changes_are_shown() -> None:
    """Return when whatever is committed is shown in the log."""
    everything_changed(ChangeCursor())
