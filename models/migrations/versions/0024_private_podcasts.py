"""Whether the URLs of a podcast are secret, and the origin of a feed's validators.

The key of a private feed URL is a hash, so the podcasts that are private by their URL are known.
``overheard.podcasts.guard_private`` then removes what their feeds had stored in the clear.

Revision: 0024, after 0023.
"""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        ALTER TABLE podcast ADD COLUMN privacy varchar NOT NULL DEFAULT 'public'
            CONSTRAINT podcast_privacy CHECK (
                privacy IN ('public', 'private', 'declared_public', 'declared_private'))
    """)
    op.execute("ALTER TABLE crawl ADD COLUMN validators_origin varchar")
    op.execute("UPDATE podcast SET privacy = 'private' WHERE url_key LIKE 'private:%'")
    op.execute("""
        CREATE INDEX podcast_private ON podcast (id)
            WHERE privacy IN ('private', 'declared_private')
    """)


def downgrade() -> None:
    op.execute("ALTER TABLE podcast DROP COLUMN privacy")
    op.execute("ALTER TABLE crawl DROP COLUMN validators_origin")
