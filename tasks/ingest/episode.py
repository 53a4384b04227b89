"""Ingest an episode: select, fetch and parse its transcript, then store and count it.

Read this file from top to bottom. ``transcript_choice`` fetches and parses, ``count_appearances``
resolves, attributes and counts speakers.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from models import Outcome, Stage
from models.database import Session, database_time, in_transaction
from tasks.budgets.values import BudgetInterrupted, OverBudget
from tasks.ingest.count_appearances import count_appearances, name_segments
from tasks.ingest.transcript_choice import (
    FetchedTranscript,
    fetch_best_transcript,
    message_of,
    milliseconds,
    readable_transcripts,
)
from tasks.jobs.runner import JobResult
from tasks.jobs.values import ClaimedJob, JobFailed
from tasks.raw.store import store_raw
from tasks.speakers.resolve import resolve_episode
from tasks.speakers.store.speakers import attributed_speakers
from tasks.transcripts.diff import SegmentDifference
from tasks.transcripts.parse import PARSER_VERSION
from tasks.transcripts.store import lock_episode, select_transcript
from tasks.transcripts.values import ParsedTranscript


def ingest_episode(job: ClaimedJob) -> JobResult:
    """Run a parse job: ingest the best transcript of its episode.

    A job at the stage ``people`` reads no transcript: it re-resolves the stored speakers.

    Raises:
        JobFailed: no listed transcript could be fetched and parsed, or its speakers not named.
        LeaseLost: another worker took the job over; nothing was written.
    """
    if job.stage is Stage.people:
        return _committed(_resolve_again, job)
    listed = in_transaction(readable_transcripts, job.subject, job.stage)
    if not listed:
        return in_transaction(_skip, job)
    fetched = fetch_best_transcript(listed, job.stage, force=job.force)
    return _committed(_store, job, fetched)


def _committed(work: Callable[..., JobResult], *args: Any) -> JobResult:
    """What the work returns, in its transaction; naming speakers, outside of it, may fail."""
    with naming_failures():
        return in_transaction(work, *args)


@contextmanager
def naming_failures() -> Iterator[None]:
    """Turn what prevents the naming of speakers into the failure of a job.

    Raises:
        JobFailed: their episode costs too much.
    """
    try:
        yield
    except OverBudget as over:
        raise JobFailed("over_budget", f"naming the speakers: {over}", permanent=True) from over
    except BudgetInterrupted as interrupted:
        raise JobFailed("time_limit", f"naming the speakers: {interrupted}") from interrupted


def _skip(session: Session, job: ClaimedJob) -> JobResult:
    reason = "no_stored_transcript" if job.stage is Stage.parse else "no_transcript"
    result = JobResult(Outcome.skipped, reason)
    result.finish(session, job, database_time(session))
    return result


# Store: resolve, attribute and count, in the transaction that finishes the job.


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
    named = name_segments(session, episode_id, parsed.segments)
    _store_source(session, episode_id, fetched, parsed)
    change = count_appearances(session, episode_id, parsed.segments, named)
    if force:
        resolve_episode(session, episode_id)
    stats = _stats(fetched, parsed, change) | {"store_ms": _ms_since(started)}
    limits = sorted({*fetched.limits, *(named.naming.limits if named.naming else ())})
    return _result(fetched, parsed, stats | _about_limits(limits), limits)


def _about_limits(limits: Sequence[str]) -> dict[str, Any]:
    return {"limits": list(limits)} if limits else {}


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
    fetched: FetchedTranscript,
    parsed: ParsedTranscript,
    stats: dict[str, Any],
    limits: Sequence[str],
) -> JobResult:
    """The result of the job: degraded when a listed transcript failed that may be better.

    A limit that was reached is its reason otherwise.
    """
    if fetched.failures:
        reason, message = fetched.failures[0].reason, message_of(fetched.failures)
        return JobResult(Outcome.degraded, reason, message, figures=stats)
    has_labels = any(segment.label for segment in parsed.segments)
    reason = next(iter(limits), "") if has_labels else "no_speakers"
    return JobResult(Outcome.ran, reason, figures=stats)


# The stage ``people``: resolve again what is stored.


def _resolve_again(session: Session, job: ClaimedJob) -> JobResult:
    """Re-resolve the speakers of the episode and finish the job, all or nothing."""
    now, started = _lock(session, job.subject), time.monotonic()
    before = attributed_speakers(session, job.subject)
    change = resolve_episode(session, job.subject)
    after = attributed_speakers(session, job.subject)
    moved = sum(
        appearances
        for speaker_id, (person_id, appearances) in after.items()
        if before.get(speaker_id, (person_id,))[0] != person_id
    )
    stats = {"speakers": len(after), "moved": moved, "store_ms": _ms_since(started)}
    stats |= _about_limits(change.limits)
    if before == after:
        outcome, reason = Outcome.skipped, "unchanged"
    else:
        outcome, reason = Outcome.ran, next(iter(change.limits), "")
    result = JobResult(outcome, reason, figures=stats)
    result.finish(session, job, now + timedelta(seconds=time.monotonic() - started))
    return result
