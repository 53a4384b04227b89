"""Re-resolve the speakers of an episode from what is stored, without fetching or parsing.

What names cost is spent outside of the transaction that writes, which compares the facts under its
locks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog

from models import Stage
from models.database import (
    Session,
    all_computed_outside,
    database_time,
    in_transaction,
)
from tasks.budgets.values import BudgetInterrupted, OverBudget
from tasks.counts.store.updates import updating_counts
from tasks.jobs.store import REINGEST_PRIORITY, request_jobs
from tasks.speakers.budgeted_naming import name_if_possible, naming_of
from tasks.speakers.evidence.recurring import PodcastSpeakers
from tasks.speakers.naming import Naming
from tasks.speakers.resolution import Resolution, StoredSpeaker
from tasks.speakers.store.attribution import attribute_speakers
from tasks.speakers.store.evidence import (
    EpisodeEvidence,
    episode_evidence,
    evidence_by_episode,
    mentions_of,
    record_mentions,
)
from tasks.speakers.store.people import resolve, update_display_names
from tasks.speakers.store.precheck import precheck
from tasks.speakers.store.speakers import (
    stored_speakers,
    stored_speakers_by_episode,
    update_matches,
)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ResolveChange:
    """How many speakers have another match, and how many another attribution.

    ``limits`` are the codes of the limits beyond which evidence was left out.
    """

    matches: int
    attributions: int
    limits: tuple[str, ...] = ()


def resolve_episode(session: Session, episode_id: int) -> ResolveChange:
    """Bring every speaker of the episode to the matcher's result, and the counts with them.

    The caller has the episode's lock. Nothing is written where no match changes. The result
    depends on the rows of the podcast, and not on the order in which they came.
    """
    stored = stored_speakers(session, episode_id)
    evidence = episode_evidence(session, episode_id, _segment_counts(stored))
    naming = naming_of(session, evidence.facts)
    resolution = _resolve(session, evidence, naming)
    changed = [speaker for speaker in stored if resolution.differs(speaker)]
    attributions = _write_changes(session, episode_id, changed, resolution) if changed else 0
    update_display_names(session, resolution.better_names)
    record_mentions(session, episode_id, evidence, naming)
    requeue(session, resolution.requeue)
    return ResolveChange(len(changed), attributions, naming.limits)


def resolve_moved(session: Session, moved: Sequence[int], affected: Sequence[int]) -> None:
    """Match the speakers of episodes that are in another podcast now, and attribute again.

    ``affected`` are all episodes to which other decisions apply now. The caller has the locks of
    all of them, and updates the counts: so nothing but their speakers is written before the end.
    An episode that costs too much to name keeps its matches, and stops no merge.
    """
    stored = stored_speakers_by_episode(session, sorted(moved))
    evidence = {
        episode_id: episode_evidence(session, episode_id, _segment_counts(speakers))
        for episode_id, speakers in stored.items()
    }
    facts = [(one.facts,) for one in evidence.values()]
    tried = all_computed_outside(session, name_if_possible, facts)
    resolutions = []
    for (episode_id, one), attempt in zip(evidence.items(), tried, strict=True):
        if (naming := _done(one, attempt)) is None:
            continue
        resolution = _resolve(session, one, naming)
        update_matches(session, stored[episode_id], resolution)
        record_mentions(session, episode_id, one, naming)
        resolutions.append(resolution)
    attribute_speakers(session, sorted({*moved, *affected}))
    for resolution in resolutions:
        update_display_names(session, resolution.better_names)
    requeue(session, sorted({one for each in resolutions for one in each.requeue} - set(moved)))


def _resolve(session: Session, evidence: EpisodeEvidence, naming: Naming) -> Resolution:
    """The people behind the names of an episode; those that nobody has yet are added."""
    about = evidence.episode_info
    return resolve(session, about.episode_id, about.podcast_id, naming.matches)


def _done(
    evidence: EpisodeEvidence, attempt: Naming | OverBudget | BudgetInterrupted
) -> Naming | None:
    """The naming of an episode; None, and a log event, where it was not done."""
    if isinstance(attempt, Naming):
        return attempt
    about = evidence.episode_info
    log.warning(
        "naming_not_done",
        podcast_id=about.podcast_id,
        episode_id=about.episode_id,
        message=str(attempt),
    )
    return None


def _segment_counts(speakers: Sequence[StoredSpeaker]) -> dict[str, int]:
    return {speaker.label: speaker.stats.appearances for speaker in speakers}


def _write_changes(
    session: Session, episode_id: int, changed: list[StoredSpeaker], resolution: Resolution
) -> int:
    """Write new matches and their attributions: an attribution changes only with its match."""
    with updating_counts(session, [episode_id]):
        update_matches(session, changed, resolution)
        return attribute_speakers(session, [episode_id])


def episodes_needing_resolution(podcast: PodcastSpeakers, episodes: Sequence[int]) -> list[int]:
    """The episodes of a podcast for which ``resolve_episode`` would write something.

    It locks and writes nothing, and reads all episodes together: usually none needs resolution. An
    episode whose labels changed since the snapshot of the podcast is always among them.
    """
    stored, evidence = in_transaction(_stored_evidence, podcast, episodes)
    namings = {
        episode_id: naming
        for episode_id, one in evidence.items()
        if (naming := _done(one, name_if_possible(one.facts))) is not None
    }
    matches = {episode_id: naming.matches for episode_id, naming in namings.items()}
    resolutions = in_transaction(precheck, podcast.podcast_id, matches)
    up_to_date = {
        episode_id
        for episode_id, resolution in resolutions.items()
        if mentions_of(namings[episode_id]) == evidence[episode_id].stored_mentions
        and not any(resolution.differs(speaker) for speaker in stored[episode_id])
    }
    too_costly = evidence.keys() - namings.keys()
    return [one for one in episodes if one not in up_to_date and one not in too_costly]


def _stored_evidence(
    session: Session, podcast: PodcastSpeakers, episodes: Sequence[int]
) -> tuple[Mapping[int, list[StoredSpeaker]], Mapping[int, EpisodeEvidence]]:
    """Speakers of episodes, and evidence about those whose labels are those of the snapshot."""
    stored = stored_speakers_by_episode(session, episodes)
    segment_counts = {
        episode_id: _segment_counts(speakers)
        for episode_id, speakers in stored.items()
        if {speaker.label for speaker in speakers} == podcast.labels(episode_id)
    }
    return stored, evidence_by_episode(session, podcast, segment_counts)


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
