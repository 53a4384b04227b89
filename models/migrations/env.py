"""Runs Alembic's migrations on a connection that models.database.migrate hands over."""

from alembic import context
from sqlmodel import SQLModel

import models  # noqa: F401  the tables register themselves

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=SQLModel.metadata, compare_type=True)
with context.begin_transaction():
    context.run_migrations()
