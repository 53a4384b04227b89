"""What changed since when, as this process has seen it: how long an answer remains right."""

import threading
import time
from collections.abc import Collection
from dataclasses import dataclass, field

from sqlmodel import Session

from models.queries.changes import Snapshot, Subject, affected_subjects, snapshot

# Changes that are read at once; of more, it is only remembered that there were many.
MOST_CHANGES = 1_000
# Subjects of which it is remembered when they last changed: some megabytes.
MOST_SUBJECTS = 50_000
# A snapshot that is older than another one is so by moments, as long as nobody goes back in time.
_BACK_SECONDS = 60
_THE_BEGINNING = "1:1:"  # a snapshot that sees nothing
_EVERYTHING: Subject = ("everything", 0)
EVERYTHING = frozenset({_EVERYTHING})


@dataclass(slots=True)
class _Seen:
    """The newest snapshot that was looked at, and when."""

    snapshot: Snapshot
    at: float = field(default_factory=time.monotonic)


class Following:
    """Numbers the states of the database that a process sees, and tells when a subject changed.

    A state's number is one more than that of the state before, if anything that is noted in the
    change log differs between the two, and else the same.
    """

    def __init__(
        self, most_changes: int = MOST_CHANGES, most_subjects: int = MOST_SUBJECTS
    ) -> None:
        self._most_changes = most_changes
        self._most_subjects = most_subjects
        self._lock = threading.Lock()
        self._seen: _Seen | None = None
        self._number = 0  # of that state
        self._changed: dict[Subject, int] = {}
        self._forgotten = 0  # everything may have changed at this number, or before

    def number(self, session: Session) -> int | None:
        """The number of the state that a session reads; None when it can be told of none.

        That is so for a snapshot from before the newest that was seen, by another thread, on a
        replica, and in a restored dump until its history has begun anew.
        """
        while True:
            before = self._seen
            since = before.snapshot.snapshot if before else _THE_BEGINNING
            now = snapshot(session, since, limit=self._most_changes)
            about = self._about(session, now)
            with self._lock:
                if before is self._seen:
                    return self._advance(now, about)

    def unchanged(self, about: Collection[Subject], one: int, other: int) -> bool:
        """Whether subjects are the same in the states of two numbers, as far as can be told."""
        with self._lock:
            last = max((self._changed.get(subject, 0) for subject in about), default=0)
            return max(last, self._forgotten) <= min(one, other)

    def _about(self, session: Session, now: Snapshot) -> set[Subject] | None:
        """What changed; None when it is too much, or not known."""
        noted = len(now.episodes) + len(now.people) + len(now.podcasts)
        if noted >= self._most_changes:
            return None
        about: set[Subject] = {("person", one) for one in now.people}
        about |= {("podcast", one) for one in now.podcasts}
        if now.episodes:
            about |= affected_subjects(session, now.episodes)
        return None if ("podcast", None) in about else about

    def _advance(self, now: Snapshot, about: set[Subject] | None) -> int | None:
        seen = self._seen
        if now.blind:
            self._seen = None
            return None
        if seen is None or now.history != seen.snapshot.history:
            return self._begin(now)
        if now.snapshot == seen.snapshot.snapshot:
            return self._number
        if _is_before(now.snapshot, seen.snapshot.snapshot):
            has_gone_back = time.monotonic() - seen.at > _BACK_SECONDS
            return self._begin(now) if has_gone_back else None
        if about is None or (now.newest or 0) < (seen.snapshot.newest or 0):
            return self._begin(now)
        if about:
            self._number += 1
            self._changed |= dict.fromkeys(about | EVERYTHING, self._number)
        self._seen = _Seen(now)
        if len(self._changed) > self._most_subjects:
            self._forget()
        return self._number

    def _begin(self, now: Snapshot) -> int:
        """Nothing from before is known to be right."""
        self._number += 1
        self._seen = _Seen(now)
        self._forget()
        return self._number

    def _forget(self) -> None:
        self._changed.clear()
        self._forgotten = self._number


def _is_before(one: str, other: str) -> bool:
    """Whether a snapshot sees less than another: ``xmin:xmax:running``, of one server.

    What is given next only grows, and among equals what runs only ends.
    """
    (_, one_next, one_running), (_, other_next, other_running) = one.split(":"), other.split(":")
    if one_next != other_next:
        return int(one_next) < int(other_next)
    return len(one_running) > len(other_running)
