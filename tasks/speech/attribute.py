"""Attribute words to speakers, make the transcript, store it, and request its ingest."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from models import Transcription, TranscriptionChunk
from models.database import Session
from tasks.http.values import body_hash
from tasks.jobs.store import request_jobs
from tasks.jobs.values import ClaimedJob
from tasks.raw.store import store_raw
from tasks.speech.alignment import spoken_words
from tasks.speech.document import transcript_document
from tasks.speech.speech_coverage import covered_ms, speech_coverage
from tasks.speech.store.transcript import list_transcript
from tasks.speech.store.transcriptions import (
    chunks_of,
    finish_transcription,
    speech_of,
    turns_of,
    words_of,
)
from tasks.speech.values import UNKNOWN_SPEAKER, SpokenWord


def attribute_words(session: Session, job: ClaimedJob, now: datetime) -> dict[str, Any]:
    """Store the transcript of an episode and request its ingest; returns figures for the job.

    Words whose speaker is unknown have no label: nobody's words are given to the wrong person.
    """
    transcription = session.get_one(Transcription, job.subject)
    chunks = chunks_of(session, job.subject)
    spoken = spoken_words(words_of(chunks), turns_of(transcription))
    covered = sum(covered_ms(words_of([chunk]), speech_of(chunk)) for chunk in chunks)
    share = round(speech_coverage(covered, transcription.speech_ms), 4)
    speakers = len({one.speaker for one in spoken} - {UNKNOWN_SPEAKER})
    left_out = _left_out(chunks)
    made_by = _made_by(transcription, chunks, share)
    digest = _store_transcript(session, job, spoken, made_by, now) if spoken else None
    values = {
        "body_hash": digest,
        "covered_ms": covered,
        "speakers": speakers,
        "left_out": left_out,
        "engine": made_by["engine"],
    }
    finish_transcription(session, job.subject, now, values)
    return _figures(transcription, spoken, speakers, share, left_out)


def _store_transcript(
    session: Session,
    job: ClaimedJob,
    spoken: Sequence[SpokenWord],
    made_by: Mapping[str, Any],
    now: datetime,
) -> bytes:
    """Store the body of the transcript for ingest to read; returns its hash."""
    body = transcript_document(spoken, made_by)
    store_raw(session, body_hash(body), body)
    list_transcript(session, job.subject, made_by["language"])
    request_jobs(session, "parse", [job.subject], now, request_id=job.request_id)
    return body_hash(body)


def _left_out(chunks: Sequence[TranscriptionChunk]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for chunk in chunks:
        total.update(chunk.left_out)
    return dict(total)


def _made_by(
    transcription: Transcription, chunks: Sequence[TranscriptionChunk], share: float
) -> dict[str, Any]:
    """What the transcript says of itself: engine of most parts, diarizer, speech coverage."""
    engines = Counter(tuple((chunk.engine or {}).items()) for chunk in chunks if chunk.engine)
    engine = dict(engines.most_common(1)[0][0]) if engines else {}
    return {
        "engine": engine,
        "diarizer": transcription.diarizer,
        "language": transcription.language,
        "speech_coverage": share,
    }


def _figures(
    transcription: Transcription,
    spoken: Sequence[SpokenWord],
    speakers: int,
    share: float,
    left_out: dict[str, int],
) -> dict[str, Any]:
    unknown = sum(one.speaker == UNKNOWN_SPEAKER for one in spoken)
    return {
        "audio_ms": transcription.audio_ms,
        "speech_ms": transcription.speech_ms,
        "spent_ms": transcription.spent_ms,
        "words": len(spoken),
        "words_unknown": unknown,
        "words_left_out": sum(left_out.values()),
        "speakers": speakers,
        "speech_coverage": share,
        "bytes": transcription.audio_bytes,
    }
