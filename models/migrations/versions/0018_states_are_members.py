"""CHECKs that state columns have the text of a member of their enum.

Each table is read once, whatever the number of its CHECKs: that of jobs, the largest, holds some
days of them, and of older ones the latest of each subject.

Revision: 0018, after 0017.
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_MEMBERS: dict[str, dict[str, tuple[str, ...]]] = {
    "job": {
        "state": ("waiting", "running", "done", "dead"),
        "stage": ("fetch", "parse", "people", "counts"),
        "outcome": ("ran", "skipped", "degraded", "failed", "dead"),
    },
    "reingest_request": {"state": ("running", "paused", "done", "cancelled", "refused")},
    "subscription": {"state": ("wanted", "active", "denied", "leaving", "ended")},
    "queue_pause": {"state": ("open", "draining", "paused")},
    "archive_progress": {"state": ("reading", "done", "failed")},
}


def upgrade() -> None:
    for table, columns in _MEMBERS.items():
        added = [
            f"ADD CONSTRAINT {table}_{column} CHECK ({column} IN ({_literals(members)}))"
            for column, members in columns.items()
        ]
        op.execute(f"ALTER TABLE {table} {', '.join(added)}")


def downgrade() -> None:
    for table, columns in _MEMBERS.items():
        dropped = [f"DROP CONSTRAINT {table}_{column}" for column in columns]
        op.execute(f"ALTER TABLE {table} {', '.join(dropped)}")


def _literals(members: tuple[str, ...]) -> str:
    return ", ".join(f"'{member}'" for member in members)
