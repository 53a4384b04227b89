"""Audio that was transcribed at the charge of a plan, and whom a podcast is charged to.

Revision: 0030, after 0029.
"""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE podcast_speech ADD COLUMN charged_to varchar")
    op.execute("""
        CREATE TABLE heard_audio (
            episode_id bigint PRIMARY KEY REFERENCES episode (id),
            holder varchar NOT NULL,
            month date NOT NULL,
            audio_ms bigint NOT NULL DEFAULT 0,
            at timestamptz NOT NULL,
            CONSTRAINT heard_audio_figures CHECK (audio_ms > 0)
        )
    """)
    op.execute("CREATE INDEX heard_audio_holder ON heard_audio (holder, month)")


def downgrade() -> None:
    op.execute("DROP TABLE heard_audio")
    op.execute("ALTER TABLE podcast_speech DROP COLUMN charged_to")
