"""Correlation ids, passed from scheduler ticks and CLI commands to tasks and log lines."""

from contextlib import AbstractContextManager
from uuid import uuid4

import structlog

# The message header with the correlation id; Celery's own ``correlation_id`` is the task's id.
HEADER = "overheard_correlation"


def correlation_id() -> str | None:
    """Return the correlation id of the current work, if it has one."""
    current: str | None = structlog.contextvars.get_contextvars().get("correlation_id")
    return current


def new_correlation_id(origin: str) -> str:
    """Return a new correlation id: ``tick-…``, ``command-…``, ``reingest-…``."""
    return f"{origin}-{uuid4().hex[:12]}"


def correlated(correlation: str) -> AbstractContextManager[None]:
    """Give log lines, messages and jobs of the block this correlation id."""
    return structlog.contextvars.bound_contextvars(correlation_id=correlation)
