"""Transcribe an episode: download its audio, recognise words, tell speakers apart, attribute.

Read this file from top to bottom. Each part of the audio that is done is a checkpoint in the
database, so that a killed worker loses at most one.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from models import Outcome, Settings, Stage, TranscriptionChunk, get_settings
from models.database import Session, database_time, in_transaction
from tasks.jobs.runner import JobResult
from tasks.jobs.values import ClaimedJob, JobFailed
from tasks.plans.store.heard import record_heard
from tasks.speech.attribute import attribute_words
from tasks.speech.audio.decode import DecodedAudio, decode, read_samples
from tasks.speech.audio.files import AudioFiles
from tasks.speech.audio.voice_activity import speech_in
from tasks.speech.chunks import cut_chunks
from tasks.speech.clustering import episode_turns
from tasks.speech.engines import choose
from tasks.speech.engines.protocols import Diarizer
from tasks.speech.language import declared_language, heard_language
from tasks.speech.recognise import recognise
from tasks.speech.store.control import check_may_go_on
from tasks.speech.store.hints import KnownPeople, known_people
from tasks.speech.store.transcriptions import (
    EpisodeAudio,
    begin_transcription,
    chunks_of,
    store_audio,
    store_chunks,
    store_language,
    store_speakers,
    store_turns,
    store_words,
)
from tasks.speech.values import (
    AudioRefused,
    Diarized,
    EngineMissing,
    Hints,
    Turn,
)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Work:
    """One transcription under way: its job, its episode, its files, and who may speak."""

    job: ClaimedJob
    episode: EpisodeAudio
    files: AudioFiles
    people: KnownPeople
    settings: Settings


def transcribe_episode(job: ClaimedJob) -> JobResult:
    """Run a transcribe job, from where an earlier attempt stopped.

    Raises:
        JobFailed: the audio cannot be fetched or transcribed.
        JobPostponed: an operator paused the work, or today's hours are used up.
        LeaseLost: another worker took the job over; nothing was written.
    """
    settings = get_settings()
    work = in_transaction(_begin, job, settings)
    try:
        if work.episode.stage is not Stage.attribute:
            audio = _download(work)
            chunks = _cut(work, audio)
            _transcribe(work, audio, chunks)
            _diarize(work, audio)
        result = in_transaction(_attribute, work)
    except AudioRefused as refused:
        work.files.delete()
        permanent = refused.reason not in _MAY_BE_REPAIRED
        raise JobFailed(refused.reason, str(refused), permanent=permanent) from refused
    except EngineMissing as missing:
        raise JobFailed(missing.reason, str(missing)) from missing
    work.files.delete(keep_audio=settings.speech_keep_audio)
    return result


# A publisher uploads these again: they are tried again, like a server that is down.
_MAY_BE_REPAIRED = frozenset({"audio_truncated", "empty_audio", "audio_is_html"})


def _begin(session: Session, job: ClaimedJob, settings: Settings) -> _Work:
    episode = begin_transcription(session, job, database_time(session))
    files = AudioFiles.of(settings, job.subject)
    if episode.is_fresh:
        files.delete()
    return _Work(job, episode, files, known_people(session, job.subject), settings)


# Download and cut.


def _download(work: _Work) -> DecodedAudio:
    """The decoded audio: of the file that is there, or of the one that is downloaded now."""
    digest, size = work.files.fetch(work.episode.audio_url, work.episode.audio_hash)
    in_transaction(store_audio, work.job, digest, size)
    longest = work.settings.speech_audio_max_hours * 3600
    return decode(work.files.audio, work.files.samples, longest)


def _cut(work: _Work, audio: DecodedAudio) -> Sequence[TranscriptionChunk]:
    """The parts of the audio: those that are stored, or as they are cut now."""
    if stored := in_transaction(chunks_of, work.job.subject):
        return stored
    longest_ms = work.settings.speech_chunk_seconds * 1000
    chunks = cut_chunks(audio.duration_ms, speech_in(audio), longest_ms)
    return in_transaction(store_chunks, work.job, audio.duration_ms, chunks)


# Transcribe: a checkpoint for each part.


def _transcribe(work: _Work, audio: DecodedAudio, chunks: Sequence[TranscriptionChunk]) -> None:
    missing = [chunk for chunk in chunks if chunk.words is None and chunk.speech]
    if not missing:
        return
    hints = Hints(_language(work, audio), work.people.names)
    for chunk in missing:
        in_transaction(check_may_go_on, work.settings)
        started = time.monotonic()
        found = recognise(audio, chunk, hints, work.settings)
        spent_ms = _ms_since(started)
        in_transaction(store_words, work.job, chunk.number, found, spent_ms)
        log.info("chunk_transcribed", **_about(chunk, spent_ms), words=len(found.words))


def _language(work: _Work, audio: DecodedAudio) -> str | None:
    """The language to transcribe: that of the feed, or else the one that is heard."""
    language = work.episode.language or declared_language(work.episode.podcast_language)
    if language is None:
        language = heard_language(audio, choose.transcriber(work.settings))
    in_transaction(store_language, work.job, language)
    return language


# Diarize: a checkpoint for each part, then the speakers of the whole episode.


def _diarize(work: _Work, audio: DecodedAudio) -> None:
    missing = [
        chunk
        for chunk in in_transaction(chunks_of, work.job.subject)
        if chunk.turns is None and chunk.speech
    ]
    for chunk in missing:
        in_transaction(check_may_go_on, work.settings)
        started = time.monotonic()
        diarizer = choose.diarizer(work.settings)
        diarized = _diarized(diarizer, audio, chunk)
        spent_ms = _ms_since(started)
        in_transaction(store_turns, work.job, chunk.number, diarized, diarizer.info, spent_ms)
        log.info("chunk_diarized", **_about(chunk, spent_ms), voices=len(diarized.prints))
    in_transaction(_store_speakers, work)


def _diarized(diarizer: Diarizer, audio: DecodedAudio, chunk: TranscriptionChunk) -> Diarized:
    """The turns of a part in the times of the episode."""
    samples = read_samples(audio, chunk.start_ms, chunk.end_ms)
    found = diarizer.diarize(samples)
    begin = chunk.start_ms
    turns = (
        turn._replace(start_ms=turn.start_ms + begin, end_ms=turn.end_ms + begin)
        for turn in found.turns
    )
    return Diarized(tuple(turns), found.prints)


def _store_speakers(session: Session, work: _Work) -> None:
    chunks = chunks_of(session, work.job.subject)
    turns = {chunk.number: [Turn(*turn) for turn in chunk.turns or ()] for chunk in chunks}
    prints = {
        (chunk.number, voice): vector
        for chunk in chunks
        for voice, vector in enumerate(chunk.prints or ())
        if vector
    }
    found = episode_turns(turns, prints, expected=work.people.expected, most=work.people.speakers)
    store_speakers(session, work.job, found)


# Attribute: words get their speakers, and the transcript goes to ingest.


def _attribute(session: Session, work: _Work) -> JobResult:
    """Store the transcript, request its ingest, and finish the job, all or nothing."""
    now = database_time(session)
    figures = attribute_words(session, work.job, now)
    record_heard(session, work.job.subject, now)
    if figures["speech_coverage"] < work.settings.speech_min_coverage:
        result = JobResult(Outcome.degraded, "low_coverage", figures=figures)
    elif not figures["words"]:
        result = JobResult(Outcome.skipped, "no_speech", figures=figures)
    else:
        result = JobResult(Outcome.ran, figures=figures)
    result.finish(session, work.job, now)
    return result


def _about(chunk: TranscriptionChunk, spent_ms: int) -> dict[str, int]:
    """The fields of a log line about a chunk that is done."""
    audio_ms = chunk.end_ms - chunk.start_ms
    return {"chunk": chunk.number, "audio_ms": audio_ms, "took_ms": spent_ms}


def _ms_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
