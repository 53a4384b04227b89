"""The story of an episode: fetched, chosen, read, who was resolved and why, what happens next."""

from collections.abc import Iterator
from datetime import datetime

from tasks.http.redaction import public_url
from workers.explain.stages import Facts
from workers.explain.words import at, count, far, listed, meaning, quoted


def explain_episode(facts: Facts, now: datetime, *, parser: int, matcher: int) -> list[str]:
    """The sentences, in the order in which things happened."""
    return [
        *_seen(facts, now),
        *_offered(facts, parser),
        *_attempts(facts, now),
        *_speakers(facts, matcher),
        *_next(facts, now, parser, matcher),
    ]


def _seen(facts: Facts, now: datetime) -> Iterator[str]:
    episode = facts["episode"]
    published = (
        f"published {episode['published_at']:%Y-%m-%d %H:%M} UTC, "
        if episode["published_at"]
        else "published without a date, "
    )
    yield (
        f"Episode {episode['id']}, {quoted(episode['title'])} of {quoted(episode['podcast'])} "
        f"(podcast {episode['podcast_id']}): {published}first seen "
        f"{at(episode['first_seen_at'], now)}. It counts for {episode['stats_date']}."
    )
    if episode["duplicate_of"]:
        yield (
            f"It is the same as episode {episode['duplicate_of']}, which counts instead of it, "
            "because their podcasts are one."
        )
    elif episode["podcast_state"] in {"removed", "duplicate"}:
        yield f"It counts nowhere, because its podcast is {episode['podcast_state']}."


def _offered(facts: Facts, parser: int) -> Iterator[str]:
    offered = [one for one in facts["transcripts"] if one["offered"] or one["chosen"]]
    if not offered:
        yield "Its publisher offers no transcript, so nothing of it is counted."
        return
    chosen = next((one for one in offered if one["chosen"]), None)
    yield f"{count(len(offered), 'transcript is', 'transcripts are')} known of it."
    if chosen is None:
        yield "None of them was read yet: " + listed([_named(one) for one in offered]) + "."
        return
    by = "the present parser" if chosen["parser_version"] == parser else "an older parser"
    gone = "" if chosen["offered"] else " It is offered no more; what was read of it stays."
    yield (
        f"What is counted was read from {_named(chosen)}, as {chosen['format']}, by version "
        f"{chosen['parser_version']} of the parser ({by}). "
        f"Its bytes are {'kept' if chosen['kept'] else 'not kept'}.{gone}"
    )
    if others := [_named(one) for one in offered if not one["chosen"]]:
        yield f"Not chosen: {listed(others)}."
        yield "What is in the podcast's own language comes first, then the better format."


def _named(transcript: Facts) -> str:
    about = [transcript["type"], transcript["language"], transcript["rel"]]
    said = ", ".join(part for part in about if part)
    return public_url(transcript["url"]) + (f" ({said})" if said else "")


def _attempts(facts: Facts, now: datetime) -> Iterator[str]:
    jobs = facts["jobs"]
    if not jobs:
        if facts["transcripts"]:
            yield "No record of a job is left: it was done long ago, or was never asked for."
        return
    yield from (_attempt(job, now) for job in jobs[:3])
    if len(jobs) > 3:
        yield f"{count(len(jobs) - 3, 'earlier job is', 'earlier jobs are')} on record."


_BEGINS = {
    "fetch": "from its publisher",
    "parse": "from what is kept",
    "people": "who speaks, again",
}


def _attempt(job: Facts, now: datetime) -> str:
    """One job in a sentence: what it was to do, what came of it, and by whose hand."""
    about = f"Job {job['id']} ({_BEGINS.get(job['stage'], job['stage'])}"
    about += f", asked for by {job['request_id']})" if job["request_id"] else ")"
    tried = job["attempts"] + job["worker_losses"]
    if job["state"] == "running":
        return f"{about} runs since {at(job['started_at'], now)} at {job['worker']}."
    if not job["outcome"]:
        return f"{about} was asked for {at(job['created_at'], now)} and has not begun."
    when = at(job["finished_at"], now)
    by = f" by {job['worker']}" if job["worker"] else ""
    if job["outcome"] in {"failed", "dead"}:
        times = f", {count(tried, 'time', 'times')} so far" if tried > 1 else ""
        said = f": {job['message']}" if job["message"] else ""
        end = "died" if job["outcome"] == "dead" else "failed"
        return f"{about} {end} {when}{by}{times}, because {meaning(job['reason'])}{said}."
    if job["outcome"] == "skipped":
        return f"{about} had nothing to do {when}{by}: {meaning(job['reason'])}."
    return f"{about} was done {when}{by}{_took(job['figures'])}.{_wrote(job)}"


def _took(figures: Facts) -> str:
    parts = [
        f"{figures[key]:,} ms {word}"
        for key, word in (
            ("fetch_ms", "fetching"),
            ("parse_ms", "reading"),
            ("store_ms", "storing"),
        )
        if key in figures
    ]
    return f" ({', '.join(parts)})" if parts else ""


def _wrote(job: Facts) -> str:
    figures = job["figures"]
    parts = [
        f"{figures[key]:,} {word}"
        for key, word in (
            ("inserted", "added"),
            ("moved", "moved to another speaker"),
            ("updated", "changed in place or time"),
            ("deleted", "removed"),
        )
        if figures.get(key)
    ]
    wrote = f" Appearances: {listed(parts)}." if parts else " It changed nothing."
    if job["outcome"] == "degraded":
        wrote += (
            f" A better transcript was passed over, because {meaning(job['reason'])}: "
            f"{job['message']}."
        )
    return wrote


def _speakers(facts: Facts, matcher: int) -> Iterator[str]:
    speakers = facts["speakers"]
    if not speakers:
        return
    total = sum(speaker["appearances"] for speaker in speakers)
    known = sum(speaker["appearances"] for speaker in speakers if speaker["person"])
    share = f" ({known / total:.0%} of them by people who are known)" if total else ""
    yield (
        f"{count(total, 'appearance is', 'appearances are')} stored, under "
        f"{count(len(speakers), 'label')}{share}."
    )
    yield from (_speaker(speaker, matcher) for speaker in speakers)
    if total != facts["stored"]:
        yield (
            f"The figures are wrong: the speakers claim {total:,} appearances, and "
            f"{facts['stored']:,} are stored. Keep the output of `overheard recount --json`, then "
            "`overheard recount --fix`."
        )


def _speaker(speaker: Facts, matcher: int) -> str:
    label = quoted(speaker["label"]) if speaker["label"] else "Speech under no name"
    spoke = count(speaker["appearances"], "appearance")
    old = "" if speaker["version"] == matcher else f" (decided by matcher {speaker['version']})"
    if speaker["person"] and speaker["event_id"] is not None:
        return f"{label} is {speaker['person']} ({spoke}), as was decided by {_decision(speaker)}."
    if speaker["person"]:
        evidence = f": {speaker['evidence']}" if speaker["evidence"] else ""
        return (
            f"{label} is {speaker['person']} ({spoke}), because {meaning(speaker['reason'])}"
            f"{evidence}; confidence {speaker['confidence']:.0%}{old}."
        )
    if speaker["status"] not in {"unknown", "counted"}:
        matched = f" It was matched to {speaker['matched']}." if speaker["matched"] else ""
        return f"{label} counts for nobody ({spoke}), because {_why_held_back(speaker)}.{matched}"
    return f"{label} is nobody known ({spoke}), because {meaning(speaker['reason'])}{old}."


_DECISIONS = {
    "quarantined": "it is in quarantine until somebody decides",
    "suppressed": "whom it names is suppressed",
    "not_a_person": "it was decided to be no person",
}


def _why_held_back(speaker: Facts) -> str:
    said = _DECISIONS.get(speaker["status"], speaker["status"])
    if speaker["event_id"] is None:
        return f"{said} ({speaker['status_reason']})"
    return f"{said} ({_decision(speaker)})"


def _decision(speaker: Facts) -> str:
    """A decision of a person, with what they gave as their reason."""
    because = f": {speaker['decided_because']}" if speaker["decided_because"] else ""
    return (
        f"{speaker['decided_by']} on {speaker['decided_at']:%Y-%m-%d}, {speaker['decision']}, "
        f"event {speaker['event_id']}{because}"
    )


def _next(facts: Facts, now: datetime, parser: int, matcher: int) -> Iterator[str]:
    job = facts["jobs"][0] if facts["jobs"] else None
    episode = facts["episode"]["id"]
    if job is not None and job["state"] != "done":
        yield from _open_job(job, facts, now)
        return
    chosen = next((one for one in facts["transcripts"] if one["chosen"]), None)
    if chosen and chosen["parser_version"] != parser:
        yield (
            f"Next: nothing by itself. An older parser read it; to read it anew: "
            f"`overheard reingest episode:{episode} --stage parse`."
        )
    elif any(speaker["version"] != matcher for speaker in facts["speakers"]):
        yield (
            f"Next: nothing by itself. An older matcher decided who speaks; to decide again: "
            f"`overheard reingest episode:{episode} --stage people`."
        )
    elif chosen:
        yield (
            "Next: nothing. It is read again when its publisher offers another transcript, or by "
            f"`overheard reingest episode:{episode}`."
        )
    else:
        yield "Next: it is read as soon as its feed offers a transcript."


def _open_job(job: Facts, facts: Facts, now: datetime) -> Iterator[str]:
    """What happens with a job that is not done, and what an operator can do about it."""
    if job["state"] == "dead":
        yield (
            f"Next: nothing by itself, it waits for a person. When it is mended: "
            f"`overheard jobs retry {job['id']}`."
        )
    elif job["state"] == "running":
        lost = job["lease_expires_at"] is not None and job["lease_expires_at"] < now
        yield (
            "Next: its lease has run out, and the sweeper takes it up again."
            if lost
            else f"Next: it ends, or its lease runs out {far(job['lease_expires_at'], now)} and it is "
            "taken up again."
        )
    elif (halted := facts["halted"].get("parse")) is not None:
        yield (
            f"Next: nothing while the queue parse is {halted['state']} (by {halted['requested_by']}, "
            f"{at(halted['since'], now)}); `overheard queues resume parse`."
        )
    elif job["request_state"] == "paused":
        yield (
            f"Next: nothing while its request is paused; "
            f"`overheard reingests resume {job['request_id']}`."
        )
    elif job["run_after"] > now:
        yield (
            f"Next: it is tried again {at(job['run_after'], now)}; at once with "
            f"`overheard jobs retry {job['id']}`."
        )
    elif job["published_at"] is not None:
        sent = at(job["published_at"], now)
        yield f"Next: a worker of the queue parse takes its message, sent {sent}."
    else:
        yield "Next: it is sent to a worker as soon as the queue has room."
