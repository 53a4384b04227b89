"""Days of metered use that were purged from its log.

Revision: 0027, after 0026.
"""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE usage_day (
            holder varchar NOT NULL,
            day date NOT NULL,
            month date NOT NULL,
            requests bigint NOT NULL DEFAULT 0,
            first_at timestamptz NOT NULL,
            last_at timestamptz NOT NULL,
            PRIMARY KEY (holder, day),
            CONSTRAINT usage_day_figures CHECK (requests > 0)
        )
    """)
    op.execute("CREATE INDEX usage_day_month ON usage_day (month)")
    op.execute("CREATE INDEX usage_log_at ON usage_log USING brin (at)")


def downgrade() -> None:
    op.execute("DROP INDEX usage_log_at")
    op.execute("DROP TABLE usage_day")
