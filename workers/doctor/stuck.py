"""Checks for rows that can never move on their own, each with the command that moves them."""

from collections.abc import Iterator
from dataclasses import dataclass

from models.database import Session, database_time, in_transaction
from models.queries.stuck import StuckRows, long_paused, stuck
from tasks.jobs.publisher import TASK_BY_KIND
from workers.doctor.values import Finding, note, or_ok, problem


@dataclass(frozen=True, slots=True)
class _Stuck:
    """How a kind of stuck rows is reported: the table, the message and the advice."""

    table: str
    message: str
    advice: str


_POLL = "overheard podcasts poll {first}"
_SWEEP = "the next sweep releases them; if not, check beat and the worker of ops"
_KINDS = {
    "feed_without_next_poll": _Stuck(
        "crawl", "followed podcasts whose feeds have no next poll: {rows}", _POLL
    ),
    "feed_in_far_future": _Stuck(
        "crawl", "feeds that are not due for another two months or more: {rows}", _POLL
    ),
    "host_not_due": _Stuck(
        "host", "feeds that are due although their hosts are not: {rows}", _POLL
    ),
    "host_blocked": _Stuck(
        "host",
        "hosts that must not be contacted for another two months or more: {rows}",
        "UPDATE host SET next_allowed_at = NULL WHERE id = {first}",
    ),
    "claim_without_lease": _Stuck(
        "crawl", "feeds that are claimed without a lease: {rows}", _SWEEP
    ),
    "job_without_lease": _Stuck("job", "jobs that run without a lease: {rows}", _SWEEP),
    "job_of_unknown_kind": _Stuck(
        "job",
        "jobs that wait, of a kind that this version does not run: {rows}",
        "upgrade the workers: overheard jobs show {first} names the kind",
    ),
    "job_in_far_future": _Stuck(
        "job",
        "jobs that are not due for another two months or more: {rows}",
        "overheard jobs retry {first}",
    ),
    "job_published_in_future": _Stuck(
        "job",
        "jobs with a publication time in the future (a clock was wrong): {rows}",
        "overheard queues rebuild parse",
    ),
    "episode_without_job": _Stuck(
        "episode",
        "episodes with a transcript that no job has ever read: {rows}",
        "overheard reingest episode:{first}",
    ),
    "subscription_without_time": _Stuck(
        "subscription",
        "subscriptions to hubs that are never renewed: {rows}",
        "UPDATE subscription SET due_at = now() WHERE podcast_id = {first}",
    ),
}
_PAUSED = {
    "queue": _Stuck(
        "queue_pause",
        "{rows} queues have been paused for more than a day",
        "overheard queues resume {first}",
    ),
    "request": _Stuck(
        "reingest_request",
        "{rows} re-ingest requests have been paused for more than a day",
        "overheard reingests resume {first}",
    ),
}


def check_stuck() -> Iterator[Finding]:
    """Find rows that no tick, sweep or worker changes, and what an operator has left paused."""
    rows, paused = in_transaction(_read)
    message = "every feed and job can move on"
    yield from or_ok("stuck", "podcast, job", message, (_problem(each) for each in rows))
    for each in paused:
        reported = _PAUSED[each.kind]
        yield note("stuck", reported.table, *_texts(reported, each))


def _read(session: Session) -> tuple[list[StuckRows], list[StuckRows]]:
    now = database_time(session)
    return stuck(session, now, list(TASK_BY_KIND)), long_paused(session, now)


def _problem(found: StuckRows) -> Finding:
    reported = _KINDS[found.kind]
    return problem("stuck", reported.table, *_texts(reported, found))


def _texts(reported: _Stuck, found: StuckRows) -> tuple[str, str]:
    values = {"rows": found.rows, "first": found.first}
    return reported.message.format(**values), reported.advice.format(**values)
