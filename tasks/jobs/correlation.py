"""The word that follows a piece of work from the tick or command through every task and line."""

from contextlib import AbstractContextManager
from uuid import uuid4

import structlog

# The header of a message that carries the word; Celery's own ``correlation_id`` is the task's id.
HEADER = "overheard_correlation"


def correlation_id() -> str | None:
    """The word of what is being done now, if it has one."""
    word: str | None = structlog.contextvars.get_contextvars().get("correlation_id")
    return word


def new_correlation_id(origin: str) -> str:
    """A word for something that begins: ``tick-…``, ``command-…``, ``reingest-…``."""
    return f"{origin}-{uuid4().hex[:12]}"


def correlated(word: str) -> AbstractContextManager[None]:
    """Everything in the block follows from this: its lines, its messages, its jobs."""
    return structlog.contextvars.bound_contextvars(correlation_id=word)
