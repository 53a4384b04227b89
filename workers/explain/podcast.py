"""The history of a podcast: its feed, its episodes by outcome, and its next poll."""

from collections.abc import Iterator
from datetime import datetime

from models.queries.episode_history import PollStatus
from models.queries.podcast_history import EpisodeOutcomes, HistoryOfPodcast
from models.reasons import reason_advice, reason_clause
from tasks.http.redaction import public_url
from workers.words import at, count, far, listed, quoted

_STATES = {
    "pending": "It was added, and its feed has not been polled yet.",
    "refused": "It was added, but its URL is not a feed; this record remains.",
    "active": "It is followed.",
    "paused": "An operator paused it: it is not polled, but its episodes still count.",
    "gone": "Its server says that it has been removed; it is polled once a month.",
    "duplicate": "It is a duplicate of another podcast, which is followed instead.",
    "removed": "An operator removed it: it is not counted, and its rows stay as a tombstone.",
}
_POLL_REASONS = {
    "new": "it is new",
    "requested": "an operator requested it",
    "floor": "that is the minimum interval",
    "fresh": "the server says that the feed does not change before",
    "pushed": "its hub sends notifications in the meantime",
    "rhythm": "that fits its publishing pattern",
    "ceiling": "that is the maximum interval",
    "complete": "the feed says that it is complete",
    "dormant": "nothing has been published for a long time",
    "skipped_hours": "the feed asks not to be polled at some hours",
    "moved": "it has moved",
}
_OUTCOMES = {
    "ran": "{n} ingested",
    "skipped": "{n} with nothing to do in their last job",
    "degraded": "{n} ingested from a lesser transcript",
    "no_transcript": "{n} without a transcript",
    "waiting": "{n} waiting for a worker",
    "running": "{n} running now",
    "failed": "{n} failed and retried",
    "dead": "{n} dead",
}


def explain_podcast(facts: HistoryOfPodcast, now: datetime) -> list[str]:
    """The sentences, from the feed to the counts."""
    return [
        *_state(facts, now),
        *_polls(facts, now),
        *_episodes(facts, now),
        *_next(facts, now),
    ]


def _state(facts: HistoryOfPodcast, now: datetime) -> Iterator[str]:
    podcast = facts.podcast
    yield (
        f"Podcast {podcast.id}, {quoted(podcast.title or 'without a title')}, at "
        f"{podcast.feed_url}: added {at(podcast.added_at, now)}. {_STATES[podcast.state]}"
    )
    if podcast.duplicate_of:
        yield (
            f"It was merged into podcast {podcast.duplicate_of}, "
            f"{quoted(podcast.duplicate_of_title or '')}; "
            "`overheard podcasts unmerge` undoes it."
        )
    for earlier in facts.addresses:
        yield (
            f"Until {at(earlier.left_at, now)} its feed URL was {earlier.feed_url} "
            f"(reason for the move: {earlier.why})."
        )


def _polls(facts: HistoryOfPodcast, now: datetime) -> Iterator[str]:
    crawl = facts.crawl
    if crawl is None or crawl.polled_at is None:
        yield "It has never been polled."
        return
    yield from _last_poll(crawl, now)
    if facts.podcast.stored_bytes:
        yield "Its latest accepted body is stored, and can be parsed again without a fetch."
    if crawl.redirect_url:
        yield (
            f"It has redirected permanently to {public_url(crawl.redirect_url)} since "
            f"{at(crawl.redirect_since, now)}, in {count(crawl.redirect_polls, 'poll')}; "
            "the move is accepted after two days and three polls."
        )


def _last_poll(crawl: PollStatus, now: datetime) -> Iterator[str]:
    if not crawl.last_error_reason:
        unchanged = " (304 Not Modified)" if crawl.last_status == 304 else ""
        yield f"The last poll, {at(crawl.polled_at, now)}, succeeded{unchanged}."
        return
    yield (
        f"The last poll, {at(crawl.polled_at, now)}, failed, because "
        f"{reason_clause(crawl.last_error_reason)}: {crawl.last_error}. That is "
        f"{count(crawl.error_count, 'failure')} in a row, since "
        f"{at(crawl.failing_since, now)}; the last success was {at(crawl.last_ok_at, now)}."
    )
    if advice := reason_advice(crawl.last_error_reason):
        yield advice


def _episodes(facts: HistoryOfPodcast, now: datetime) -> Iterator[str]:
    outcomes, spoken = facts.outcomes, facts.spoken
    total = sum(row.episodes for row in outcomes)
    if not total:
        yield "It has no episodes yet."
        return
    by_state = dict.fromkeys(_OUTCOMES, 0)
    for row in outcomes:
        by_state[row.state] = by_state.get(row.state, 0) + row.episodes
    parts = [_outcome(state, number) for state, number in by_state.items() if number]
    yield f"{count(total, 'episode is', 'episodes are')} known: {listed(parts)}."
    for row in outcomes:
        if row.reason:
            yield _failures(row, now)
    if spoken.appearances:
        share = spoken.known / spoken.appearances
        people = count(spoken.people, "person", "people")
        yield (
            f"{count(spoken.appearances, 'appearance')} in "
            f"{count(spoken.episodes, 'episode')}, {share:.0%} of them attributed to {people}."
        )


def _outcome(state: str, number: int) -> str:
    return _OUTCOMES.get(state, "{n} " + state).format(n=f"{number:,}")


def _failures(row: EpisodeOutcomes, now: datetime) -> str:
    example = f"{'for example ' if row.episodes > 1 else ''}episode {row.example}"
    retry = f", retried {far(row.next_at, now)} or later" if row.next_at else ""
    return (
        f"{count(row.episodes, 'episode is', 'episodes are')} {row.state}, because "
        f"{reason_clause(row.reason)} ({row.reason}): {example}{retry}."
    )


def _next(facts: HistoryOfPodcast, now: datetime) -> Iterator[str]:
    podcast, crawl, spoken = facts.podcast, facts.crawl, facts.spoken
    yield f"Next: {_next_poll(facts, now)}"
    if any(row.state == "dead" for row in facts.outcomes):
        yield (
            "Dead jobs wait for an operator: `overheard jobs list --state dead --podcast "
            f"{podcast.id}`, then `overheard jobs retry --all`."
        )
    if crawl and crawl.last_error_reason and podcast.state == "active":
        yield f"To poll it now: `overheard podcasts poll {podcast.id}`."
    if spoken.outdated_parser or spoken.outdated_matcher:
        yield (
            f"{count(spoken.outdated_parser, 'episode')} of an older parser and "
            f"{count(spoken.outdated_matcher, 'episode')} of an older matcher can be "
            "re-ingested: `overheard reingest outdated`."
        )


def _next_poll(facts: HistoryOfPodcast, now: datetime) -> str:
    crawl, podcast = facts.crawl, facts.podcast
    if crawl is None or crawl.next_poll_at is None:
        resume = " `overheard podcasts resume` polls it again." if podcast.state == "paused" else ""
        return f"it is not polled, because it is {podcast.state}.{resume}"
    if crawl.claimed:
        started = crawl.claim_started
        return "it is being polled now." if started else "a worker will poll it shortly."
    if (pause := facts.halted.get("poll")) is not None:
        return (
            f"no poll while the queue poll is {pause.state} (by {pause.requested_by}); "
            "`overheard queues resume poll`."
        )
    allowed = crawl.next_allowed_at
    if allowed and allowed > max(now, crawl.next_poll_at):
        return f"its host {crawl.host} must not be polled before {at(allowed, now)}."
    why = _POLL_REASONS.get(crawl.next_poll_reason, crawl.next_poll_reason)
    if crawl.next_poll_at <= now:
        return f"it has been due since {at(crawl.next_poll_at, now)}, because {why}."
    return f"the next poll is {at(crawl.next_poll_at, now)}, because {why}."
