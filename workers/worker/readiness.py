"""Whether the servers that work needs are there now, each asked once and within seconds."""

import contextlib

from kombu.exceptions import OperationalError
from sqlalchemy.exc import DBAPIError

from models.database import DatabaseMissing, engine, summarize_error
from models.database.migrate import is_outdated, present_revision
from workers.celery_app import BrokerMissing, app

CONNECT_SECONDS = 5.0


def what_is_lacking() -> str | None:
    """The first thing that keeps a worker from working now; None when nothing does."""
    return database_failure() or broker_failure()


def database_failure() -> str | None:
    """Why the database cannot be worked with: it does not answer, or its schema is too old."""
    try:
        with engine().connect() as connection:
            revision = present_revision(connection)
    except (DBAPIError, DatabaseMissing) as error:
        return f"the database: {summarize_error(error)}"
    if is_outdated(revision):
        return f"the schema is at {revision or 'nothing'}: overheard migrate"
    return None


def broker_failure() -> str | None:
    """Why the broker cannot be reached; None when it can."""
    try:
        with contextlib.closing(app.connection_for_read()) as connection:
            connection.ensure_connection(max_retries=1, timeout=CONNECT_SECONDS)
            connection.default_channel.close()
    except (OperationalError, OSError, BrokerMissing) as error:
        return f"the broker: {error}"
    return None
