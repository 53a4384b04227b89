"""The database: engine, transactions, plain SQL, migrations."""

from sqlmodel import Session

from models.database.engine import DatabaseMissing, driver_url, engine, forget_engine
from models.database.errors import in_one_line, is_retriable, is_unavailable
from models.database.transactions import (
    commit_unsynced,
    database_time,
    in_transaction,
    rehearse,
    transaction,
)

__all__ = [
    "DatabaseMissing",
    "Session",
    "commit_unsynced",
    "database_time",
    "driver_url",
    "engine",
    "forget_engine",
    "in_one_line",
    "in_transaction",
    "is_retriable",
    "is_unavailable",
    "rehearse",
    "transaction",
]
