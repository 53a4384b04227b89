"""Re-resolve the speakers of an episode from what is stored, without fetching or parsing."""

from collections.abc import Sequence
from dataclasses import dataclass

from models import Stage
from models.database import Session, database_time
from tasks.counts.store.updates import updating_counts
from tasks.jobs.store import REINGEST_PRIORITY, request_jobs
from tasks.speakers.evidence.recurring import PodcastSpeakers
from tasks.speakers.match import match
from tasks.speakers.resolution import Resolution, StoredSpeaker
from tasks.speakers.store.attribution import attribute_speakers
from tasks.speakers.store.evidence import (
    EpisodeEvidence,
    episode_evidence,
    evidence_by_episode,
    record_mentions,
)
from tasks.speakers.store.people import resolve, update_display_names
from tasks.speakers.store.precheck import precheck
from tasks.speakers.store.speakers import (
    stored_speakers,
    stored_speakers_by_episode,
    update_matches,
)


@dataclass(frozen=True, slots=True)
class ResolveChange:
    """How many speakers have another match, and how many another attribution."""

    matches: int
    attributions: int


def resolve_episode(session: Session, episode_id: int) -> ResolveChange:
    """Bring every speaker of the episode to the matcher's result, and the counts with them.

    The caller has the episode's lock. Nothing is written where no match changes. The result
    depends on the rows of the podcast, and not on the order in which they came.
    """
    stored, evidence, resolution = _match_again(session, episode_id)
    changed = [speaker for speaker in stored if resolution.differs(speaker)]
    attributions = _write_changes(session, episode_id, changed, resolution) if changed else 0
    update_display_names(session, resolution.better_names)
    record_mentions(session, episode_id, evidence)
    requeue(session, resolution.requeue)
    return ResolveChange(len(changed), attributions)


def resolve_moved(session: Session, moved: Sequence[int], affected: Sequence[int]) -> None:
    """Match the speakers of episodes that are in another podcast now, and attribute again.

    ``affected`` are all episodes to which other decisions apply now. The caller has the locks of
    all of them, and updates the counts: so nothing but their speakers is written before the end.
    """
    resolutions = []
    for episode_id in sorted(moved):
        stored, evidence, resolution = _match_again(session, episode_id)
        update_matches(session, stored, resolution)
        record_mentions(session, episode_id, evidence)
        resolutions.append(resolution)
    attribute_speakers(session, sorted({*moved, *affected}))
    for resolution in resolutions:
        update_display_names(session, resolution.better_names)
    requeue(session, sorted({one for each in resolutions for one in each.requeue} - set(moved)))


def _match_again(
    session: Session, episode_id: int
) -> tuple[list[StoredSpeaker], EpisodeEvidence, Resolution]:
    """The stored speakers of an episode, the evidence about them, and what follows from it."""
    stored = stored_speakers(session, episode_id)
    evidence = episode_evidence(session, episode_id, _segment_counts(stored))
    podcast_id = evidence.episode_info.podcast_id
    resolution = resolve(session, episode_id, podcast_id, match(evidence.context))
    return stored, evidence, resolution


def _segment_counts(speakers: Sequence[StoredSpeaker]) -> dict[str, int]:
    return {speaker.label: speaker.stats.appearances for speaker in speakers}


def _write_changes(
    session: Session, episode_id: int, changed: list[StoredSpeaker], resolution: Resolution
) -> int:
    """Write new matches and their attributions: an attribution changes only with its match."""
    with updating_counts(session, [episode_id]):
        update_matches(session, changed, resolution)
        return attribute_speakers(session, [episode_id])


def episodes_needing_resolution(
    session: Session, podcast: PodcastSpeakers, episodes: Sequence[int]
) -> list[int]:
    """The episodes of a podcast for which ``resolve_episode`` would write something.

    It locks and writes nothing, and reads all episodes together: usually none needs resolution. An
    episode whose labels changed since the snapshot of the podcast is always among them.
    """
    stored = stored_speakers_by_episode(session, episodes)
    segment_counts = {
        episode_id: _segment_counts(speakers)
        for episode_id, speakers in stored.items()
        if {speaker.label for speaker in speakers} == podcast.labels(episode_id)
    }
    evidence = evidence_by_episode(session, podcast, segment_counts)
    matches = {episode_id: match(one.context) for episode_id, one in evidence.items()}
    up_to_date = {
        episode_id
        for episode_id, resolution in precheck(session, podcast.podcast_id, matches).items()
        if evidence[episode_id].mentions == evidence[episode_id].stored_mentions
        and not any(resolution.differs(speaker) for speaker in stored[episode_id])
    }
    return [episode_id for episode_id in episodes if episode_id not in up_to_date]


def requeue(session: Session, episode_ids: list[int]) -> None:
    """Request jobs to re-resolve episodes in which a name now refers to another person."""
    if episode_ids:
        request_jobs(
            session,
            "parse",
            episode_ids,
            database_time(session),
            stage=Stage.people,
            force=True,
            priority=REINGEST_PRIORITY,
        )
