"""Podcasts whose jobs took long, so that those of others go before theirs.

Revision: 0022, after 0021.
"""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE podcast_cooldown (
            podcast_id bigint PRIMARY KEY REFERENCES podcast (id),
            until timestamptz NOT NULL
        )
    """)


def downgrade() -> None:
    op.execute("DROP TABLE podcast_cooldown")
