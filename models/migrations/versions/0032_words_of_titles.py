"""An index of the words of episodes' titles.

Revision: 0032, after 0031.
"""

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE INDEX episode_title_words ON episode USING gin (to_tsvector('simple', title))
    """)


def downgrade() -> None:
    op.execute("DROP INDEX episode_title_words")
