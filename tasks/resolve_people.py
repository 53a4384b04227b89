"""Decides again who the speakers of an episode are, from what is stored; asks and reads nothing."""

from sqlmodel import Session

from tasks.counts.store import counting
from tasks.identity.store import hold_speakers
from tasks.people.store import decide_again, show_better_names, speakers_of


def resolve_episode(session: Session, episode_id: int) -> None:
    """Bring every speaker of the episode to what this matcher says, and the counts with them.

    The caller holds the episode's lock. Nothing is written where nothing is decided otherwise.
    """
    stored = speakers_of(session, episode_id)
    with counting(session, [episode_id]):
        resolved = decide_again(session, stored)
        hold_speakers(session, episode_id)
    show_better_names(session, resolved.better_names)
