"""Ingest an episode: select, fetch and parse its transcript, then store and count it.

Read this file from top to bottom. ``count_appearances`` is the part that resolves, attributes and
counts speakers.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from models import Outcome, Stage, get_settings
from models.database import Session, database_time, in_transaction
from tasks.http.redaction import public_url
from tasks.http.retries import fetch_with_retries
from tasks.http.settings import fetch_loop, transcript_limits
from tasks.http.values import Fetched, FetchFailed, FetchRequest, body_hash, status_failure
from tasks.ingest.count_appearances import count_appearances
from tasks.jobs.runner import JobResult
from tasks.jobs.values import ClaimedJob, JobFailed
from tasks.raw.store import load_raw, store_raw
from tasks.speakers.resolve import resolve_episode
from tasks.speakers.store.speakers import attributed_speakers
from tasks.transcripts.diff import SegmentDifference
from tasks.transcripts.parse import PARSER_VERSION, parse_transcript
from tasks.transcripts.select import rank_transcripts
from tasks.transcripts.store import (
    ListedTranscript,
    listed_transcripts,
    lock_episode,
    select_transcript,
)
from tasks.transcripts.values import ParsedTranscript, TranscriptRefused

# Failures that every further attempt would repeat: the job waits for a person, not for time.
_PERMANENT = frozenset({"address_refused", "port_refused", "scheme_refused", "bad_url"})


@dataclass(frozen=True, slots=True)
class FetchedTranscript:
    """A transcript that was fetched and parsed; ``failures`` are those of better transcripts.

    ``parsed`` is None when the stored segments come from the same bytes.
    """

    listed: ListedTranscript
    body: bytes = field(repr=False)
    body_hash: bytes
    parsed: ParsedTranscript | None
    fetch_ms: int
    parse_ms: int
    failures: tuple[JobFailed, ...] = ()


def ingest_episode(job: ClaimedJob) -> JobResult:
    """Run a parse job: ingest the best transcript of its episode.

    A job at the stage ``people`` reads no transcript: it re-resolves the stored speakers.

    Raises:
        JobFailed: no listed transcript could be fetched and parsed.
        LeaseLost: another worker took the job over; nothing was written.
    """
    if job.stage is Stage.people:
        return in_transaction(_resolve_again, job)
    listed = in_transaction(readable_transcripts, job.subject, job.stage)
    if not listed:
        return in_transaction(_skip, job)
    fetched = fetch_best_transcript(listed, job.stage, force=job.force)
    return in_transaction(_store, job, fetched)


def _skip(session: Session, job: ClaimedJob) -> JobResult:
    reason = "no_stored_transcript" if job.stage is Stage.parse else "no_transcript"
    result = JobResult(Outcome.skipped, reason)
    result.finish(session, job, database_time(session))
    return result


# 1. Select the transcripts that may be read, and the best of them.


def readable_transcripts(session: Session, episode_id: int, stage: Stage) -> list[ListedTranscript]:
    """Transcripts of an episode that may be read at this stage."""
    listed = listed_transcripts(session, episode_id)
    if stage is Stage.parse:
        # Nothing is fetched, and stored bodies that are not selected are older than the segments.
        return [transcript for transcript in listed if transcript.is_selected]
    return listed


def fetch_best_transcript(
    listed: list[ListedTranscript], stage: Stage, *, force: bool
) -> FetchedTranscript:
    """Fetch and parse the best of these transcripts that does not fail.

    Without ``force``, the bytes that the stored segments come from are not parsed again.

    Raises:
        JobFailed: all of them failed; permanent only if each failure is.
    """
    failures: list[JobFailed] = []
    for transcript in rank_transcripts(listed, podcast_language=listed[0].podcast_language):
        try:
            return _fetch_and_parse(transcript, stage, force, tuple(failures))
        except JobFailed as failure:
            failures.append(failure)
    raise JobFailed(
        failures[0].reason,
        _message(failures),
        permanent=all(failure.permanent for failure in failures),
    )


def _message(failures: Sequence[JobFailed]) -> str:
    return "; ".join(str(failure) for failure in failures)


def _fetch_and_parse(
    listed: ListedTranscript, stage: Stage, force: bool, failures: tuple[JobFailed, ...]
) -> FetchedTranscript:
    started = time.monotonic()
    body, content_type = _body(listed, stage)
    fetched_at = time.monotonic()
    new_hash = body_hash(body)
    source = (listed.body_hash, listed.parser_version)
    unchanged = listed.is_selected and source == (new_hash, PARSER_VERSION)
    parsed = None if unchanged and not force else _parse(listed, body, content_type)
    return FetchedTranscript(
        listed,
        body,
        new_hash,
        parsed,
        fetch_ms=milliseconds(started, fetched_at),
        parse_ms=milliseconds(fetched_at, time.monotonic()),
        failures=failures,
    )


def milliseconds(started: float, ended: float) -> int:
    """Whole milliseconds between two values of the monotonic clock."""
    return round((ended - started) * 1000)


# 2. Fetch.


def _body(listed: ListedTranscript, stage: Stage) -> tuple[bytes, str | None]:
    """Body and content type: from the raw store where the stage allows it, else fetched."""
    if stage is Stage.parse and listed.body_hash is not None:
        return in_transaction(load_raw, listed.body_hash), None
    fetched = _fetch(listed.url)
    if failure := status_failure(fetched):
        raise JobFailed(failure.reason, f"{public_url(listed.url)}: {failure}")
    assert fetched.body is not None  # noqa: S101  a success without a body is a status_failure
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


# 3. Parse.


def _parse(listed: ListedTranscript, body: bytes, content_type: str | None) -> ParsedTranscript:
    try:
        return parse_transcript(body, declared_type=listed.type, content_type=content_type)
    except TranscriptRefused as refused:
        message = f"{public_url(listed.url)}: {refused}"
        raise JobFailed(refused.reason, message, permanent=True) from refused


# 4. Store: resolve, attribute and count, in the transaction that finishes the job.


def _store(session: Session, job: ClaimedJob, fetched: FetchedTranscript) -> JobResult:
    """Store a transcript and finish the job, all or nothing."""
    now, started = _lock(session, job.subject), time.monotonic()
    if fetched.parsed is None:
        stats = {"bytes": len(fetched.body), "fetch_ms": fetched.fetch_ms}
        result = JobResult(Outcome.skipped, "unchanged", figures=stats)
    else:
        result = store_transcript(session, job.subject, fetched, fetched.parsed, force=job.force)
    result.finish(session, job, now + timedelta(seconds=time.monotonic() - started))
    return result


def _lock(session: Session, episode_id: int) -> datetime:
    now = lock_episode(session, episode_id)
    if now is None:
        raise JobFailed("episode_gone", "the episode no longer exists", permanent=True)
    return now


def store_transcript(
    session: Session,
    episode_id: int,
    fetched: FetchedTranscript,
    parsed: ParsedTranscript,
    *,
    force: bool,
) -> JobResult:
    """Make the rows of an episode equal to a transcript; the caller has the episode's lock.

    With ``force``, the stored speakers are resolved again too.
    """
    started = time.monotonic()
    _store_source(session, episode_id, fetched, parsed)
    change = count_appearances(session, episode_id, parsed.segments)
    if force:
        resolve_episode(session, episode_id)
    stats = _stats(fetched, parsed, change) | {"store_ms": _ms_since(started)}
    return _result(fetched, parsed, stats)


def _store_source(
    session: Session, episode_id: int, fetched: FetchedTranscript, parsed: ParsedTranscript
) -> None:
    """Store the body, and record the transcript as the source of the segments.

    This comes before the counts: they lock people until the commit, and other episodes with the
    same people wait for these locks.
    """
    if fetched.body_hash != fetched.listed.body_hash:
        store_raw(session, fetched.body_hash, fetched.body)
    select_transcript(
        session,
        episode_id,
        fetched.listed.id,
        body_hash=fetched.body_hash,
        format=parsed.format,
        parser_version=PARSER_VERSION,
    )


def _stats(
    fetched: FetchedTranscript, parsed: ParsedTranscript, change: SegmentDifference
) -> dict[str, Any]:
    return {
        "format": parsed.format,
        "segments": len(parsed.segments),
        "inserted": len(change.inserted),
        "updated": len(change.updated) - change.moved,
        "moved": change.moved,
        "deleted": len(change.deleted),
        "bytes": len(fetched.body),
        "fetch_ms": fetched.fetch_ms,
        "parse_ms": fetched.parse_ms,
    }


def _ms_since(started: float) -> int:
    return milliseconds(started, time.monotonic())


def _result(
    fetched: FetchedTranscript, parsed: ParsedTranscript, stats: dict[str, Any]
) -> JobResult:
    """The result of the job: degraded when a better transcript was listed and failed."""
    if fetched.failures:
        reason, message = fetched.failures[0].reason, _message(fetched.failures)
        return JobResult(Outcome.degraded, reason, message, figures=stats)
    has_labels = any(segment.label for segment in parsed.segments)
    return JobResult(Outcome.ran, "" if has_labels else "no_speakers", figures=stats)


# The stage ``people``: resolve again what is stored.


def _resolve_again(session: Session, job: ClaimedJob) -> JobResult:
    """Re-resolve the speakers of the episode and finish the job, all or nothing."""
    now, started = _lock(session, job.subject), time.monotonic()
    before = attributed_speakers(session, job.subject)
    resolve_episode(session, job.subject)
    after = attributed_speakers(session, job.subject)
    moved = sum(
        appearances
        for speaker_id, (person_id, appearances) in after.items()
        if before.get(speaker_id, (person_id,))[0] != person_id
    )
    stats = {"speakers": len(after), "moved": moved, "store_ms": _ms_since(started)}
    changed = before != after
    outcome, reason = (Outcome.ran, "") if changed else (Outcome.skipped, "unchanged")
    result = JobResult(outcome, reason, figures=stats)
    result.finish(session, job, now + timedelta(seconds=time.monotonic() - started))
    return result
