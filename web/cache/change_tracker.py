"""Tracks which entities have changed, so that cached results can be validated."""

import threading
import time
from collections.abc import Collection
from dataclasses import dataclass, field

from sqlmodel import Session

from models.queries.changes import Snapshot, Subject, affected_subjects, snapshot

# Changes that are read at once; with more, everything counts as changed.
MAX_CHANGES = 1_000
# Subjects whose last change is remembered: some megabytes.
MAX_SUBJECTS = 50_000
# Concurrent snapshots differ by moments; after this time, an older one means that the server's
# history went back (a restored dump).
_BACK_SECONDS = 60
_THE_BEGINNING = "1:1:"  # a snapshot that sees nothing
_EVERYTHING: Subject = ("everything", 0)
EVERYTHING = frozenset({_EVERYTHING})


@dataclass(slots=True)
class _LatestSnapshot:
    """The newest snapshot seen so far, and when it was read."""

    snapshot: Snapshot
    at: float = field(default_factory=time.monotonic)


class ChangeTracker:
    """Numbers the states of the database that a process reads, and records changes by number.

    A state has the number of the previous state if the change log records no difference between
    them, and else the next number.
    """

    def __init__(self, max_changes: int = MAX_CHANGES, max_subjects: int = MAX_SUBJECTS) -> None:
        self._max_changes = max_changes
        self._max_subjects = max_subjects
        self._lock = threading.Lock()
        self._latest: _LatestSnapshot | None = None
        self._state = 0  # the number of the latest state
        self._changed: dict[Subject, int] = {}
        self._oldest_known = 0  # changes up to this number are not remembered

    def state_number(self, session: Session) -> int | None:
        """The number of the state that a session reads; None if it has none.

        That is the case for a snapshot older than the newest that another thread has read, on a
        replica, and in a restored dump until its history has started over.
        """
        while True:
            before = self._latest
            since = before.snapshot.snapshot if before else _THE_BEGINNING
            current = snapshot(session, since, limit=self._max_changes)
            subjects = self._changed_subjects(session, current)
            with self._lock:
                if before is self._latest:
                    return self._advance(current, subjects)

    def unchanged(self, subjects: Collection[Subject], first: int, second: int) -> bool:
        """Whether subjects are known to be the same in the states with two numbers."""
        with self._lock:
            last = max((self._changed.get(subject, 0) for subject in subjects), default=0)
            return max(last, self._oldest_known) <= min(first, second)

    def _changed_subjects(self, session: Session, current: Snapshot) -> set[Subject] | None:
        """The subjects that changed; None if there are too many, or they are unknown."""
        changes = len(current.episodes) + len(current.people) + len(current.podcasts)
        if changes >= self._max_changes:
            return None
        subjects: set[Subject] = {("person", first) for first in current.people}
        subjects |= {("podcast", first) for first in current.podcasts}
        if current.episodes:
            subjects |= affected_subjects(session, current.episodes)
        return None if ("podcast", None) in subjects else subjects

    def _advance(self, current: Snapshot, subjects: set[Subject] | None) -> int | None:
        latest = self._latest
        if current.blind:
            self._latest = None
            return None
        if latest is None or current.history != latest.snapshot.history:
            return self._restart(current)
        if current.snapshot == latest.snapshot.snapshot:
            return self._state
        if _is_before(current.snapshot, latest.snapshot.snapshot):
            has_gone_back = time.monotonic() - latest.at > _BACK_SECONDS
            return self._restart(current) if has_gone_back else None
        if subjects is None or (current.newest or 0) < (latest.snapshot.newest or 0):
            return self._restart(current)
        if subjects:
            self._state += 1
            self._changed |= dict.fromkeys(subjects | EVERYTHING, self._state)
        self._latest = _LatestSnapshot(current)
        if len(self._changed) > self._max_subjects:
            self._forget_subjects()
        return self._state

    def _restart(self, current: Snapshot) -> int:
        """Start over: no earlier result is known to be valid."""
        self._state += 1
        self._latest = _LatestSnapshot(current)
        self._forget_subjects()
        return self._state

    def _forget_subjects(self) -> None:
        self._changed.clear()
        self._oldest_known = self._state


def _is_before(first: str, second: str) -> bool:
    """Whether a snapshot (``xmin:xmax:running``) is older than another of the same server.

    xmax only grows; with the same xmax, running transactions only end, so the list gets shorter.
    """
    (_, first_xmax, first_running), (_, second_xmax, second_running) = (
        first.split(":"),
        second.split(":"),
    )
    if first_xmax != second_xmax:
        return int(first_xmax) < int(second_xmax)
    return len(first_running) > len(second_running)
