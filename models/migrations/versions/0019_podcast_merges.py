"""Merges of podcasts as rows, states that the database checks, suggestions about podcasts.

Merges that earlier versions made become rows too, so that they can be unmerged.

Revision: 0019, after 0018.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_STATES = "'pending', 'refused', 'active', 'paused', 'gone', 'duplicate', 'removed'"
# Each duplicate gets the podcast that remained of its chain. Of a circle, which two merges could
# make, the podcast with the lowest id remains.
_FIND_SURVIVORS = """
    CREATE TEMPORARY TABLE survivor AS
    WITH RECURSIVE up (id, into_id, seen) AS (
        SELECT id, duplicate_of, ARRAY[id] FROM podcast
        WHERE duplicate_of IS NOT NULL AND duplicate_of <> id
        UNION ALL
        SELECT u.id, p.duplicate_of, u.seen || p.id FROM up u JOIN podcast p ON p.id = u.into_id
        WHERE p.duplicate_of IS NOT NULL AND p.duplicate_of <> p.id AND NOT p.id = ANY(u.seen)
    ), last AS (
        SELECT DISTINCT ON (id) id, into_id, seen FROM up ORDER BY id, cardinality(seen) DESC
    )
    SELECT id, CASE WHEN into_id = ANY(seen)
        THEN (SELECT min(one) FROM unnest(seen[array_position(seen, into_id):]) AS one)
        ELSE into_id END AS survivor_id
    FROM last
"""
_FORGET_SURVIVORS = "DROP TABLE survivor"
_REPAIR_STATES = (
    """
    UPDATE podcast p SET duplicate_of = NULL,
        state = CASE WHEN p.state = 'duplicate' THEN 'active' ELSE p.state END
    FROM survivor s WHERE s.id = p.id AND s.survivor_id = p.id
    """,
    "DELETE FROM survivor WHERE id = survivor_id",
    """
    UPDATE podcast p SET duplicate_of = s.survivor_id,
        state = CASE WHEN p.state = 'removed' THEN p.state ELSE 'duplicate' END
    FROM survivor s WHERE s.id = p.id
        AND (p.duplicate_of <> s.survivor_id OR p.state NOT IN ('duplicate', 'removed'))
    """,
    """
    UPDATE podcast SET duplicate_of = NULL,
        state = CASE WHEN state = 'duplicate' THEN 'active' ELSE state END
    WHERE duplicate_of = id OR (state = 'duplicate' AND duplicate_of IS NULL)
    """,
    """
    UPDATE crawl c SET next_poll_at = NULL, next_poll_reason = 'duplicate'
    FROM survivor s WHERE s.id = c.podcast_id AND c.next_poll_at IS NOT NULL
    """,
)
_RECORD_MERGES = (
    """
    INSERT INTO podcast_merge (podcast_id, survivor_id, former_state, cause, is_whole, merged_at)
    SELECT id, survivor_id, 'active', 'operator', true, clock_timestamp() FROM survivor ORDER BY id
    """,
    """
    INSERT INTO merged_episode (merge_id, episode_id, same_as)
    SELECT m.id, e.id, e.duplicate_of FROM podcast_merge m
    JOIN episode e ON e.podcast_id = m.podcast_id AND e.duplicate_of IS NOT NULL
    UNION
    SELECT m.id, e.id, NULL FROM podcast_merge m JOIN episode e
        ON e.origin_podcast_id = m.podcast_id AND e.podcast_id <> m.podcast_id
    """,
)
# An episode that was moved is known by its origin; without a merge in force, it stays for good.
_REPAIR_ORIGINS = (
    """
    UPDATE episode e SET origin_podcast_id = NULL
    WHERE origin_podcast_id IS NOT NULL AND (origin_podcast_id = podcast_id
        OR NOT EXISTS (SELECT FROM podcast_merge m WHERE m.podcast_id = e.origin_podcast_id))
    """,
    """
    WITH moved AS (
        SELECT e.id, e.origin_podcast_id AS origin, CASE
            WHEN right(e.identity, length(s.suffix)) = s.suffix
            THEN left(e.identity, -length(s.suffix)) ELSE e.identity END AS identity
        FROM episode e CROSS JOIN LATERAL (SELECT ' of ' || e.origin_podcast_id AS suffix) s
        WHERE e.origin_podcast_id IS NOT NULL
    ), numbered AS (
        SELECT m.*, row_number() OVER (PARTITION BY origin, identity ORDER BY id) > 1
            OR EXISTS (SELECT FROM episode o
                       WHERE o.podcast_id = m.origin AND o.identity = m.identity) AS is_taken
        FROM moved m
    )
    UPDATE episode e SET identity = 'of ' || n.origin || ':' || n.identity
        || CASE WHEN n.is_taken THEN ' again ' || n.id ELSE '' END
    FROM numbered n WHERE e.id = n.id
    """,
)


def upgrade() -> None:
    _create_tables()
    for statement in (_FIND_SURVIVORS, *_REPAIR_STATES, *_RECORD_MERGES, *_REPAIR_ORIGINS):
        op.execute(statement)
    op.execute(_FORGET_SURVIVORS)
    _constrain_states()
    _create_indexes()
    op.alter_column("suggestion", "person_id", nullable=True)
    op.add_column(
        "suggestion",
        sa.Column("target_podcast_id", sa.BigInteger(), sa.ForeignKey("podcast.id")),
    )
    _suggest_once("target_podcast_id")


def _create_tables() -> None:
    op.create_table(
        "podcast_merge",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), primary_key=True),
        sa.Column("podcast_id", sa.BigInteger(), sa.ForeignKey("podcast.id"), nullable=False),
        sa.Column("survivor_id", sa.BigInteger(), sa.ForeignKey("podcast.id"), nullable=False),
        sa.Column("former_state", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("is_whole", sa.Boolean(), nullable=False),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("unmerged_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(f"former_state IN ({_STATES})", name="podcast_merge_former_state"),
        sa.CheckConstraint("cause IN ('operator', 'moved')", name="podcast_merge_cause"),
        sa.CheckConstraint("podcast_id <> survivor_id", name="podcast_merge_two"),
    )
    op.create_index(
        "podcast_merge_once",
        "podcast_merge",
        ["podcast_id"],
        unique=True,
        postgresql_where=sa.text("unmerged_at IS NULL"),
    )
    op.create_index("podcast_merge_survivor", "podcast_merge", ["survivor_id"])
    merge, episode = sa.ForeignKey("podcast_merge.id"), sa.ForeignKey("episode.id")
    op.create_table(
        "merged_episode",
        sa.Column("merge_id", sa.BigInteger(), merge, primary_key=True, autoincrement=False),
        sa.Column("episode_id", sa.BigInteger(), episode, primary_key=True, autoincrement=False),
        sa.Column("same_as", sa.BigInteger(), sa.ForeignKey("episode.id")),
    )
    op.create_index("merged_episode_episode", "merged_episode", ["episode_id"])
    op.create_index(
        "merged_episode_same_as",
        "merged_episode",
        ["same_as"],
        postgresql_where=sa.text("same_as IS NOT NULL"),
    )


def _constrain_states() -> None:
    op.create_check_constraint("podcast_state", "podcast", f"state IN ({_STATES})")
    op.create_check_constraint(
        "podcast_duplicate",
        "podcast",
        "CASE WHEN duplicate_of IS NULL THEN state <> 'duplicate' "
        "ELSE state IN ('duplicate', 'removed') AND duplicate_of <> id END",
    )


def _create_indexes() -> None:
    for name, table, column in (
        ("podcast_duplicates", "podcast", "duplicate_of"),
        ("episode_duplicates", "episode", "duplicate_of"),
        ("episode_origin", "episode", "origin_podcast_id"),
    ):
        where = sa.text(f"{column} IS NOT NULL")
        op.create_index(name, table, [column], postgresql_where=where)


def _suggest_once(*columns: str) -> None:
    op.drop_constraint("suggestion_once", "suggestion")
    subject = ["kind", "person_id", "target_person_id", "podcast_id", "assignment_event_id"]
    op.create_unique_constraint(
        "suggestion_once",
        "suggestion",
        [*subject, *columns],
        postgresql_nulls_not_distinct=True,
    )


def downgrade() -> None:
    op.execute("DELETE FROM suggestion WHERE person_id IS NULL")
    _suggest_once()
    op.drop_column("suggestion", "target_podcast_id")
    op.alter_column("suggestion", "person_id", nullable=False)
    for name, table in (
        ("episode_origin", "episode"),
        ("episode_duplicates", "episode"),
        ("podcast_duplicates", "podcast"),
    ):
        op.drop_index(name, table_name=table)
    op.drop_constraint("podcast_duplicate", "podcast")
    op.drop_constraint("podcast_state", "podcast")
    op.drop_table("merged_episode")
    op.drop_table("podcast_merge")
