"""The database: engine, transactions, plain SQL, migrations."""

from sqlmodel import Session

from models.database.engine import DatabaseMissing, driver_url, engine, forget_engine
from models.database.errors import is_retriable, is_unavailable, summarize_error
from models.database.outside import all_computed_outside, computed_outside
from models.database.transactions import (
    database_time,
    dry_run,
    in_transaction,
    read_one_snapshot,
    read_transaction,
    set_async_commit,
    transaction,
)

__all__ = [
    "DatabaseMissing",
    "Session",
    "all_computed_outside",
    "computed_outside",
    "database_time",
    "driver_url",
    "dry_run",
    "engine",
    "forget_engine",
    "in_transaction",
    "is_retriable",
    "is_unavailable",
    "read_one_snapshot",
    "read_transaction",
    "set_async_commit",
    "summarize_error",
    "transaction",
]
