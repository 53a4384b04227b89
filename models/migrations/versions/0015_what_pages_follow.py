"""An episode that goes to another podcast is a change of the one that it leaves; who is tagged.

Revision: 0015, after 0014.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# For each row, so that it costs nothing where no podcast is written: triggers on a column are given
# no tables of changed rows. Of the podcast where it arrives, the noted episode tells.
_NOTE = """
    CREATE FUNCTION note_podcast_that_is_left() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO change (kind, subject, version)
        VALUES ('podcast', OLD.podcast_id, pg_current_xact_id()::text::bigint)
        ON CONFLICT (kind, subject) DO UPDATE SET version = excluded.version
        WHERE change.version < excluded.version;
        RETURN NULL;
    END $$
"""
_TRIGGER = """
    CREATE TRIGGER episode_left_noted AFTER UPDATE OF podcast_id ON episode FOR EACH ROW
    WHEN (OLD.podcast_id IS DISTINCT FROM NEW.podcast_id)
    EXECUTE FUNCTION note_podcast_that_is_left()
"""


def upgrade() -> None:
    op.execute(_NOTE)
    op.execute(_TRIGGER)
    op.create_index(
        "speaker_tagged",
        "speaker",
        ["person_id", "episode_id"],
        postgresql_include=["role", "appearances"],
        postgresql_where=sa.text("role <> ''"),
    )


def downgrade() -> None:
    op.drop_index("speaker_tagged", table_name="speaker")
    op.execute("DROP TRIGGER episode_left_noted ON episode")
    op.execute("DROP FUNCTION note_podcast_that_is_left")
