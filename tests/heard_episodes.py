"""Episodes whose transcripts were made from audio, as attribute and ingest store them."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from models import Stage, Transcription
from models.database import Session, database_time, in_transaction
from tasks.http.values import body_hash
from tasks.ingest.episode import ingest_episode
from tasks.jobs.runner import Message, run_job
from tasks.jobs.store import request_jobs
from tasks.raw.store import store_raw
from tasks.speech.document import transcript_document
from tasks.speech.store.transcript import list_transcript
from tasks.speech.values import HeardWord, SpokenWord
from tests.factories import NOW, TODAY, add_episode

ENGINE = {"name": "faster-whisper", "version": "1.2.1", "model": "base"}
DIARIZER = {"name": "sherpa-onnx", "version": "1.13.4", "model": "segmentation campplus"}
_WORD_MS, _TURN_MS = 400, 20_000

# Turns as ``(speaker, text)``; a word with ``~`` before it was recognized with low confidence.
Turns = Sequence[tuple[int, str]]


def heard_episode(
    podcast_id: int, turns: Turns, *people: str, title: str = "Heard", stats_date: date = TODAY
) -> int:
    """A transcribed episode, ingested: speech coverage 0.96; its tags name ``people``."""
    episode, job = in_transaction(_stored, podcast_id, turns, people, title, stats_date)
    run_job(job, Message(f"message-{job}", "w"), ingest_episode)
    return episode


def _stored(
    session: Session,
    podcast_id: int,
    turns: Turns,
    people: Sequence[str],
    title: str,
    stats_date: date,
) -> tuple[int, int]:
    episode = add_episode(session, podcast_id, title=title, stats_date=stats_date)
    session.connection().exec_driver_sql(
        "UPDATE episode SET persons = %s::jsonb WHERE id = %s", (_tags(people), episode)
    )
    made_by = {"engine": ENGINE, "diarizer": DIARIZER, "language": "en", "speech_coverage": 0.96}
    body = transcript_document(list(_words(turns)), made_by)
    store_raw(session, body_hash(body), body)
    list_transcript(session, episode, "en")
    session.add(_transcription(episode, body))
    (job,) = request_jobs(session, "parse", [episode], database_time(session))
    return episode, job


def _transcription(episode: int, body: bytes) -> Transcription:
    measured: dict[str, Any] = {"audio_ms": 60_000, "speech_ms": 50_000, "covered_ms": 48_000}
    return Transcription(
        episode_id=episode,
        job_id=1,
        stage=Stage.attribute,
        engine=ENGINE,
        diarizer=DIARIZER,
        body_hash=body_hash(body),
        started_at=NOW,
        finished_at=NOW,
        **measured,
    )


def _words(turns: Turns) -> Iterator[SpokenWord]:
    for number, (speaker, text) in enumerate(turns):
        for place, word in enumerate(text.split()):
            start = number * _TURN_MS + place * _WORD_MS
            probability = 0.2 if word.startswith("~") else 0.98
            heard = HeardWord(f" {word.lstrip('~')}", start, start + _WORD_MS, probability)
            yield SpokenWord(speaker, heard)


def _tags(people: Sequence[str]) -> str:
    tags = ", ".join(f'{{"name": "{name}", "role": "", "group": ""}}' for name in people)
    return f"[{tags}]"
