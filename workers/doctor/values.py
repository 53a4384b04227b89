"""Findings of the doctor: ok, a problem, or a note for a human to judge."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal

State = Literal["ok", "note", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check.

    Attributes:
        check: the check's name; docs/operations.md lists all of them.
        state: a ``problem`` makes the command fail; a ``note`` does not.
        where: the server, file or setting that was checked.
        message: what was found.
        advice: what to do about it; empty if nothing is needed.
    """

    check: str
    state: State
    where: str
    message: str
    advice: str = ""

    def to_json(self) -> dict[str, Any]:
        """The finding as a JSON object."""
        return asdict(self)


def ok(check: str, where: str, message: str) -> Finding:
    """A finding without a problem."""
    return Finding(check, "ok", where, message)


def note(check: str, where: str, message: str, advice: str) -> Finding:
    """Something worth knowing, which may be intended."""
    return Finding(check, "note", where, message, advice)


def problem(check: str, where: str, message: str, advice: str) -> Finding:
    """Something that loses work, stops it, or makes results wrong."""
    return Finding(check, "problem", where, message, advice)


def or_ok(check: str, where: str, message: str, findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings of a check, or an ``ok`` finding if there are none."""
    reported = list(findings)
    yield from reported or [ok(check, where, message)]
