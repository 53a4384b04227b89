"""Re-resolve speakers of podcasts with new evidence since their episodes were ingested.

Workers ingest episodes in any order, and one episode can be evidence for another. This step brings
all episodes of a podcast to what all of its rows together say, then applies the quarantine rules.
"""

import contextvars
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
# Episodes in one precheck, which reads all of their text.
_BATCH_SIZE = 50

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
    contexts = [contextvars.copy_context() for _ in due]  # for the correlation ids of log lines
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="resolve") as pool:
        futures = [
            pool.submit(context.run, _resolve_podcast, podcast_id, until)
            for context, podcast_id in zip(contexts, due, strict=True)
        ]
        results = [future.result() for future in futures]
    unfinished = {
        podcast_id for podcast_id, (_, finished) in zip(due, results, strict=True) if not finished
    }
    return sum(changed for changed, _ in results) + quarantine_due_podcasts(unfinished)


def _resolve_podcast(podcast_id: int, until: float) -> tuple[int, bool]:
    """Re-resolve episodes that were not resolved with the podcast's present recurring speakers.

    Returns how many speakers have another match, and whether there was time for all episodes.
    """
    podcast, episodes = in_transaction(begin_resolving, podcast_id)
    changed = last = 0
    for start in range(0, len(episodes), _BATCH_SIZE):
        if time.monotonic() > until:
            break
        batch = episodes[start : start + _BATCH_SIZE]
        needed = _needing_resolution(podcast, batch)
        changed += sum(_resolve_or_log(podcast_id, episode_id) for episode_id in needed)
        last = batch[-1]
    if last:
        in_transaction(record_resolved, podcast, last)
    if changed:
        log.info("speakers_resolved", podcast_id=podcast_id, changed=changed)
    return changed, not episodes or last == episodes[-1]


def _needing_resolution(podcast: PodcastSpeakers, batch: Sequence[int]) -> Sequence[int]:
    """The episodes of a batch that need resolution; all of them where the precheck fails."""
    try:
        return in_transaction(episodes_needing_resolution, podcast, batch)
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


def quarantine_due_podcasts(unfinished: Collection[int] = ()) -> int:
    """Apply the quarantine rules to every due podcast, except those that are ``unfinished``.

    Returns how many speakers have another attribution. Unfinished podcasts stay due.
    """
    changed = 0
    quarantine_checked_at = in_transaction(database_time) - _COMMIT_DELAY
    for podcast_id in in_transaction(podcasts_due_for_quarantine):
        if podcast_id in unfinished:
            continue
        attributions = in_transaction(apply_quarantine_rules, podcast_id, quarantine_checked_at)
        if attributions:
            log.info("quarantine_applied", podcast_id=podcast_id, changed=attributions)
        changed += attributions
    return changed
