"""What was known of a podcast when its episodes were last decided together.

Revision: 0011, after 0010.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("podcast_voices", sa.Column("regulars", sa.LargeBinary(), nullable=True))
    op.add_column(
        "podcast_voices",
        sa.Column("decided_to", sa.BigInteger(), server_default="0", nullable=False),
    )


def downgrade() -> None:
    op.drop_column("podcast_voices", "decided_to")
    op.drop_column("podcast_voices", "regulars")
