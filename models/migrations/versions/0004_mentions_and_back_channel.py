"""Mentions of people, and appearances that are only back-channel ("Yeah, exactly").

Revision: 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# As it was then: a migration never changes, whatever becomes of the model.
BACK_CHANNEL = r"""
CASE WHEN length(text) > 40 THEN false ELSE text ~* (
    '^\W*((yeah|yes|yep|yup|yea|right|exactly|ok|okay|sure|true|totally|absolutely|definitely|'
    'of course|indeed|m+|mhm|mm-?hmm?|uh-?huh|uh|um|oh|ah|aha|hmm+|wow|nice|cool|great|awesome|'
    'interesting|got it|i see|gotcha|for sure|that[''’]s (right|true|fair|great|cool|awesome)|'
    'ha(ha)*|laughs?|laughter|laughing|genau|ja|claro|sí)\W*)+$'
) END
"""


def upgrade() -> None:
    op.create_table(
        "mention",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("episode_id", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("by_cue", sa.Boolean(), nullable=False),
        sa.Column("recognised", sa.Boolean(), nullable=False),
        sa.CheckConstraint("times > 0", name="mention_times"),
        sa.ForeignKeyConstraint(["episode_id"], ["episode.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("episode_id", "source", "key", name="mention_once"),
    )
    op.create_index("mention_key", "mention", ["key"])
    column: sa.Column[bool] = sa.Column(
        "back_channel", sa.Boolean(), sa.Computed(BACK_CHANNEL, persisted=True)
    )
    op.add_column("appearance", column)


def downgrade() -> None:
    op.drop_column("appearance", "back_channel")
    op.drop_table("mention")
