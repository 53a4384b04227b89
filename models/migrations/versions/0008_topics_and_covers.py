"""Topics and covers, and indexes that pages read by.

Topics fill when feeds are read the next time; `overheard reingest all --stage fetch` asks now.

Revision: 0008, after 0007.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "topic",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("slug"),
    )
    op.create_table(
        "episode_topic",
        sa.Column("episode_id", sa.BigInteger(), nullable=False),
        sa.Column("topic_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["episode_id"], ["episode.id"]),
        sa.ForeignKeyConstraint(["topic_id"], ["topic.id"]),
        sa.PrimaryKeyConstraint("episode_id", "topic_id"),
    )
    op.create_index("episode_topic_topic", "episode_topic", ["topic_id", "episode_id"])
    op.create_table(
        "cover",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("type", sa.String(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("size", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_index("cover_fetched", "cover", ["fetched_at"])
    # Bodies are compressed pictures: to compress them again is work for nothing.
    op.execute("ALTER TABLE cover ALTER COLUMN body SET STORAGE EXTERNAL")
    op.create_index(
        "person_day_day", "person_day", ["day"], postgresql_include=["person_id", "appearances"]
    )
    op.create_index(
        "episode_counted_on", "episode", ["counted_on", "id"], postgresql_include=["podcast_id"]
    )
    op.create_index("episode_of_podcast", "episode", ["podcast_id", "counted_on", "id"])


def downgrade() -> None:
    op.drop_index("episode_of_podcast", table_name="episode")
    op.drop_index("episode_counted_on", table_name="episode")
    op.drop_index("person_day_day", table_name="person_day")
    op.drop_table("cover")
    op.drop_table("episode_topic")
    op.drop_table("topic")
