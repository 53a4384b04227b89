"""Reads an episode's transcript and counts who speaks: fetch, parse, store in one transaction."""

from dataclasses import dataclass, field
from typing import Any

from celery import shared_task
from sqlalchemy import text
from sqlmodel import Session

from models import Outcome, Stage, get_settings
from models.database import in_transaction
from tasks.counts.store import counting
from tasks.fetching.configured import fetch_loop, transcript_limits
from tasks.fetching.redaction import public_url
from tasks.fetching.retries import fetch_with_retries
from tasks.fetching.values import Fetched, FetchFailed, FetchRequest, body_hash, status_failure
from tasks.jobs.running import Message, Result, run_job
from tasks.jobs.values import ClaimedJob, JobFailed
from tasks.people.store import resolve_speakers, show_better_names
from tasks.raw import keep_raw, load_raw
from tasks.transcripts.choose import rank
from tasks.transcripts.parse import PARSER_VERSION, parse_transcript
from tasks.transcripts.store import (
    OfferedTranscript,
    choose_transcript,
    lock_episode,
    offered_transcripts,
    store_segments,
)
from tasks.transcripts.values import Transcript, TranscriptRefused

# What the next attempt would meet again: it waits for a person, not for time.
_PERMANENT = frozenset({"address_refused", "port_refused", "scheme_refused", "bad_url"})

_LANGUAGE = text("""
    SELECT p.language FROM episode e JOIN podcast p ON p.id = e.podcast_id WHERE e.id = :id
""")


@dataclass(frozen=True, slots=True)
class Reading:
    """A transcript that was read: which of those offered, its bytes, and what they say."""

    offered: OfferedTranscript
    body: bytes = field(repr=False)
    body_hash: bytes
    transcript: Transcript | None  # None: the bytes are those that the rows come from
    passed_over: tuple[JobFailed, ...] = ()


@shared_task(name="overheard.parse_episode", bind=True)
def parse_episode(self: Any, job_id: int) -> None:
    """Do one parse job. The message carries its id and nothing else."""
    run_job(job_id, Message.of(self.request), parse)


def parse(job: ClaimedJob) -> Result:
    """Read the best transcript of the job's episode, and make the rows equal to it.

    Raises:
        JobFailed: none of those offered could be had or read.
        LeaseLost: the job was taken over; nothing was written.
    """
    language, offered = in_transaction(_read_episode, job.subject)
    if not offered:
        result = Result(Outcome.skipped, "no_transcript")
        in_transaction(result.finish, job)
        return result
    reading = read_best(rank(offered, podcast_language=language), job)
    return in_transaction(_store, job, reading)


def _read_episode(session: Session, episode_id: int) -> tuple[str | None, list[OfferedTranscript]]:
    language = session.connection().execute(_LANGUAGE, {"id": episode_id}).scalar()
    return language, offered_transcripts(session, episode_id)


def read_best(ranked: list[OfferedTranscript], job: ClaimedJob) -> Reading:
    """Read the first of the ranked transcripts that can be had and understood.

    Raises:
        JobFailed: all of them failed; permanent only if each failure is.
    """
    failures: list[JobFailed] = []
    for offered in ranked:
        try:
            return _read(offered, job, tuple(failures))
        except JobFailed as failure:
            failures.append(failure)
    raise JobFailed(
        failures[0].reason,
        "; ".join(str(failure) for failure in failures),
        permanent=all(failure.permanent for failure in failures),
    )


def _read(
    offered: OfferedTranscript, job: ClaimedJob, passed_over: tuple[JobFailed, ...]
) -> Reading:
    where = public_url(offered.url)
    body, declared = _body(offered, job)
    hashed = body_hash(body)
    known = offered.chosen and (offered.body_hash, offered.parser_version) == (
        hashed,
        PARSER_VERSION,
    )
    if known and not job.forced:
        return Reading(offered, body, hashed, None, passed_over)
    try:
        transcript = parse_transcript(body, declared_type=offered.type, content_type=declared)
    except TranscriptRefused as refused:
        raise JobFailed(refused.reason, f"{where}: {refused}", permanent=True) from refused
    return Reading(offered, body, hashed, transcript, passed_over)


def _body(offered: OfferedTranscript, job: ClaimedJob) -> tuple[bytes, str | None]:
    """The bytes and their declared type: what we keep when the stage allows, else fetched."""
    if job.stage is Stage.parse and offered.body_hash is not None:
        return in_transaction(load_raw, offered.body_hash), None
    fetched = _fetch(offered.url)
    if failure := status_failure(fetched):
        raise JobFailed(failure.reason, f"{public_url(offered.url)}: {failure}")
    assert fetched.body is not None  # noqa: S101  status_failure said so
    return fetched.body, fetched.headers.content_type


def _fetch(url: str) -> Fetched:
    limits = transcript_limits(get_settings())
    try:
        return fetch_loop().run(
            lambda client: fetch_with_retries(client, FetchRequest(url), limits)
        )
    except FetchFailed as failure:
        raise JobFailed(
            failure.reason,
            f"{public_url(url)}: {failure}",
            permanent=failure.reason in _PERMANENT,
        ) from failure


def _store(session: Session, job: ClaimedJob, reading: Reading) -> Result:
    """Write the difference, resolve who is new, count, and finish the job, all or nothing."""
    if not lock_episode(session, job.subject):
        raise JobFailed("episode_gone", "the episode is no longer there", permanent=True)
    if reading.transcript is None:
        result = Result(Outcome.skipped, "unchanged", figures={"bytes": len(reading.body)})
    else:
        result = _store_transcript(session, job.subject, reading, reading.transcript)
    result.finish(session, job)
    return result


def _store_transcript(
    session: Session, episode_id: int, reading: Reading, transcript: Transcript
) -> Result:
    with counting(session, [episode_id]):
        change = store_segments(session, episode_id, transcript.segments)
        resolved = resolve_speakers(session, episode_id)
    show_better_names(session, resolved.better_names)
    keep_raw(session, reading.body_hash, reading.body)
    choose_transcript(
        session,
        episode_id,
        reading.offered.id,
        body_hash=reading.body_hash,
        format=transcript.format,
        parser_version=PARSER_VERSION,
    )
    figures = {
        "format": transcript.format,
        "segments": len(transcript.segments),
        "inserted": len(change.inserted),
        "updated": len(change.updated) - change.moved,
        "moved": change.moved,
        "deleted": len(change.deleted),
        "bytes": len(reading.body),
    }
    return _judged(reading, transcript, figures)


def _judged(reading: Reading, transcript: Transcript, figures: dict[str, Any]) -> Result:
    """The outcome: degraded when a better transcript was offered and could not be read."""
    if reading.passed_over:
        message = "; ".join(str(failure) for failure in reading.passed_over)
        return Result(Outcome.degraded, reading.passed_over[0].reason, message, figures)
    named = any(segment.label for segment in transcript.segments)
    return Result(Outcome.ran, "" if named else "no_speakers", figures=figures)
