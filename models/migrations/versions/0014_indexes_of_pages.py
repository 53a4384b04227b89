"""Who speaks where, and how much, from indexes alone.

Revision: 0014, after 0013.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "speaker_heard",
        "speaker",
        ["person_id"],
        postgresql_include=["episode_id", "appearances"],
        postgresql_where=sa.text("person_id IS NOT NULL"),
    )
    op.create_index(
        "speaker_of_episode",
        "speaker",
        ["episode_id"],
        postgresql_include=["person_id", "appearances"],
    )
    # What counts of episodes, without their long rows.
    op.create_index(
        "episode_counting",
        "episode",
        ["id"],
        postgresql_include=["podcast_id", "counted_on"],
        postgresql_where=sa.text("duplicate_of IS NULL"),
    )
    op.create_index(
        "episode_counting_of_podcast",
        "episode",
        ["podcast_id", "id"],
        postgresql_where=sa.text("duplicate_of IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("episode_counting_of_podcast", table_name="episode")
    op.drop_index("episode_counting", table_name="episode")
    op.drop_index("speaker_of_episode", table_name="speaker")
    op.drop_index("speaker_heard", table_name="speaker")
