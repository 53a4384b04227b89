"""Top lists of a podcast store.

Revision: 0026, after 0025.
"""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE store_chart (
            chart varchar PRIMARY KEY,
            next_poll_at timestamptz NOT NULL,
            last_ok_at timestamptz,
            etag varchar,
            last_modified varchar,
            reason varchar,
            message varchar
        )
    """)
    op.execute("""
        CREATE TABLE store_position (
            chart varchar NOT NULL,
            day date NOT NULL,
            rank integer NOT NULL,
            apple_id varchar NOT NULL,
            title varchar NOT NULL,
            author varchar NOT NULL,
            PRIMARY KEY (chart, day, rank),
            CONSTRAINT store_position_rank CHECK (rank > 0)
        )
    """)
    op.execute("CREATE INDEX store_position_podcast ON store_position (chart, apple_id, day)")


def downgrade() -> None:
    op.execute("DROP TABLE store_position")
    op.execute("DROP TABLE store_chart")
