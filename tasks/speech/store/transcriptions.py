"""Transcriptions and their parts in the database: begun, checkpointed, finished.

Each checkpoint is a transaction that also proves that the job is still this process's.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, update
from sqlmodel import col, select

from models import Episode, Podcast, Stage, Transcription, TranscriptionChunk
from models.database import Session, database_time
from models.database.sql import execute
from models.tables.job import SPEECH_STAGES
from tasks.jobs.store import reach_stage
from tasks.jobs.values import ClaimedJob, JobFailed
from tasks.speech.values import (
    Chunk,
    Diarized,
    EngineInfo,
    HeardWord,
    Interval,
    Recognized,
    Turn,
)


@dataclass(frozen=True, slots=True)
class EpisodeAudio:
    """What a job has to know of its episode, and how far its transcription is.

    ``is_fresh``: files of an earlier transcription are not to be used.
    """

    episode_id: int
    audio_url: str
    podcast_language: str | None
    audio_hash: bytes | None
    language: str | None
    stage: Stage
    is_fresh: bool = False


def begin_transcription(session: Session, job: ClaimedJob, now: datetime) -> EpisodeAudio:
    """Load a transcription, or begin it; a new job first forgets what it is to do again.

    Raises:
        JobFailed: the episode is gone or has no audio.
        LeaseLost: another worker has taken the job over.
    """
    episode = session.get(Episode, job.subject)
    if episode is None:
        raise JobFailed("episode_gone", "the episode no longer exists", permanent=True)
    if not episode.audio_url:
        raise JobFailed("no_audio", "the feed gives no audio for the episode", permanent=True)
    transcription = session.get(Transcription, job.subject)
    is_fresh = transcription is None or _is_requested_again(transcription, job)
    if transcription is None:
        transcription = Transcription(episode_id=job.subject, job_id=job.id, started_at=now)
        session.add(transcription)
    elif is_fresh:
        _forget(session, transcription, job, now)
    session.flush()
    reach_stage(session, job, transcription.stage)
    podcast = session.get(Podcast, episode.podcast_id)
    return EpisodeAudio(
        job.subject,
        episode.audio_url,
        podcast.language if podcast else None,
        transcription.audio_hash,
        transcription.language,
        transcription.stage,
        is_fresh and transcription.stage is Stage.download,
    )


def _is_requested_again(transcription: Transcription, job: ClaimedJob) -> bool:
    """Whether the job begins something again, and is no further attempt of the same work."""
    earlier = SPEECH_STAGES.index(job.stage) < SPEECH_STAGES.index(transcription.stage)
    return transcription.job_id != job.id or earlier


def _forget(session: Session, transcription: Transcription, job: ClaimedJob, now: datetime) -> None:
    """Forget what the stage of the job and later ones made."""
    stage = _first_possible_stage(session, transcription, job.stage)
    of_episode = col(TranscriptionChunk.episode_id) == transcription.episode_id
    if stage is Stage.download:
        execute(session, delete(TranscriptionChunk).where(of_episode))
        transcription.audio_hash = None
    elif stage is Stage.transcribe:
        execute(session, update(TranscriptionChunk).where(of_episode).values(words=None))
        transcription.language = None
    elif stage is Stage.diarize:
        execute(session, update(TranscriptionChunk).where(of_episode).values(turns=None))
    if stage in (Stage.download, Stage.diarize):
        transcription.turns = None
    transcription.job_id, transcription.stage = job.id, stage
    transcription.started_at, transcription.finished_at = now, None


def _first_possible_stage(session: Session, transcription: Transcription, stage: Stage) -> Stage:
    """The requested stage, or an earlier one that never came to an end."""
    chunks = chunks_of(session, transcription.episode_id)
    if not chunks or transcription.audio_hash is None:
        return Stage.download
    if stage in (Stage.diarize, Stage.attribute) and any(
        one.words is None and one.speech for one in chunks
    ):
        return Stage.transcribe
    if stage is Stage.attribute and transcription.turns is None:
        return Stage.diarize
    return stage


def chunks_of(session: Session, episode_id: int) -> Sequence[TranscriptionChunk]:
    """The parts of a transcription in their order."""
    query = select(TranscriptionChunk).where(TranscriptionChunk.episode_id == episode_id)
    return session.exec(query.order_by(col(TranscriptionChunk.number))).all()


def store_audio(session: Session, job: ClaimedJob, audio_hash: bytes, size: int) -> None:
    """Record the audio that was downloaded; other audio than before begins everything again."""
    reach_stage(session, job, Stage.transcribe)
    transcription = session.get_one(Transcription, job.subject)
    if transcription.audio_hash != audio_hash:
        of_episode = col(TranscriptionChunk.episode_id) == job.subject
        execute(session, delete(TranscriptionChunk).where(of_episode))
        transcription.turns = transcription.language = None
    transcription.audio_hash, transcription.audio_bytes = audio_hash, size
    if transcription.stage is Stage.download or transcription.turns is None:
        transcription.stage = Stage.transcribe


def store_chunks(
    session: Session, job: ClaimedJob, audio_ms: int, chunks: Iterable[Chunk]
) -> Sequence[TranscriptionChunk]:
    """Store the parts into which the audio is cut, unless they are there already."""
    reach_stage(session, job, Stage.transcribe)
    if stored := chunks_of(session, job.subject):
        return stored
    transcription = session.get_one(Transcription, job.subject)
    transcription.audio_ms, transcription.speech_ms = audio_ms, 0
    for chunk in chunks:
        transcription.speech_ms += chunk.speech_ms
        session.add(
            TranscriptionChunk(
                episode_id=job.subject,
                number=chunk.number,
                start_ms=chunk.start_ms,
                end_ms=chunk.end_ms,
                speech=[list(one) for one in chunk.speech],
            )
        )
    session.flush()
    return chunks_of(session, job.subject)


def store_language(session: Session, job: ClaimedJob, language: str | None) -> None:
    """Record the language in which the audio is transcribed."""
    reach_stage(session, job, Stage.transcribe)
    session.get_one(Transcription, job.subject).language = language


def store_words(
    session: Session,
    job: ClaimedJob,
    number: int,
    found: Recognized,
    spent_ms: int,
) -> None:
    """The checkpoint of a part: its words, in the times of the episode."""
    reach_stage(session, job, Stage.transcribe)
    chunk = session.get_one(TranscriptionChunk, (job.subject, number))
    chunk.words = [list(word) for word in found.words]
    chunk.transcribed_at = database_time(session)
    chunk.left_out = found.left_out
    chunk.engine = found.engine.as_json() if found.engine else None
    session.get_one(Transcription, job.subject).endpoint_ms += found.endpoint_ms
    _add_time(session, job, chunk, spent_ms)


def _add_time(session: Session, job: ClaimedJob, chunk: TranscriptionChunk, spent_ms: int) -> None:
    chunk.spent_ms += spent_ms
    session.get_one(Transcription, job.subject).spent_ms += spent_ms


def store_turns(
    session: Session,
    job: ClaimedJob,
    number: int,
    diarized: Diarized,
    diarizer: EngineInfo,
    spent_ms: int,
) -> None:
    """The checkpoint of a part: its turns, in the times of the episode, and what found them."""
    reach_stage(session, job, Stage.diarize)
    transcription = session.get_one(Transcription, job.subject)
    transcription.stage = Stage.diarize
    transcription.diarizer = diarizer.as_json()
    chunk = session.get_one(TranscriptionChunk, (job.subject, number))
    chunk.turns = [list(turn) for turn in diarized.turns]
    voices = range(max(diarized.prints, default=-1) + 1)
    chunk.prints = [list(diarized.prints.get(voice, ())) for voice in voices]
    _add_time(session, job, chunk, spent_ms)


def store_speakers(session: Session, job: ClaimedJob, turns: Iterable[Turn]) -> None:
    """Record the turns of the whole episode, and delete the embeddings of the voices."""
    reach_stage(session, job, Stage.attribute)
    transcription = session.get_one(Transcription, job.subject)
    transcription.turns = [list(turn) for turn in turns]
    transcription.stage = Stage.attribute
    of_episode = col(TranscriptionChunk.episode_id) == job.subject
    execute(session, update(TranscriptionChunk).where(of_episode).values(prints=None))


def finish_transcription(
    session: Session, episode_id: int, now: datetime, values: Mapping[str, Any]
) -> None:
    """Record what the transcription came to."""
    finished = update(Transcription).where(col(Transcription.episode_id) == episode_id)
    execute(session, finished.values(finished_at=now, **values))


def words_of(chunks: Iterable[TranscriptionChunk]) -> list[HeardWord]:
    """The words of the parts that are transcribed."""
    return [HeardWord(*word) for chunk in chunks for word in chunk.words or ()]


def speech_of(chunk: TranscriptionChunk) -> list[Interval]:
    """Where a part has speech."""
    return [Interval(*one) for one in chunk.speech]


def turns_of(transcription: Transcription) -> list[Turn]:
    """The turns of an episode."""
    return [Turn(*turn) for turn in transcription.turns or ()]
