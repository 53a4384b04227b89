"""Speech to text: what was recognised in the audio of episodes, and how podcasts want it."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from models.tables.columns import big_integer, member, member_of, moment, reference
from models.tables.job import Stage


class SpeechMode(StrEnum):
    """Whose audio is transcribed: nobody's, that of episodes without a transcript, or all."""

    publisher_only = "publisher_only"
    if_missing = "if_missing"
    always = "always"


class PodcastSpeech(SQLModel, table=True):
    """What an operator chose for a podcast, and how many speakers its episodes have, if known.

    A table of its own, because a podcast's row changes only with its feed. ``charged_to`` is the
    account or key whose plan pays for its audio, as in `UsageCounter`; null is nobody's.
    """

    __tablename__ = "podcast_speech"
    __table_args__ = (member_of("podcast_speech", "mode", SpeechMode),)

    podcast_id: int = reference("podcast.id", primary_key=True)
    mode: SpeechMode = member(SpeechMode)
    speakers: int | None = None
    charged_to: str | None = None


class Transcription(SQLModel, table=True):
    """The transcription of an episode's audio: how far it is, by what, and how much it covers.

    ``job_id`` is the job that began it, ``stage`` the stage that it has reached; the parts that are
    done are in ``transcription_chunk``. ``turns`` are ``[speaker, start_ms, end_ms]`` of the whole
    episode. ``speech_ms`` is the time of speech by voice activity detection, ``covered_ms`` how
    much of it has words. ``left_out`` counts the words that were left out, by reason code.
    ``body_hash`` is that of the transcript that was made, among the raw bodies. ``engine`` and
    ``diarizer`` are ``{"name", "version", "model"}``. ``endpoint_ms`` is how much audio was sent to
    an endpoint, in all transcriptions of the episode: a service may bill it.
    """

    __tablename__ = "transcription"
    __table_args__ = (
        member_of("transcription", "stage", Stage),
        Index("transcription_finished", "finished_at"),
    )

    episode_id: int = Field(
        sa_column=Column(
            BigInteger, ForeignKey("episode.id"), primary_key=True, autoincrement=False
        )
    )
    job_id: int = big_integer()
    stage: Stage = member(Stage, Stage.download)
    audio_hash: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    audio_bytes: int = big_integer()
    audio_ms: int = big_integer()
    speech_ms: int = big_integer()
    covered_ms: int = big_integer()
    language: str | None = None
    engine: dict[str, Any] | None = Field(
        default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True)
    )
    diarizer: dict[str, Any] | None = Field(
        default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True)
    )
    turns: list[list[int]] | None = Field(
        default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True)
    )
    speakers: int | None = None
    body_hash: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    left_out: dict[str, int] = Field(
        default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default="{}")
    )
    spent_ms: int = big_integer()
    endpoint_ms: int = big_integer()
    started_at: datetime = moment(nullable=False)
    finished_at: datetime | None = moment()


class TranscriptionChunk(SQLModel, table=True):
    """A part of an episode's audio, cut at a quiet place: the checkpoint of its transcription.

    ``speech`` are ``[start_ms, end_ms]`` of voice activity; ``words`` are ``[text, start_ms,
    end_ms, probability]``, null until it is transcribed; ``turns`` are ``[voice, start_ms,
    end_ms]`` and ``prints`` the embedding of each voice, null until it is diarized. The embeddings
    are deleted when the speakers of the episode are known. All times are those of the episode.
    """

    __tablename__ = "transcription_chunk"
    __table_args__ = (Index("transcription_chunk_time", "transcribed_at"),)

    episode_id: int = Field(
        sa_column=Column(
            BigInteger,
            ForeignKey("transcription.episode_id"),
            primary_key=True,
            autoincrement=False,
        )
    )
    number: int = Field(primary_key=True)
    start_ms: int
    end_ms: int
    speech: list[list[int]] = Field(sa_column=Column(JSONB, nullable=False))
    words: list[list[Any]] | None = Field(
        default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True)
    )
    left_out: dict[str, int] = Field(
        default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default="{}")
    )
    engine: dict[str, Any] | None = Field(
        default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True)
    )
    transcribed_at: datetime | None = moment()
    turns: list[list[int]] | None = Field(
        default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True)
    )
    prints: list[list[float]] | None = Field(
        default=None, sa_column=Column(JSONB(none_as_null=True), nullable=True)
    )
    spent_ms: int = big_integer()
