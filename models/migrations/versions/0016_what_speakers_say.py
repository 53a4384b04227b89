"""The characters of a speaker's timed segments, kept beside the other figures of the speaker.

An index on whom a speaker counts for goes: another one begins with the same column.

Revision: 0016, after 0015.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

# What is kept besides is no change that anybody follows: the change log does not note it.
_FILL = """
    ALTER TABLE speaker DISABLE TRIGGER speaker_update_noted;
    UPDATE speaker s SET timed_characters = a.characters
    FROM (
        SELECT speaker_id, sum(length(text)) AS characters FROM appearance
        WHERE start_ms < end_ms GROUP BY speaker_id
    ) a
    WHERE a.speaker_id = s.id;
    ALTER TABLE speaker ENABLE TRIGGER speaker_update_noted;
"""


def upgrade() -> None:
    op.add_column(
        "speaker",
        sa.Column("timed_characters", sa.BigInteger(), server_default="0", nullable=False),
    )
    op.execute(_FILL)
    op.drop_index("speaker_person", table_name="speaker")


def downgrade() -> None:
    op.create_index(
        "speaker_person",
        "speaker",
        ["person_id"],
        postgresql_where=sa.text("person_id IS NOT NULL"),
    )
    op.drop_column("speaker", "timed_characters")
