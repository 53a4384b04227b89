"""Resolves and judges again who speaks in podcasts of which more is known than when they were read.

Episodes are read in any order and by many workers; what one of them tells of another is known only
when both are stored. This brings all of them to what follows from all rows together.
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

# One decides while the other waits for the database, which is half of the time.
_AT_ONCE = 2
# Episodes that are looked at together, with all of their words.
_TOGETHER = 50

# A job may commit so long after the time that it bears: no task takes longer.
_LATE = timedelta(seconds=150)


log = structlog.get_logger()


def resolve_podcasts(within_seconds: float = float("inf")) -> int:
    """Decide the episodes of every podcast in which something was read, then judge its speakers.

    Returns how many speakers are decided or stand otherwise now; 0 when all is settled, or when
    the time was over before all was decided. A podcast that there was no time for stays due.
    """
    until = time.monotonic() + within_seconds
    due = in_transaction(podcasts_due_for_quarantine)
    same_words = [contextvars.copy_context() for _ in due]  # their lines say what they follow from
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="settle") as pool:
        tasks = [
            pool.submit(words.run, _decide_podcast, podcast_id, until)
            for words, podcast_id in zip(same_words, due, strict=True)
        ]
        found = [task.result() for task in tasks]
    undecided = {one for one, (_, all_done) in zip(due, found, strict=True) if not all_done}
    return sum(changed for changed, _ in found) + quarantine_due_podcasts(undecided)


def _decide_podcast(podcast_id: int, until: float) -> tuple[int, bool]:
    """Decide what was not decided since the podcast's regulars are who they are.

    How many speakers are decided otherwise now, and whether there was time for all episodes.
    """
    podcast, episodes = in_transaction(begin_resolving, podcast_id)
    changed = done = 0
    for begin in range(0, len(episodes), _TOGETHER):
        if time.monotonic() > until:
            break
        together = episodes[begin : begin + _TOGETHER]
        changed += sum(_decided(podcast_id, one) for one in _otherwise(podcast, together))
        done = together[-1]
    if done:
        in_transaction(record_resolved, podcast, done)
    if changed:
        log.info("speakers_resolved", podcast_id=podcast_id, changed=changed)
    return changed, not episodes or done == episodes[-1]


def _otherwise(podcast: PodcastSpeakers, episodes: Sequence[int]) -> Sequence[int]:
    """Those of these episodes that are to be decided otherwise; all, where one makes it fail."""
    try:
        return in_transaction(episodes_needing_resolution, podcast, episodes)
    except Exception:
        log.exception("precheck_failed", podcast_id=podcast.podcast_id, episodes=len(episodes))
        return episodes


def _decided(podcast_id: int, episode_id: int) -> int:
    try:
        return in_transaction(_decide, episode_id)
    except Exception:
        log.exception("resolve_failed", podcast_id=podcast_id, episode_id=episode_id)
        return 0


def _decide(session: Session, episode_id: int) -> int:
    """Decide one episode; it is done for good with the commit that notes how far it went."""
    set_async_commit(session)
    if lock_episode(session, episode_id) is None:
        return 0
    return resolve_episode(session, episode_id).decided


def quarantine_due_podcasts(undecided: Collection[int] = ()) -> int:
    """Judge the speakers of every podcast that is due.

    Those that are not ``undecided`` are done with it; the others stay due. Returns how many
    speakers stand otherwise now.
    """
    changed = 0
    quarantine_checked_at = in_transaction(database_time) - _LATE
    for podcast_id in in_transaction(podcasts_due_for_quarantine):
        if podcast_id in undecided:
            continue
        held = in_transaction(apply_quarantine_rules, podcast_id, quarantine_checked_at)
        if held:
            log.info("quarantine_applied", podcast_id=podcast_id, changed=held)
        changed += held
    return changed
