"""Functions that cost more than a document may; a child process imports them from here."""

import os
import resource
import signal

from tasks.feeds.values import FeedRefused


def spin() -> None:
    """Take processor time for ever."""
    while True:
        pass


def hoard() -> None:
    """Take memory for ever."""
    hoarded: list[bytes] = []
    while True:
        hoarded.append(b"x" * 10_000_000)


def answer_too_much() -> bytes:
    """Return more than a reply may have."""
    return bytes(65_000_000)


def end_by(signal_number: int) -> None:
    """End this process by a signal."""
    os.kill(os.getpid(), signal.Signals(signal_number))


def refuse() -> None:
    """Refuse, as parsers do."""
    raise FeedRefused("html", "This is a web page.")


def process_id() -> int:
    """The id of the process that reads."""
    return os.getpid()


def largest_core() -> tuple[int, int]:
    """The limits on core dumps, which would fill the disk."""
    return resource.getrlimit(resource.RLIMIT_CORE)


def crash(_facts: object) -> None:
    """End as an interpreter that was broken."""
    end_by(signal.SIGSEGV)
