"""The last result of each stage for an episode or a podcast, derived from its rows."""

from dataclasses import dataclass
from datetime import datetime

from models.queries.episode_history import HistoryOfEpisode, PastJob, PastTranscript, PollStatus

# Reasons of failures at the stage parse; a job records only that it failed, not where.
_PARSE_FAILURES = frozenset(
    {
        "binary",
        "unknown_charset",
        "broken_json",
        "not_a_transcript",
        "no_segments",
        "too_many_labels",
        "over_budget",
        "time_limit",
        "crashed",
        "worker_lost",
        "episode_gone",
    }
)


@dataclass(frozen=True, slots=True)
class StageLine:
    """The last result of a stage.

    ``state`` is ran, skipped, degraded, failed, dead, waiting, running or never. ``version`` is
    that of the parser or matcher; ``next_at`` is the time of the next try.
    """

    stage: str
    state: str
    reason: str = ""
    attempts: int | None = None
    at: datetime | None = None
    next_at: datetime | None = None
    worker: str = ""
    version: int | None = None
    job_id: int | None = None
    request_id: str = ""


def poll_stage(crawl: PollStatus | None) -> StageLine:
    """The last poll of a feed. Polls record no worker: any worker may take the next one."""
    if crawl is None:
        return StageLine("poll", "never")
    failed = crawl.last_error_reason if not crawl.claimed else None
    return StageLine(
        "poll",
        _poll_state(crawl),
        failed or "",
        attempts=crawl.error_count if failed else None,
        at=crawl.polled_at,
        next_at=crawl.next_poll_at,
    )


def _poll_state(crawl: PollStatus) -> str:
    if crawl.claimed:
        return "running" if crawl.claim_started else "waiting"
    if crawl.last_error_reason:
        return "failed"
    return "ran" if crawl.polled_at else "never"


def episode_stages(facts: HistoryOfEpisode) -> list[StageLine]:
    """The last result of poll, fetch, parse, people and counts for an episode."""
    jobs = facts.jobs
    selected = selected_transcript(facts)
    fetched = next((job for job in jobs if job.stage == "fetch"), None)
    parsed = next((job for job in jobs if job.stage in {"fetch", "parse"}), None)
    resolved = next((job for job in jobs if job.stage == "people"), parsed)
    version = selected.parser_version if selected else None
    return [
        poll_stage(facts.crawl),
        _line("fetch", fetched, _fetch_state(fetched, selected)),
        _line("parse", parsed, _parse_state(parsed, selected), version=version),
        _people_stage(facts, resolved),
        _counts_stage(facts, parsed),
    ]


def selected_transcript(facts: HistoryOfEpisode) -> PastTranscript | None:
    """The transcript that the episode's appearances come from, if any."""
    return next((each for each in facts.transcripts if each.is_selected), None)


State = tuple[str, str]


def _fetch_state(job: PastJob | None, selected: PastTranscript | None) -> State:
    if job is None:
        return ("ran", "") if selected and selected.has_body else ("never", "")
    state, reason = _state(job)
    if state in {"failed", "dead"} and reason in _PARSE_FAILURES:
        return "ran", ""
    return (state, reason) if state != "skipped" or reason == "no_transcript" else ("ran", "")


def _parse_state(job: PastJob | None, selected: PastTranscript | None) -> State:
    if job is None:
        return ("ran", "") if selected else ("never", "")
    state, reason = _state(job)
    if state in {"failed", "dead"} and reason not in _PARSE_FAILURES:
        return "never" if selected is None else "skipped", reason
    return state, reason


def _state(job: PastJob) -> State:
    """The state of a job; one that waits for a retry shows its failure."""
    if job.state == "running":
        return "running", ""
    if job.state == "waiting" and not job.outcome:
        return "waiting", ""
    return job.outcome or job.state, job.reason or ""


def _line(stage: str, job: PastJob | None, state: State, version: int | None = None) -> StageLine:
    if job is None:
        return StageLine(stage, *state, version=version)
    return StageLine(
        stage,
        *state,
        attempts=job.attempts + job.worker_losses + (job.state in {"done", "running"}),
        at=job.finished_at or job.started_at,
        next_at=job.run_after if job.state == "waiting" else None,
        worker=job.worker or "",
        version=version,
        job_id=job.id,
        request_id=job.request_id or "",
    )


def _people_stage(facts: HistoryOfEpisode, job: PastJob | None) -> StageLine:
    speakers = facts.speakers
    if not speakers:
        return StageLine("people", "never")
    oldest = min(speaker.version for speaker in speakers)
    known = any(speaker.person for speaker in speakers)
    state = ("ran", "" if known else "no_speakers")
    if job is None or job.state != "done":
        return StageLine("people", *state, version=oldest)
    return _line("people", job, state, version=oldest)


def _counts_stage(facts: HistoryOfEpisode, job: PastJob | None) -> StageLine:
    if not facts.speakers:
        return StageLine("counts", "never")
    at = job.finished_at if job and job.state == "done" else None
    counted = sum(speaker.appearances for speaker in facts.speakers)
    if counted != facts.stored:
        return StageLine("counts", "failed", "drift", at=at)
    return StageLine("counts", "ran", at=at)
