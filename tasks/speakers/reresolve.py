"""Re-resolve speakers of podcasts with new evidence since their episodes were ingested.

Workers ingest episodes in any order, and one episode can be evidence for another. This step brings
all episodes of a podcast to what all of its rows together say, then applies the quarantine rules.
"""

import contextvars
import random
import time
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import structlog

from models.database import Session, database_time, in_transaction, set_async_commit
from tasks.speakers.evidence.recurring import PodcastSpeakers
from tasks.speakers.resolve import episodes_needing_resolution, resolve_episode
from tasks.speakers.store.attribution import apply_quarantine_rules
from tasks.speakers.store.evidence import begin_resolving, record_resolved
from tasks.speakers.store.quarantine import podcasts_due_for_quarantine
from tasks.transcripts.store import lock_episode

# One thread computes while the other waits for the database, which is half of the time.
_THREADS = 2
# Episodes in one precheck, which reads all of their text: in the first one, and at most. Batches
# grow while they are quick.
_FIRST_BATCH, _BATCH_SIZE, _QUICK_SECONDS = 4, 50, 0.5
# A podcast has at least so many seconds of a tick, and otherwise the same share as the others.
_MIN_SHARE_SECONDS, _QUARANTINE_SECONDS = 1.0, 5.0

# A job may commit this long after its timestamp: no task takes longer.
_COMMIT_DELAY = timedelta(seconds=150)

log = structlog.get_logger()


def resolve_podcasts(within_seconds: float = float("inf")) -> int:
    """Re-resolve the episodes of every due podcast, then apply the quarantine rules to it.

    Returns how many speakers have another match or attribution. It is 0 when nothing is left to
    do, or when the time ran out first. A podcast that it had no time for stays due.
    """
    until = time.monotonic() + within_seconds
    due = in_transaction(podcasts_due_for_quarantine)
    random.shuffle(due)  # those for which there is no time are not always the same
    share = max(_MIN_SHARE_SECONDS, within_seconds * _THREADS / max(len(due), 1))
    contexts = [contextvars.copy_context() for _ in due]  # for the correlation ids of log lines
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="resolve") as pool:
        futures = [
            pool.submit(context.run, _resolve_podcast, podcast_id, until, share)
            for context, podcast_id in zip(contexts, due, strict=True)
        ]
        results = [future.result() for future in futures]
    unfinished = {
        podcast_id for podcast_id, (_, finished) in zip(due, results, strict=True) if not finished
    }
    # The rules have some time even where resolving took all of it.
    until = max(until, time.monotonic() + _QUARANTINE_SECONDS)
    return sum(changed for changed, _ in results) + quarantine_due_podcasts(unfinished, until)


def _resolve_podcast(podcast_id: int, until: float, share: float) -> tuple[int, bool]:
    """Re-resolve episodes that were not resolved with the podcast's present recurring speakers.

    Returns how many speakers have another match, and whether there was time for all episodes.
    """
    if time.monotonic() > until:
        return 0, False
    until = min(until, time.monotonic() + share)
    podcast, episodes = in_transaction(begin_resolving, podcast_id)
    changed = done = 0
    size = _FIRST_BATCH
    while done < len(episodes) and time.monotonic() <= until:
        started = time.monotonic()
        batch = [one.episode_id for one in episodes[done : done + size]]
        changed_here, done_here = _resolve_batch(podcast, batch, until)
        changed, done = changed + changed_here, done + done_here
        size = _next_size(size, time.monotonic() - started)
    if done:
        in_transaction(record_resolved, podcast, episodes[done - 1])
    if changed:
        log.info("speakers_resolved", podcast_id=podcast_id, changed=changed)
    return changed, done == len(episodes)


def _next_size(size: int, seconds: float) -> int:
    if seconds > _QUICK_SECONDS:
        return max(1, size // 4)
    return min(2 * size, _BATCH_SIZE)


def _resolve_batch(podcast: PodcastSpeakers, batch: Sequence[int], until: float) -> tuple[int, int]:
    """Re-resolve episodes until the time is up: how many changed, and how many are done."""
    needed = set(_needing_resolution(podcast, batch))
    changed = 0
    for number, episode_id in enumerate(batch):
        if episode_id not in needed:
            continue
        if number and time.monotonic() > until:
            return changed, number
        changed += _resolve_or_log(podcast.podcast_id, episode_id)
    return changed, len(batch)


def _needing_resolution(podcast: PodcastSpeakers, batch: Sequence[int]) -> Sequence[int]:
    """The episodes of a batch that need resolution; all of them where the precheck fails."""
    try:
        return episodes_needing_resolution(podcast, batch)
    except Exception:
        log.exception("precheck_failed", podcast_id=podcast.podcast_id, episodes=len(batch))
        return batch


def _resolve_or_log(podcast_id: int, episode_id: int) -> int:
    """Re-resolve one episode; one that fails does not stop the others."""
    try:
        return in_transaction(_resolve, episode_id)
    except Exception:
        log.exception("resolve_failed", podcast_id=podcast_id, episode_id=episode_id)
        return 0


def _resolve(session: Session, episode_id: int) -> int:
    """Re-resolve one episode. The later commit of ``record_resolved`` makes it durable."""
    set_async_commit(session)
    if lock_episode(session, episode_id) is None:
        return 0
    return resolve_episode(session, episode_id).matches


def quarantine_due_podcasts(unfinished: Collection[int] = (), until: float = float("inf")) -> int:
    """Apply the quarantine rules to every due podcast, except those that are ``unfinished``.

    Begins with none after the time (``until``, of the monotonic clock).

    Returns how many speakers have another attribution. Unfinished podcasts stay due.
    """
    changed = 0
    quarantine_checked_at = in_transaction(database_time) - _COMMIT_DELAY
    for podcast_id in in_transaction(podcasts_due_for_quarantine):
        if podcast_id in unfinished:
            continue
        if time.monotonic() > until:
            break
        attributions = in_transaction(apply_quarantine_rules, podcast_id, quarantine_checked_at)
        if attributions:
            log.info("quarantine_applied", podcast_id=podcast_id, changed=attributions)
        changed += attributions
    return changed
