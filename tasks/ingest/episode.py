"""Reads an episode's transcript and counts who speaks: fetch, parse, store in one transaction."""

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from models import Outcome, Stage, get_settings
from models.database import Session, database_time, in_transaction
from tasks.http.redaction import public_url
from tasks.http.retries import fetch_with_retries
from tasks.http.settings import fetch_loop, transcript_limits
from tasks.http.values import Fetched, FetchFailed, FetchRequest, body_hash, status_failure
from tasks.ingest.count_appearances import count_transcript
from tasks.jobs.runner import JobResult
from tasks.jobs.values import ClaimedJob, JobFailed
from tasks.raw.store import load_raw, store_raw
from tasks.speakers.resolve import resolve_episode
from tasks.speakers.store.people import resolved_speakers
from tasks.transcripts.parse import PARSER_VERSION, parse_transcript
from tasks.transcripts.select import rank_transcripts
from tasks.transcripts.store import (
    ListedTranscript,
    listed_transcripts,
    lock_episode,
    select_transcript,
)
from tasks.transcripts.values import Transcript, TranscriptRefused

# What the next attempt would meet again: it waits for a person, not for time.
_PERMANENT = frozenset({"address_refused", "port_refused", "scheme_refused", "bad_url"})


@dataclass(frozen=True, slots=True)
class Reading:
    """A transcript that was read: which of those offered, its bytes, and what they say."""

    offered: ListedTranscript
    body: bytes = field(repr=False)
    body_hash: bytes
    transcript: Transcript | None  # None: the bytes are those that the rows come from
    fetch_ms: int
    parse_ms: int
    passed_over: tuple[JobFailed, ...] = ()


def parse(job: ClaimedJob) -> JobResult:
    """Read the best transcript of the job's episode, and make the rows equal to it.

    A job that begins at people reads nothing: it decides again who the stored speakers are.

    Raises:
        JobFailed: none of those offered could be had or read.
        LeaseLost: the job was taken over; nothing was written.
    """
    if job.stage is Stage.people:
        return in_transaction(_resolve, job)
    offered = in_transaction(readable, job.subject, job.stage)
    if not offered:
        missing = "no_stored_transcript" if job.stage is Stage.parse else "no_transcript"
        result = JobResult(Outcome.skipped, missing)
        in_transaction(lambda session: result.finish(session, job, database_time(session)))
        return result
    reading = read_best(offered, job.stage, force=job.force)
    return in_transaction(_store, job, reading)


def readable(session: Session, episode_id: int, stage: Stage) -> list[ListedTranscript]:
    """The transcripts of an episode that may be read at this stage."""
    offered = listed_transcripts(session, episode_id)
    if stage is Stage.parse:
        # No publisher is asked, and what was kept of the others is older than what the rows say.
        return [one for one in offered if one.is_selected]
    return offered


def read_best(offered: list[ListedTranscript], stage: Stage, *, force: bool) -> Reading:
    """Read the best of these transcripts that can be had and understood.

    Without ``force``, bytes that the rows come from are not understood anew.

    Raises:
        JobFailed: all of them failed; permanent only if each failure is.
    """
    failures: list[JobFailed] = []
    for one in rank_transcripts(offered, podcast_language=offered[0].podcast_language):
        try:
            return _read(one, stage, force, tuple(failures))
        except JobFailed as failure:
            failures.append(failure)
    raise JobFailed(
        failures[0].reason,
        "; ".join(str(failure) for failure in failures),
        permanent=all(failure.permanent for failure in failures),
    )


def _read(
    offered: ListedTranscript, stage: Stage, force: bool, passed_over: tuple[JobFailed, ...]
) -> Reading:
    started = time.monotonic()
    body, declared = _body(offered, stage)
    fetched = time.monotonic()
    hashed = body_hash(body)
    known = offered.is_selected and (offered.body_hash, offered.parser_version) == (
        hashed,
        PARSER_VERSION,
    )
    transcript = None if known and not force else _understood(offered, body, declared)
    return Reading(
        offered,
        body,
        hashed,
        transcript,
        fetch_ms=milliseconds(started, fetched),
        parse_ms=milliseconds(fetched, time.monotonic()),
        passed_over=passed_over,
    )


def milliseconds(began: float, ended: float) -> int:
    """The time between two readings of the monotonic clock, in whole milliseconds."""
    return round((ended - began) * 1000)


def _understood(offered: ListedTranscript, body: bytes, declared: str | None) -> Transcript:
    try:
        return parse_transcript(body, declared_type=offered.type, content_type=declared)
    except TranscriptRefused as refused:
        message = f"{public_url(offered.url)}: {refused}"
        raise JobFailed(refused.reason, message, permanent=True) from refused


def _body(offered: ListedTranscript, stage: Stage) -> tuple[bytes, str | None]:
    """The bytes and their declared type: what we keep when the stage allows, else fetched."""
    if stage is Stage.parse and offered.body_hash is not None:
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


def _store(session: Session, job: ClaimedJob, reading: Reading) -> JobResult:
    """Write the difference, resolve who is new, count, and finish the job, all or nothing."""
    now = _lock(session, job.subject)
    started = time.monotonic()
    if reading.transcript is None:
        figures = {"bytes": len(reading.body), "fetch_ms": reading.fetch_ms}
        result = JobResult(Outcome.skipped, "unchanged", figures=figures)
    else:
        result = store_reading(session, job.subject, reading, reading.transcript, force=job.force)
    result.finish(session, job, now + timedelta(seconds=time.monotonic() - started))
    return result


def _lock(session: Session, episode_id: int) -> datetime:
    now = lock_episode(session, episode_id)
    if now is None:
        raise JobFailed("episode_gone", "the episode is no longer there", permanent=True)
    return now


def _resolve(session: Session, job: ClaimedJob) -> JobResult:
    """Decide again who speaks, count, and finish the job, all or nothing."""
    now, started = _lock(session, job.subject), time.monotonic()
    before = resolved_speakers(session, job.subject)
    resolve_episode(session, job.subject)
    after = resolved_speakers(session, job.subject)
    moved = sum(n for speaker, (who, n) in after.items() if before.get(speaker, (who,))[0] != who)
    figures = {"speakers": len(after), "moved": moved, "store_ms": _ms_since(started)}
    changed = before != after
    outcome, reason = (Outcome.ran, "") if changed else (Outcome.skipped, "unchanged")
    result = JobResult(outcome, reason, figures=figures)
    result.finish(session, job, now + timedelta(seconds=time.monotonic() - started))
    return result


def _ms_since(started: float) -> int:
    return milliseconds(started, time.monotonic())


def store_reading(
    session: Session, episode_id: int, reading: Reading, transcript: Transcript, *, force: bool
) -> JobResult:
    """Make the rows equal to a transcript that was read; the caller holds the episode's lock.

    ``force`` is work that is done again on purpose: who speaks is decided again for all of them.
    """
    started = time.monotonic()
    _keep(session, episode_id, reading, transcript)
    change = count_transcript(session, episode_id, transcript.segments)
    if force:
        resolve_episode(session, episode_id)
    figures = {
        "format": transcript.format,
        "segments": len(transcript.segments),
        "inserted": len(change.inserted),
        "updated": len(change.updated) - change.moved,
        "moved": change.moved,
        "deleted": len(change.deleted),
        "bytes": len(reading.body),
        "fetch_ms": reading.fetch_ms,
        "parse_ms": reading.parse_ms,
        "store_ms": _ms_since(started),
    }
    return _judged(reading, transcript, figures)


def _keep(session: Session, episode_id: int, reading: Reading, transcript: Transcript) -> None:
    """Keep the bytes, and note what they were read as.

    Before anybody is counted: people stay locked from then to the commit, and others who speak
    with them wait.
    """
    if reading.body_hash != reading.offered.body_hash:
        store_raw(session, reading.body_hash, reading.body)
    select_transcript(
        session,
        episode_id,
        reading.offered.id,
        body_hash=reading.body_hash,
        format=transcript.format,
        parser_version=PARSER_VERSION,
    )


def _judged(reading: Reading, transcript: Transcript, figures: dict[str, Any]) -> JobResult:
    """The outcome: degraded when a better transcript was offered and could not be read."""
    if reading.passed_over:
        message = "; ".join(str(failure) for failure in reading.passed_over)
        return JobResult(Outcome.degraded, reading.passed_over[0].reason, message, figures)
    named = any(segment.label for segment in transcript.segments)
    return JobResult(Outcome.ran, "" if named else "no_speakers", figures=figures)
