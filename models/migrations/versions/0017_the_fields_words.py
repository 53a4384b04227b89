"""When suggestions were last made for a podcast, so that they are made by a task of their own.

Revision: 0017, after 0016.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("podcast_voices", sa.Column("suggested_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("podcast_voices", "suggested_at")
