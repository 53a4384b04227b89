"""Looks and subscriptions.

Revision: 0002, after 0001.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def moment(name: str, *, nullable: bool = True) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), server_default="0", nullable=False)


def words(name: str, *, nullable: bool = True) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=nullable)


def crawl_columns() -> list[sa.Column[Any]]:
    # Constants as defaults, so that no row is rewritten.
    return [
        words("run_outcome"),
        words("run_reason"),
        moment("run_since"),
        count("run_looks"),
        sa.Column("run_status", sa.Integer(), nullable=True),
        count("run_new"),
        count("run_changed"),
        count("run_took_ms"),
        words("hub_url"),
        words("topic_url"),
        moment("notified_at"),
        words("notified_by"),
    ]


def upgrade() -> None:
    for column in crawl_columns():
        op.add_column("crawl", column)
    op.create_index(
        "crawl_hub",
        "crawl",
        ["podcast_id"],
        unique=False,
        postgresql_where=sa.text("hub_url IS NOT NULL"),
    )
    op.create_index(
        "episode_first_seen",
        "episode",
        ["first_seen_at"],
        unique=False,
        postgresql_using="brin",
    )
    op.create_table(
        "past_look",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("podcast_id", sa.BigInteger(), nullable=False),
        words("outcome", nullable=False),
        words("reason"),
        sa.Column("status", sa.Integer(), nullable=True),
        words("message"),
        sa.Column("looks", sa.Integer(), nullable=False),
        moment("first_at", nullable=False),
        moment("last_at", nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["podcast_id"], ["podcast.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("past_look_age", "past_look", ["last_at"], unique=False)
    op.create_index("past_look_podcast", "past_look", ["podcast_id", "id"], unique=False)
    op.create_table(
        "subscription",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("podcast_id", sa.BigInteger(), nullable=False),
        words("hub", nullable=False),
        words("topic", nullable=False),
        words("state", nullable=False),
        words("token", nullable=False),
        words("secret", nullable=False),
        words("asking", nullable=False),
        moment("asked_at"),
        moment("due_at"),
        moment("verified_at"),
        moment("lease_until"),
        moment("proved_at"),
        moment("last_push_at"),
        count("pushes"),
        count("refused"),
        count("error_count"),
        words("reason"),
        words("message"),
        moment("created_at", nullable=False),
        sa.ForeignKeyConstraint(["podcast_id"], ["podcast.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("podcast_id", "hub", "topic", name="subscription_once"),
        sa.UniqueConstraint("token"),
    )
    op.create_index(
        "subscription_due",
        "subscription",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("subscription")
    op.drop_table("past_look")
    op.drop_index("episode_first_seen", table_name="episode")
    op.drop_index("crawl_hub", table_name="crawl")
    for column in crawl_columns():
        op.drop_column("crawl", column.name)
