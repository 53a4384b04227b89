"""Celery tasks: purge sessions and failed sign-ins."""

from celery import shared_task

from models.database import Session, database_time, in_transaction
from tasks.auth.store.accounts import purge_sessions

SCHEDULE = {"overheard.auth.purge": 600.0}


@shared_task(name="overheard.auth.purge")
def purge() -> None:
    """Delete expired sessions and old failed sign-ins."""
    in_transaction(_purge)


def _purge(session: Session) -> None:
    purge_sessions(session, database_time(session))
