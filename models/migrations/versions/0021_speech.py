"""Speech to text: transcriptions, their parts, and the podcasts' switches.

Revision: 0021, after 0020.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_STAGES = "'fetch', 'parse', 'people', 'counts'"
_SPEECH_STAGES = "'download', 'transcribe', 'diarize', 'attribute'"
_ALL_STAGES = f"{_SPEECH_STAGES}, {_STAGES}"


def upgrade() -> None:
    _constrain_stages(_ALL_STAGES)
    op.create_table(
        "podcast_speech",
        sa.Column("podcast_id", sa.BigInteger(), sa.ForeignKey("podcast.id"), primary_key=True),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("speakers", sa.Integer()),
        sa.CheckConstraint(
            "mode IN ('publisher_only', 'if_missing', 'always')", name="podcast_speech_mode"
        ),
    )
    op.create_table(
        "transcription",
        _id("episode_id", "episode.id"),
        _number("job_id"),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("audio_hash", sa.LargeBinary()),
        *(_number(name) for name in ("audio_bytes", "audio_ms", "speech_ms", "covered_ms")),
        sa.Column("language", sa.String()),
        *(sa.Column(name, JSONB()) for name in ("engine", "diarizer", "turns")),
        sa.Column("speakers", sa.Integer()),
        sa.Column("body_hash", sa.LargeBinary()),
        sa.Column("left_out", JSONB(), nullable=False, server_default="{}"),
        _number("spent_ms"),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(f"stage IN ({_ALL_STAGES})", name="transcription_stage"),
    )
    op.create_index("transcription_finished", "transcription", ["finished_at"])
    op.create_table(
        "transcription_chunk",
        _id("episode_id", "transcription.episode_id"),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("start_ms", sa.Integer(), nullable=False),
        sa.Column("end_ms", sa.Integer(), nullable=False),
        sa.Column("speech", JSONB(), nullable=False),
        sa.Column("words", JSONB()),
        sa.Column("left_out", JSONB(), nullable=False, server_default="{}"),
        *(sa.Column(name, JSONB()) for name in ("engine", "turns", "prints")),
        _number("spent_ms"),
    )


def _id(name: str, target: str) -> sa.Column[int]:
    foreign_key = sa.ForeignKey(target)
    return sa.Column(name, sa.BigInteger(), foreign_key, primary_key=True, autoincrement=False)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False, server_default="0")


def _constrain_stages(stages: str) -> None:
    op.drop_constraint("job_stage", "job")
    op.create_check_constraint("job_stage", "job", f"stage IN ({stages})")


def downgrade() -> None:
    op.drop_table("transcription_chunk")
    op.drop_table("transcription")
    op.drop_table("podcast_speech")
    op.execute(f"DELETE FROM job WHERE stage IN ({_SPEECH_STAGES})")  # noqa: S608
    _constrain_stages(_STAGES)
