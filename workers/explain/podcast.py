"""The story of a podcast: how its feed fares, what became of its episodes, what happens next."""

from collections.abc import Iterator
from datetime import datetime

from tasks.http.redaction import public_url
from workers.explain.stages import Facts
from workers.explain.words import at, count, far, listed, meaning, quoted

_STATES = {
    "pending": "It was asked for, and has not been seen to be a feed yet.",
    "refused": "It was asked for and is no feed; it is kept as the record of that.",
    "active": "It is followed.",
    "paused": "An operator paused it: it is not polled, and what is known of it stays and counts.",
    "gone": "Its server said that it is gone; it is asked once a month whether it is back.",
    "duplicate": "It is the same as another podcast, which counts instead of it.",
    "removed": "An operator removed it: it counts nowhere, and its rows stay as a tombstone.",
}
_WHY = {
    "new": "it is new",
    "requested": "an operator asked for it",
    "floor": "it is not asked more often",
    "fresh": "its server says that it does not change before",
    "pushed": "its hub tells us of changes meanwhile",
    "rhythm": "of its own rhythm",
    "ceiling": "no feed that lives waits longer",
    "complete": "it says that it is complete",
    "dormant": "nothing has come for long",
    "skipped_hours": "it asks to be left alone in some hours",
    "moved": "it has moved",
}
_OUTCOMES = {
    "ran": "{n} read and counted",
    "skipped": "{n} with nothing to do at the last job",
    "degraded": "{n} read from a lesser transcript",
    "no_transcript": "{n} without a transcript",
    "waiting": "{n} waiting for a worker",
    "running": "{n} being read now",
    "failed": "{n} failed and tried again",
    "dead": "{n} dead",
}


def explain_podcast(facts: Facts, now: datetime) -> list[str]:
    """The sentences, from the feed to the counts."""
    return [
        *_followed(facts, now),
        *_looks(facts, now),
        *_episodes(facts, now),
        *_next(facts, now),
    ]


def _followed(facts: Facts, now: datetime) -> Iterator[str]:
    podcast = facts["podcast"]
    yield (
        f"Podcast {podcast['id']}, {quoted(podcast['title'] or 'without a title')}, at "
        f"{podcast['feed_url']}: added {at(podcast['added_at'], now)}. {_STATES[podcast['state']]}"
    )
    if podcast["duplicate_of"]:
        yield (
            f"It was merged into podcast {podcast['duplicate_of']}, "
            f"{quoted(podcast['duplicate_of_title'] or '')}; `overheard podcasts unmerge` undoes it."
        )
    for address in facts["addresses"]:
        yield (
            f"Until {at(address['left_at'], now)} it was followed at {address['feed_url']}, and "
            f"moved because of {address['why']}."
        )


def _looks(facts: Facts, now: datetime) -> Iterator[str]:
    crawl = facts["crawl"]
    if crawl is None or crawl["polled_at"] is None:
        yield "It was never looked at."
        return
    if not crawl["last_error_reason"]:
        unchanged = " (304: nothing had changed)" if crawl["last_status"] == 304 else ""
        yield f"The last look, {at(crawl['polled_at'], now)}, found it{unchanged}."
    else:
        yield (
            f"The last look, {at(crawl['polled_at'], now)}, failed, because "
            f"{meaning(crawl['last_error_reason'])}: {crawl['last_error']}. That is "
            f"{count(crawl['error_count'], 'failure')} in a row, since "
            f"{at(crawl['failing_since'], now)}; it was last found {at(crawl['last_ok_at'], now)}."
        )
    if facts["podcast"]["kept_bytes"]:
        yield "Its latest accepted body is kept, and can be read again without asking."
    if crawl["redirect_url"]:
        yield (
            f"Permanent redirects lead to {public_url(crawl['redirect_url'])} since "
            f"{at(crawl['redirect_since'], now)}, in {count(crawl['redirect_polls'], 'look')}; that is "
            "believed after two days and three looks."
        )


def _episodes(facts: Facts, now: datetime) -> Iterator[str]:
    outcomes, spoken = facts["outcomes"], facts["spoken"]
    total = sum(row["episodes"] for row in outcomes)
    if not total:
        yield "No episode of it is known."
        return
    by_state = dict.fromkeys(_OUTCOMES, 0)
    for row in outcomes:
        by_state[row["state"]] = by_state.get(row["state"], 0) + row["episodes"]
    parts = [_said(state, n) for state, n in by_state.items() if n]
    yield f"{count(total, 'episode is', 'episodes are')} known: {listed(parts)}."
    for row in outcomes:
        if row["reason"]:
            yield _failures(row, now)
    if spoken["appearances"]:
        share = spoken["known"] / spoken["appearances"]
        people = count(spoken["people"], "person", "people")
        yield (
            f"{count(spoken['appearances'], 'appearance')} in "
            f"{count(spoken['episodes'], 'episode')}, {share:.0%} of them by {people} known."
        )


def _said(state: str, number: int) -> str:
    return _OUTCOMES.get(state, "{n} " + state).format(n=f"{number:,}")


def _failures(row: Facts, now: datetime) -> str:
    where = f"episode {row['example']}" + (" for one" if row["episodes"] > 1 else "")
    then = f", tried again {far(row['next_at'], now)} or later" if row["next_at"] else ""
    return (
        f"{count(row['episodes'], 'episode is', 'episodes are')} {row['state']}, because "
        f"{meaning(row['reason'])} ({row['reason']}): {where}{then}."
    )


def _next(facts: Facts, now: datetime) -> Iterator[str]:
    podcast, crawl, spoken = facts["podcast"], facts["crawl"], facts["spoken"]
    yield f"Next: {_next_look(facts, now)}"
    if any(row["state"] == "dead" for row in facts["outcomes"]):
        yield (
            "What is dead waits for a person: `overheard jobs list --state dead --podcast "
            f"{podcast['id']}`, then `overheard jobs retry`."
        )
    if crawl and crawl["last_error_reason"] and podcast["state"] == "active":
        yield f"To look at once: `overheard reingest podcast:{podcast['id']} --no-wait`."
    if spoken["outdated_parser"] or spoken["outdated_matcher"]:
        yield (
            f"{count(spoken['outdated_parser'], 'episode')} of an older parser and "
            f"{count(spoken['outdated_matcher'], 'episode')} of an older matcher can be brought up "
            "to date: `overheard reingest outdated`."
        )


def _next_look(facts: Facts, now: datetime) -> str:
    crawl, podcast = facts["crawl"], facts["podcast"]
    if crawl is None or crawl["next_poll_at"] is None:
        again = (
            " `overheard podcasts resume` polls it again." if podcast["state"] == "paused" else ""
        )
        return f"it is not looked at, because it is {podcast['state']}.{again}"
    if crawl["claimed"]:
        return (
            "a poller is at it now." if crawl["claim_started"] else "a poller takes it up shortly."
        )
    if (halted := facts["halted"].get("poll")) is not None:
        return (
            f"no look while the queue poll is {halted['state']} (by {halted['requested_by']}); "
            "`overheard queues resume poll`."
        )
    allowed = crawl["next_allowed_at"]
    if allowed and allowed > max(now, crawl["next_poll_at"]):
        return f"its host {crawl['host']} asked to be left alone until {at(allowed, now)}."
    why = _WHY.get(crawl["next_poll_reason"], crawl["next_poll_reason"])
    if crawl["next_poll_at"] <= now:
        return f"it is due since {at(crawl['next_poll_at'], now)}, because {why}."
    return f"the next look is {at(crawl['next_poll_at'], now)}, because {why}."
