"""The budget of one document, and what is raised when reading it costs more."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Budget:
    """What reading one document may take: whole seconds of processor time, and bytes of memory."""

    seconds: int
    memory_bytes: int


class OverBudget(Exception):
    """Reading the document would cost more than its budget; the same bytes always would."""


class BudgetInterrupted(Exception):
    """The document was not read: the child process had no processor time for it, or was killed."""
