"""Back catalogues.

Revision: 0003, after 0002.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "back_catalogue",
        sa.Column("podcast_id", sa.BigInteger(), nullable=False),
        sa.Column("relation", sa.String(), nullable=False),
        sa.Column("first_url", sa.String(), nullable=False),
        sa.Column("next_url", sa.String(), nullable=True),
        sa.Column("until_url", sa.String(), nullable=True),
        sa.Column(
            "seen", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False
        ),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("message", sa.String(), nullable=True),
        sa.Column("error_count", sa.Integer(), nullable=False),
        sa.Column("feed_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("feed_due_why", sa.String(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["podcast_id"], ["podcast.id"]),
        sa.PrimaryKeyConstraint("podcast_id"),
    )
    op.create_index("back_catalogue_state", "back_catalogue", ["state"])


def downgrade() -> None:
    op.drop_table("back_catalogue")
