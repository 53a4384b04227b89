"""The history of an episode: transcripts, jobs, attributions, and what is next."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from models.queries.episode_history import HistoryOfEpisode, PastJob, PastSpeaker, PastTranscript
from models.reasons import reason_advice, reason_clause
from tasks.http.redaction import public_url
from workers.explain.stages import selected_transcript
from workers.words import at, count, far, listed, quoted


def explain_episode(
    facts: HistoryOfEpisode, now: datetime, *, parser: int, matcher: int
) -> list[str]:
    """The sentences, in the order in which things happened.

    ``parser`` and ``matcher`` are the versions that run now.
    """
    return [
        *_publication(facts, now),
        *_transcripts(facts, parser),
        *_jobs(facts, now),
        *_speakers(facts, matcher),
        *_next(facts, now, parser, matcher),
    ]


def _publication(facts: HistoryOfEpisode, now: datetime) -> Iterator[str]:
    episode = facts.episode
    published = (
        f"published {episode.published_at:%Y-%m-%d %H:%M} UTC, "
        if episode.published_at
        else "published without a date, "
    )
    yield (
        f"Episode {episode.id}, {quoted(episode.title)} of {quoted(episode.podcast)} "
        f"(podcast {episode.podcast_id}): {published}first seen "
        f"{at(episode.first_seen_at, now)}. It counts for {episode.stats_date}."
    )
    if episode.duplicate_of:
        yield (
            f"It is a duplicate of episode {episode.duplicate_of}, which counts instead, "
            "because their podcasts were merged."
        )
    elif episode.podcast_state == "removed":
        yield "It is not counted, because its podcast is removed."
    elif episode.podcast_state == "duplicate":
        yield "Its podcast moved to another one, whose feed does not list it: it counts here."
    if episode.origin_podcast_id:
        yield f"It came from podcast {episode.origin_podcast_id} through a merge."


def _transcripts(facts: HistoryOfEpisode, parser: int) -> Iterator[str]:
    known = [each for each in facts.transcripts if each.is_listed or each.is_selected]
    if not known:
        yield "The feed lists no transcript, so nothing is counted."
        return
    selected = selected_transcript(facts)
    yield f"{count(len(known), 'transcript is', 'transcripts are')} known."
    if selected is None:
        yield "None has been parsed yet: " + listed([_name(each) for each in known]) + "."
        return
    version = "current" if selected.parser_version == parser else "older"
    unlisted = (
        "" if selected.is_listed else " The feed no longer lists it; its segments are still used."
    )
    yield (
        f"The appearances come from {_name(selected)}, parsed as {selected.format} by version "
        f"{selected.parser_version} of the parser (the {version} one). "
        f"Its body is {'stored' if selected.has_body else 'not stored'}.{unlisted}"
    )
    if others := [_name(each) for each in known if not each.is_selected]:
        yield f"Not selected: {listed(others)}."
        yield (
            "The podcast's own language is preferred, then the better format; one that names "
            "people goes before one that does not."
        )


def _name(transcript: PastTranscript) -> str:
    attributes = [transcript.type, transcript.language, transcript.rel]
    known = ", ".join(attribute for attribute in attributes if attribute)
    return public_url(transcript.url) + (f" ({known})" if known else "")


def _jobs(facts: HistoryOfEpisode, now: datetime) -> Iterator[str]:
    jobs = facts.jobs
    if not jobs:
        if facts.transcripts:
            yield "There is no job: it was purged, or never created."
        return
    yield from (_job(job, now) for job in jobs[:3])
    if len(jobs) > 3:
        yield f"{count(len(jobs) - 3, 'earlier job is', 'earlier jobs are')} on record."
    if jobs[0].outcome in {"failed", "dead"} and (advice := reason_advice(jobs[0].reason)):
        yield advice


_STAGES = {
    "fetch": "fetch from the publisher",
    "parse": "parse the stored body",
    "people": "re-resolve speakers",
}


def _job(job: PastJob, now: datetime) -> str:
    """One job in a sentence: its stage, its result, and its worker."""
    name = f"Job {job.id} ({_STAGES.get(job.stage, job.stage)}"
    name += f", for request {job.request_id})" if job.request_id else ")"
    if job.state == "running":
        return f"{name} has been running since {at(job.started_at, now)} on {job.worker}."
    if not job.outcome:
        return f"{name} was created {at(job.created_at, now)} and has not started."
    ended = at(job.finished_at, now) + (f" on {job.worker}" if job.worker else "")
    if job.outcome in {"failed", "dead"}:
        return f"{name} {_failure(job, ended)}"
    if job.outcome == "skipped":
        return f"{name} had nothing to do {ended}: {reason_clause(job.reason)}."
    return f"{name} was done {ended}{_durations(job.figures)}.{_result(job)}"


def _failure(job: PastJob, ended: str) -> str:
    tries = job.attempts + job.worker_losses
    times = f" after {count(tries, 'try', 'tries')}" if tries > 1 else ""
    message = f": {job.message}" if job.message else ""
    verb = "became dead" if job.outcome == "dead" else "failed"
    return f"{verb} {ended}{times}, because {reason_clause(job.reason)}{message}."


def _durations(figures: dict[str, Any]) -> str:
    names = {"fetch_ms": "fetching", "parse_ms": "parsing", "store_ms": "storing"}
    parts = [f"{figures[key]:,} ms {name}" for key, name in names.items() if key in figures]
    return f" ({', '.join(parts)})" if parts else ""


_CHANGES = {
    "inserted": "added",
    "moved": "moved to another speaker",
    "updated": "changed in position or time",
    "deleted": "removed",
}


def _result(job: PastJob) -> str:
    """The changes that a job made, and the transcript that it had to pass over."""
    figures = job.figures
    changes = [f"{figures[key]:,} {name}" for key, name in _CHANGES.items() if figures.get(key)]
    result = f" Appearances: {listed(changes)}." if changes else " It changed nothing."
    if job.outcome == "degraded":
        result += (
            f" A better transcript was not used, because {reason_clause(job.reason)}: "
            f"{job.message}."
        )
    return result


def _speakers(facts: HistoryOfEpisode, matcher: int) -> Iterator[str]:
    speakers = facts.speakers
    if not speakers:
        return
    total = sum(speaker.appearances for speaker in speakers)
    known = sum(speaker.appearances for speaker in speakers if speaker.person)
    share = f" ({known / total:.0%} of them attributed to people)" if total else ""
    yield (
        f"{count(total, 'appearance is', 'appearances are')} stored, under "
        f"{count(len(speakers), 'label')}{share}."
    )
    yield from (_speaker(speaker, matcher) for speaker in speakers)
    if total != facts.stored:
        yield (
            f"The counts are wrong: the speakers have {total:,} appearances, but "
            f"{facts.stored:,} are stored. Save the output of `overheard recount --json`, then "
            "run `overheard recount --fix`."
        )


def _speaker(speaker: PastSpeaker, matcher: int) -> str:
    label = quoted(speaker.label) if speaker.label else "Speech without a label"
    segments = count(speaker.appearances, "appearance")
    old = "" if speaker.version == matcher else f" (by matcher {speaker.version})"
    if speaker.person and speaker.decision_id is not None:
        return f"{label} is {speaker.person} ({segments}), as decided by {_decision(speaker)}."
    if speaker.person:
        evidence = f": {speaker.evidence}" if speaker.evidence else ""
        return (
            f"{label} is {speaker.person} ({segments}), because "
            f"{reason_clause(speaker.reason)}{evidence}; "
            f"confidence {speaker.confidence:.0%}{old}."
        )
    if speaker.status not in {"unknown", "counted"}:
        matched = f" It was matched to {speaker.matched}." if speaker.matched else ""
        return f"{label} is not counted ({segments}), because {_exclusion(speaker)}.{matched}"
    return f"{label} is unknown ({segments}), because {reason_clause(speaker.reason)}{old}."


_EXCLUSIONS = {
    "quarantined": "it is in quarantine until it is released",
    "suppressed": "the person is suppressed",
    "not_a_person": "it was marked as not a person",
}


def _exclusion(speaker: PastSpeaker) -> str:
    """Why a speaker is not counted."""
    status = _EXCLUSIONS.get(speaker.status, speaker.status)
    if speaker.decision_id is not None:
        return f"{status} ({_decision(speaker)})"
    reason = speaker.status_reason
    clause = reason_clause(reason)
    return f"{status} ({reason})" if clause == reason else f"{status} ({reason}: {clause})"


def _decision(speaker: PastSpeaker) -> str:
    """A human's decision, with the reason they gave."""
    because = f": {speaker.decided_because}" if speaker.decided_because else ""
    return (
        f"{speaker.decided_by} on {speaker.decided_at:%Y-%m-%d}, {speaker.decision}, "
        f"decision {speaker.decision_id}{because}"
    )


def _next(facts: HistoryOfEpisode, now: datetime, parser: int, matcher: int) -> Iterator[str]:
    job = facts.jobs[0] if facts.jobs else None
    episode = facts.episode.id
    selected = selected_transcript(facts)
    if job is not None and job.state != "done":
        yield _open_job(job, facts, now)
    elif selected and selected.parser_version != parser:
        yield (
            "Next: nothing happens by itself. An older parser was used; to parse again: "
            f"`overheard reingest episode:{episode} --stage parse`."
        )
    elif any(speaker.version != matcher for speaker in facts.speakers):
        yield (
            "Next: nothing happens by itself. An older matcher was used; to resolve the speakers "
            f"again: `overheard reingest episode:{episode} --stage people`."
        )
    elif selected:
        yield (
            "Next: nothing, until the feed lists another transcript. To ingest it now: "
            f"`overheard reingest episode:{episode}`."
        )
    else:
        yield "Next: it is ingested as soon as the feed lists a transcript."


def _open_job(job: PastJob, facts: HistoryOfEpisode, now: datetime) -> str:
    """What happens next with a job that is not done, and what an operator can do."""
    if job.state == "dead":
        return (
            "Next: nothing happens by itself. Once the cause is fixed: "
            f"`overheard jobs retry {job.id}`."
        )
    if job.state == "running":
        return _running_job(job, now)
    if (pause := facts.halted.get("parse")) is not None:
        return (
            f"Next: nothing while the queue parse is {pause.state} "
            f"(by {pause.requested_by}, {at(pause.since, now)}); "
            "`overheard queues resume parse`."
        )
    if job.request_state == "paused":
        return (
            "Next: nothing while its re-ingest request is paused; "
            f"`overheard reingests resume {job.request_id}`."
        )
    return _waiting_job(job, now)


def _running_job(job: PastJob, now: datetime) -> str:
    expires_at = job.lease_expires_at
    if expires_at is None or expires_at < now:
        return "Next: its lease has expired, and the sweeper starts it again."
    return f"Next: it finishes. If it does not, the sweeper starts it again {far(expires_at, now)}."


def _waiting_job(job: PastJob, now: datetime) -> str:
    if job.run_after > now:
        return (
            f"Next: it is retried {at(job.run_after, now)}; to retry it now: "
            f"`overheard jobs retry {job.id}`."
        )
    if job.published_at is not None:
        published = at(job.published_at, now)
        return f"Next: a worker of the queue parse takes its message, published {published}."
    return "Next: its message is published as soon as the queue has room."
