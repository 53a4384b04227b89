"""The identity ledger, its queue and its audits, and how each speaker stands.

Revision: 0005, after 0003.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0003"
branch_labels = None
depends_on = None

_WORDS = {"suspicion": "", "standing": "unknown", "standing_reason": ""}


def upgrade() -> None:
    _create_event()
    _create_suggestion()
    _create_judgement()
    op.add_column("person", sa.Column("published_name", sa.String(), nullable=True))
    _create_voices()
    for name, default in _WORDS.items():
        column = sa.Column(name, sa.String(), server_default=default, nullable=False)
        op.add_column("speaker", column)
    op.add_column("speaker", sa.Column("label_key", sa.String(), nullable=True))
    op.add_column("speaker", sa.Column("decided_by", sa.BigInteger(), nullable=True))
    op.create_foreign_key(None, "speaker", "identity_event", ["decided_by"], ["id"])
    op.create_index(
        "speaker_matched",
        "speaker",
        ["matched_id"],
        postgresql_where=sa.text("matched_id IS NOT NULL"),
    )
    op.create_index("speaker_label_key", "speaker", ["label_key"])
    # Whatever counted until now counts. The keys of labels are computed when each is held again.
    op.execute("UPDATE speaker SET standing = 'counted' WHERE person_id IS NOT NULL")


def _create_event() -> None:
    op.create_table(
        "identity_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("other_id", sa.BigInteger(), nullable=True),
        sa.Column("podcast_id", sa.BigInteger(), nullable=True),
        sa.Column("episode_id", sa.BigInteger(), nullable=True),
        sa.Column("label", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("prints", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("undoes", sa.BigInteger(), nullable=True),
        sa.Column("undone_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(kind = 'undo') = (undoes IS NOT NULL)", name="identity_event_undo"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["other_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["podcast_id"], ["podcast.id"]),
        sa.ForeignKeyConstraint(["episode_id"], ["episode.id"]),
        sa.ForeignKeyConstraint(["undoes"], ["identity_event.id"]),
        sa.ForeignKeyConstraint(["undone_by"], ["identity_event.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("uuid"),
    )
    for name, columns, unique, where in (
        ("identity_event_person", ["person_id"], False,
         "undone_by IS NULL AND person_id IS NOT NULL"),
        ("identity_event_other", ["other_id"], False, "other_id IS NOT NULL"),
        ("identity_event_label", ["episode_id", "podcast_id"], False,
         "undone_by IS NULL AND label IS NOT NULL"),
        ("identity_event_undone_once", ["undoes"], True, "undoes IS NOT NULL"),
    ):  # fmt: skip
        op.create_index(
            name, "identity_event", columns, unique=unique, postgresql_where=sa.text(where)
        )


def _create_suggestion() -> None:
    op.create_table(
        "suggestion",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("other_id", sa.BigInteger(), nullable=True),
        sa.Column("podcast_id", sa.BigInteger(), nullable=True),
        sa.Column("about_event", sa.BigInteger(), nullable=True),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("event_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["other_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["podcast_id"], ["podcast.id"]),
        sa.ForeignKeyConstraint(["about_event"], ["identity_event.id"]),
        sa.ForeignKeyConstraint(["event_id"], ["identity_event.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "kind",
            "person_id",
            "other_id",
            "podcast_id",
            "about_event",
            name="suggestion_once",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(
        "suggestion_open",
        "suggestion",
        ["kind", "score"],
        postgresql_where=sa.text("state = 'open'"),
    )


def _create_voices() -> None:
    op.create_table(
        "podcast_voices",
        sa.Column("podcast_id", sa.BigInteger(), nullable=False),
        sa.Column("plays_clips", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["podcast_id"], ["podcast.id"]),
        sa.PrimaryKeyConstraint("podcast_id"),
    )


def _create_judgement() -> None:
    op.create_table(
        "judgement",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("episode_id", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("correct", sa.Boolean(), nullable=True),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["episode_id"], ["episode.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("seed", "episode_id", "label", "person_id", name="judgement_once"),
    )


def downgrade() -> None:
    op.drop_index("speaker_label_key", table_name="speaker")
    op.drop_index("speaker_matched", table_name="speaker")
    for name in ("decided_by", "label_key", *_WORDS):
        op.drop_column("speaker", name)
    op.drop_column("person", "published_name")
    for table in ("podcast_voices", "judgement", "suggestion", "identity_event"):
        op.drop_table(table)
