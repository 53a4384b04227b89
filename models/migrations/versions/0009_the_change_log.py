"""The change log, written by triggers, and keys of the API.

Revision: 0009, after 0008.
"""

# ruff: noqa: S608 - statements are put together of our own words

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# One row for each subject. A transaction that began earlier may note later: the greater version
# stays, and both are above what anybody can have read (decision 34).
_NOTE = """
    ON CONFLICT (kind, subject) DO UPDATE SET version = excluded.version
    WHERE change.version < excluded.version
"""
_VERSION = "pg_current_xact_id()::text::bigint"
# Every trigger hands over its rows under the name "changed"; each is compiled for its own table.
_FUNCTIONS = {
    "note_changed_rows": f"""
        INSERT INTO change (kind, subject, version)
        SELECT TG_ARGV[0], id, {_VERSION} FROM changed ORDER BY id {_NOTE};
    """,
    "note_changed_episodes": f"""
        INSERT INTO change (kind, subject, version)
        SELECT 'episode', episode_id, {_VERSION}
        FROM (SELECT DISTINCT episode_id FROM changed) c ORDER BY episode_id {_NOTE};
    """,
    # What a podcast's state and language mean for its episodes is a change of each of them.
    "note_episodes_of_podcast": f"""
        INSERT INTO change (kind, subject, version)
        SELECT 'episode', e.id, {_VERSION}
        FROM changed c JOIN former f ON f.id = c.id JOIN episode e ON e.podcast_id = c.id
        WHERE (c.state, c.language) IS DISTINCT FROM (f.state, f.language)
        ORDER BY e.id {_NOTE};
    """,
}
_TABLES = (
    ("podcast", "note_changed_rows('podcast')"),
    ("episode", "note_changed_rows('episode')"),
    ("person", "note_changed_rows('person')"),
    ("speaker", "note_changed_episodes()"),
    ("appearance", "note_changed_episodes()"),
)
_ROWS = {"insert": "NEW", "update": "NEW", "delete": "OLD"}


def upgrade() -> None:
    op.create_table(
        "change",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject"),
    )
    op.create_index("change_order", "change", ["version", "kind", "subject"], unique=False)
    op.create_table(
        "change_epoch",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    # A number that no other database has: an index or a cursor is of one history only.
    op.execute("INSERT INTO change_epoch SELECT 1 + (random() * 9e15)::bigint")
    for kind in ("podcast", "episode", "person"):
        op.execute(
            f"INSERT INTO change (kind, subject, version) SELECT '{kind}', id, {_VERSION} "
            f"FROM {kind}"
        )
    for name, body in _FUNCTIONS.items():
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {body} RETURN NULL; END $$"
        )
    for table, call in _TABLES:
        for event, rows in _ROWS.items():
            op.execute(
                f"CREATE TRIGGER {table}_{event}_noted AFTER {event} ON {table} "
                f"REFERENCING {rows} TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION {call}"
            )
    op.execute(
        "CREATE TRIGGER podcast_episodes_noted AFTER UPDATE ON podcast "
        "REFERENCING OLD TABLE AS former NEW TABLE AS changed "
        "FOR EACH STATEMENT EXECUTE FUNCTION note_episodes_of_podcast()"
    )
    op.create_table(
        "api_key",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("prefix"),
    )
    op.create_index(
        "person_name_prefix",
        "person_name",
        ["key"],
        unique=False,
        postgresql_ops={"key": "text_pattern_ops"},
    )


def downgrade() -> None:
    op.drop_index("person_name_prefix", table_name="person_name")
    op.drop_table("api_key")
    op.execute("DROP TRIGGER podcast_episodes_noted ON podcast")
    for table, _ in _TABLES:
        for event in _ROWS:
            op.execute(f"DROP TRIGGER {table}_{event}_noted ON {table}")
    for name in _FUNCTIONS:
        op.execute(f"DROP FUNCTION {name}()")
    op.drop_table("change_epoch")
    op.drop_table("change")
