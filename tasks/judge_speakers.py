"""Judges named speakers anew where any came or went, by rules that look at all there is."""

from collections.abc import Collection
from datetime import timedelta

import structlog

from models.database import database_time, in_transaction
from tasks.identity.store import judge_podcast
from tasks.quarantine.store import due_podcasts
from tasks.suggestions.store import suggest

log = structlog.get_logger()

# A job may commit so long after the time that it bears: no task takes longer.
_LATE = timedelta(seconds=150)


def judge_due_podcasts(undecided: Collection[int] = ()) -> int:
    """Judge the speakers of every podcast that is due, and suggest what follows from them.

    Those that are not ``undecided`` are done with it; the others stay due. Returns how many
    speakers stand otherwise now.
    """
    changed = 0
    judged_at = in_transaction(database_time) - _LATE
    for podcast_id in in_transaction(due_podcasts):
        if podcast_id in undecided:
            continue
        held = in_transaction(judge_podcast, podcast_id, judged_at)
        if held:
            log.info("speakers_judged", podcast_id=podcast_id, changed=held)
        in_transaction(suggest, podcast_id, judged_at)
        changed += held
    return changed
