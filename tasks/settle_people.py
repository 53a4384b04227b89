"""Decides and judges again who speaks in podcasts of which more is known than when they were read.

Episodes are read in any order and by many workers; what one of them tells of another is known only
when both are stored. This brings all of them to what follows from all rows together.
"""

import contextvars
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import structlog
from celery import shared_task
from sqlmodel import Session

from models.database import commit_unsynced, in_transaction
from tasks.candidates.regulars import PodcastVoices
from tasks.candidates.store import begin_deciding, note_decided
from tasks.judge_speakers import judge_due_podcasts
from tasks.quarantine.store import due_podcasts
from tasks.resolve_people import decided_otherwise, resolve_episode
from tasks.transcripts.store import lock_episode

# A tick leaves the other ticks their turn, and goes on at the next one.
TICK_SECONDS = 10.0
# One decides while the other waits for the database, which is half of the time.
_AT_ONCE = 2
# Episodes that are looked at together, with all of their words.
_TOGETHER = 50

log = structlog.get_logger()


@shared_task(name="overheard.judge_speakers")
def judge_speakers() -> None:
    """One round, a transaction for each episode and podcast concerned."""
    settle_people(TICK_SECONDS)


def settle_people(within_seconds: float = float("inf")) -> int:
    """Decide the episodes of every podcast in which something was read, then judge its speakers.

    Returns how many speakers are decided or stand otherwise now; 0 when all is settled, or when
    the time was over before all was decided. A podcast that there was no time for stays due.
    """
    until = time.monotonic() + within_seconds
    due = in_transaction(due_podcasts)
    same_words = [contextvars.copy_context() for _ in due]  # their lines say what they follow from
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="settle") as pool:
        tasks = [
            pool.submit(words.run, _decide_podcast, podcast_id, until)
            for words, podcast_id in zip(same_words, due, strict=True)
        ]
        found = [task.result() for task in tasks]
    undecided = {one for one, (_, all_done) in zip(due, found, strict=True) if not all_done}
    return sum(changed for changed, _ in found) + judge_due_podcasts(undecided)


def _decide_podcast(podcast_id: int, until: float) -> tuple[int, bool]:
    """Decide what was not decided since the podcast's regulars are who they are.

    How many speakers are decided otherwise now, and whether there was time for all episodes.
    """
    podcast, episodes = in_transaction(begin_deciding, podcast_id)
    changed = done = 0
    for begin in range(0, len(episodes), _TOGETHER):
        if time.monotonic() > until:
            break
        together = episodes[begin : begin + _TOGETHER]
        changed += sum(_decided(podcast_id, one) for one in _otherwise(podcast, together))
        done = together[-1]
    if done:
        in_transaction(note_decided, podcast, done)
    if changed:
        log.info("speakers_decided", podcast_id=podcast_id, changed=changed)
    return changed, not episodes or done == episodes[-1]


def _otherwise(podcast: PodcastVoices, episodes: Sequence[int]) -> Sequence[int]:
    """Those of these episodes that are to be decided otherwise; all, where one makes it fail."""
    try:
        return in_transaction(decided_otherwise, podcast, episodes)
    except Exception:
        log.exception("look_crashed", podcast_id=podcast.podcast_id, episodes=len(episodes))
        return episodes


def _decided(podcast_id: int, episode_id: int) -> int:
    try:
        return in_transaction(_decide, episode_id)
    except Exception:
        log.exception("decide_crashed", podcast_id=podcast_id, episode_id=episode_id)
        return 0


def _decide(session: Session, episode_id: int) -> int:
    """Decide one episode; it is done for good with the commit that notes how far it went."""
    commit_unsynced(session)
    if lock_episode(session, episode_id) is None:
        return 0
    return resolve_episode(session, episode_id).decided
