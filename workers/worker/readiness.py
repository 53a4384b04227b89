"""Readiness: whether database and broker can be reached now, within seconds."""

import contextlib

from sqlalchemy.exc import DBAPIError

from models.database import DatabaseMissing, engine, summarize_error
from models.database.migrate import is_outdated, present_revision
from tasks.jobs.broker import BrokerUnavailable, broker_errors
from workers.celery_app import BrokerMissing, app

CONNECT_SECONDS = 5.0


def readiness_failure() -> str | None:
    """Why a worker cannot work now; ``None`` if it can."""
    return database_failure() or broker_failure()


def database_failure() -> str | None:
    """Why the database cannot be used: unreachable, or its schema is too old; else ``None``."""
    try:
        with engine().connect() as connection:
            revision = present_revision(connection)
    except (DBAPIError, DatabaseMissing) as error:
        return f"the database: {summarize_error(error)}"
    if is_outdated(revision):
        return f"the schema is at revision {revision or 'none'}: overheard migrate"
    return None


def broker_failure() -> str | None:
    """Why the broker cannot be reached; ``None`` if it can."""
    try:
        with broker_errors(), contextlib.closing(app.connection_for_read()) as connection:
            connection.ensure_connection(max_retries=1, timeout=CONNECT_SECONDS)
            connection.default_channel.close()
    except (BrokerUnavailable, BrokerMissing) as error:
        return f"the broker: {error}"
    return None
