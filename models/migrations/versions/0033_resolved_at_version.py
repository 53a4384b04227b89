"""The version of the change log at which the episodes of a podcast were resolved together.

Revision: 0033, after 0032.
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Every episode of a podcast is looked at once more: its version is 0."""
    op.add_column(
        "podcast_speaker_state",
        sa.Column("resolved_at_version", sa.BigInteger, nullable=False, server_default="0"),
    )


def downgrade() -> None:
    op.drop_column("podcast_speaker_state", "resolved_at_version")
