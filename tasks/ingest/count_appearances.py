"""Make the appearances, speakers and counts of an episode equal to its parsed transcript."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.database import Session
from tasks.counts.store.updates import adding_first_counts, updating_counts
from tasks.speakers.budgeted_naming import naming_of
from tasks.speakers.match import MATCHER_VERSION
from tasks.speakers.naming import Naming
from tasks.speakers.quarantine_evidence import EpisodeInfo, NewSpeaker
from tasks.speakers.resolution import KnownPerson, Resolution, StoredSpeaker
from tasks.speakers.resolve import requeue
from tasks.speakers.store.attribution import (
    attribute_new_speakers,
    attribute_speakers,
    attribution_columns,
)
from tasks.speakers.store.evidence import EpisodeEvidence, episode_evidence, record_mentions
from tasks.speakers.store.people import resolve, update_display_names
from tasks.speakers.store.speakers import delete_speakers, stored_speakers, write_speakers
from tasks.transcripts.diff import SegmentDifference
from tasks.transcripts.speaker_stats import speaker_stats
from tasks.transcripts.store import store_segments
from tasks.transcripts.values import Segment, SpeakerStats


@dataclass(frozen=True, slots=True)
class NamedSpeakers:
    """The speakers of an episode as stored and as its segments have them, and their names.

    Without ``evidence`` and ``naming``, the stored names are up to date.
    """

    stored: Sequence[StoredSpeaker]
    stats: Mapping[str, SpeakerStats]
    evidence: EpisodeEvidence | None = None
    naming: Naming | None = None


def name_segments(session: Session, episode_id: int, segments: Sequence[Segment]) -> NamedSpeakers:
    """Name the speakers of these segments, outside of the transaction; writes nothing.

    All labels are matched again if they changed, or if another matcher version matched them:
    labels are evidence for each other. New evidence from other episodes of the podcast is left to
    re-resolving.
    """
    stored, stats = stored_speakers(session, episode_id), speaker_stats(segments)
    current = {one.label for one in stored if one.matcher_version == MATCHER_VERSION}
    if current == stats.keys() == {one.label for one in stored}:
        return NamedSpeakers(stored, stats)
    segment_counts = {label: one.appearances for label, one in stats.items()}
    evidence = episode_evidence(session, episode_id, segment_counts, segments)
    naming = naming_of(session, evidence.facts)
    return NamedSpeakers(stored, stats, evidence, naming)


def count_appearances(
    session: Session,
    episode_id: int,
    segments: Sequence[Segment],
    named: NamedSpeakers | None = None,
) -> SegmentDifference:
    """Resolve the speakers of these segments, attribute them, write the difference, and count.

    Returns what was written. The caller has the episode's lock. The same transcript again writes
    nothing.
    """
    named = named or name_segments(session, episode_id, segments)
    stored, stats = named.stored, named.stats
    resolution, episode_info = _resolve(session, episode_id, named)
    attributions, again = (
        ({}, True) if stored else _attribute_new(session, episode_info, stats, resolution)
    )
    counting = (
        updating_counts(session, [episode_id])
        if stored
        else adding_first_counts(session, episode_id)
    )
    with counting:
        speaker_ids = write_speakers(session, episode_id, stored, stats, resolution, attributions)
        change = store_segments(
            session,
            episode_id,
            segments,
            speaker_ids=speaker_ids,
            stored_labels={speaker.id: speaker.label for speaker in stored},
        )
        delete_speakers(session, [one.id for one in stored if one.label not in stats])
        if again and (resolution.matches or change.any):  # else no attribution can change
            attribute_speakers(session, [episode_id])
    update_display_names(session, resolution.better_names)
    requeue(session, resolution.requeue)
    return change


def _resolve(
    session: Session, episode_id: int, named: NamedSpeakers
) -> tuple[Resolution, EpisodeInfo | None]:
    """The people behind the names, and the mentions of the episode written."""
    if named.evidence is None or named.naming is None:
        return Resolution({}, {}, {}), None
    episode_info = named.evidence.episode_info
    record_mentions(session, episode_id, named.evidence, named.naming)
    matches = named.naming.matches
    return resolve(session, episode_id, episode_info.podcast_id, matches), episode_info


def _attribute_new(
    session: Session,
    episode_info: EpisodeInfo | None,
    stats: Mapping[str, SpeakerStats],
    resolution: Resolution,
) -> tuple[dict[str, dict[str, object]], bool]:
    """Attribution columns of an episode's first speakers, by label.

    Also returns whether they must be attributed again after their segments are written.
    """
    if episode_info is None:
        return {}, False
    speakers = [
        _new_speaker(label, one, resolution.person_of(label)) for label, one in stats.items()
    ]
    attributions, again = attribute_new_speakers(session, episode_info, speakers)
    columns = {
        speaker.label: attribution_columns(speaker, attribution)
        for speaker, attribution in attributions
    }
    return columns, again


def _new_speaker(label: str, stats: SpeakerStats, person: KnownPerson | None) -> NewSpeaker:
    if person is None:
        return NewSpeaker(label, stats)
    return NewSpeaker(label, stats, person.id, person.first_on, person.is_new)
