"""How much audio of an episode was sent to an endpoint, which may cost money.

Revision: 0028, after 0027.
"""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE transcription ADD COLUMN endpoint_ms bigint NOT NULL DEFAULT 0")


def downgrade() -> None:
    op.drop_column("transcription", "endpoint_ms")
