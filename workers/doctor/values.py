"""What a check found: well, wrong, or something that only a person can judge."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

State = Literal["well", "note", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        check: its name, one word or two with a line between them; docs/operations.md has them all.
        state: ``wrong`` makes the command fail; a ``note`` is shown and fails nothing.
        where: the server, file or setting that it is about.
        says: what was found.
        do: what to do about it; empty when nothing is to be done.
    """

    check: str
    state: State
    where: str
    says: str
    do: str = ""

    def to_json(self) -> dict[str, Any]:
        """The finding for programs."""
        return asdict(self)


def well(check: str, where: str, says: str) -> Finding:
    """All is as it should be."""
    return Finding(check, "well", where, says)


def note(check: str, where: str, says: str, do: str) -> Finding:
    """Something to know; it may be meant so."""
    return Finding(check, "note", where, says, do)


def wrong(check: str, where: str, says: str, do: str) -> Finding:
    """Something that loses work, stops it, or lies."""
    return Finding(check, "wrong", where, says, do)


def or_well(check: str, where: str, says: str, found: Iterable[Finding]) -> Iterator[Finding]:
    """What was found, or that all is well when nothing was."""
    findings = list(found)
    yield from findings or [well(check, where, says)]
