"""When a chunk of audio was transcribed; the times of what a human assigned in such a transcript.

Revision: 0023, after 0022.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("transcription_chunk", sa.Column("transcribed_at", sa.DateTime(timezone=True)))
    op.add_column("identity_event", sa.Column("spans", JSONB()))
    op.create_index("transcription_chunk_time", "transcription_chunk", ["transcribed_at"])


def downgrade() -> None:
    op.drop_column("identity_event", "spans")
    op.drop_index("transcription_chunk_time", table_name="transcription_chunk")
    op.drop_column("transcription_chunk", "transcribed_at")
