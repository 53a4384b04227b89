"""Decides again who the speakers of an episode are, from what is stored; asks and reads nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from models import Stage
from models.database import database_time
from tasks.counts.store.updates import updating_counts
from tasks.jobs.store import REINGEST_PRIORITY, request_jobs
from tasks.speakers.evidence.recurring import PodcastSpeakers
from tasks.speakers.match import match
from tasks.speakers.store.attribution import attribute_speakers
from tasks.speakers.store.evidence import episode_facts, facts_of_episodes, record_mentions
from tasks.speakers.store.foreseeing import precheck
from tasks.speakers.store.people import (
    Resolution,
    SpeakerRow,
    resolve,
    speakers_of,
    speakers_of_many,
    update_display_names,
    update_matches,
)


@dataclass(frozen=True, slots=True)
class ResolveChange:
    """What deciding again changed: speakers decided otherwise, and held otherwise."""

    decided: int
    held: int


def resolve_episode(session: Session, episode_id: int) -> ResolveChange:
    """Bring every speaker of the episode to what this matcher says, and the counts with them.

    The caller holds the episode's lock. Nothing is written where nothing is decided otherwise.
    The answer depends on the rows of the podcast, and not on the order in which they came.
    """
    stored = speakers_of(session, episode_id)
    voices = {row.label: row.figures.appearances for row in stored}
    facts = episode_facts(session, episode_id, voices)
    resolved = resolve(session, episode_id, facts.episode_info.podcast_id, match(facts.context))
    other = [row for row in stored if resolved.differs(row)]
    held = _decide_otherwise(session, episode_id, other, resolved) if other else 0
    update_display_names(session, resolved.better_names)
    record_mentions(session, episode_id, facts)
    requeue(session, resolved.requeue)
    return ResolveChange(len(other), held)


def episodes_needing_resolution(
    session: Session, podcast: PodcastSpeakers, episodes: Sequence[int]
) -> list[int]:
    """The episodes of a podcast for which ``resolve_episode`` would write something.

    Nothing is locked or written, and all is read for all of them together: nearly always it is
    none. An episode that was stored anew since the podcast's voices were read is among them.
    """
    stored = speakers_of_many(session, episodes)
    same = {
        episode_id: {row.label: row.figures.appearances for row in speakers}
        for episode_id, speakers in stored.items()
        if {row.label for row in speakers} == podcast.labels(episode_id)
    }
    facts = facts_of_episodes(session, podcast, same)
    decided = {episode_id: match(one.context) for episode_id, one in facts.items()}
    foreseen = precheck(session, podcast.podcast_id, decided)
    settled = {
        episode_id
        for episode_id, resolved in foreseen.items()
        if facts[episode_id].mentions == facts[episode_id].noted
        and not any(resolved.differs(row) for row in stored[episode_id])
    }
    return [one for one in episodes if one not in settled]


def _decide_otherwise(
    session: Session, episode_id: int, other: list[SpeakerRow], resolved: Resolution
) -> int:
    """How a speaker stands follows from the match, so it is held anew only with another match."""
    with updating_counts(session, [episode_id]):
        update_matches(session, other, resolved)
        return attribute_speakers(session, episode_id)


def requeue(session: Session, episode_ids: list[int]) -> None:
    """Have episodes decided again in which a name means somebody else since."""
    if episode_ids:
        now = database_time(session)
        request_jobs(
            session,
            "parse",
            episode_ids,
            now,
            stage=Stage.people,
            force=True,
            priority=REINGEST_PRIORITY,
        )
