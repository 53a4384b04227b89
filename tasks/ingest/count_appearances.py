"""Make the appearances, speakers and counts of an episode equal to its parsed transcript."""

from collections.abc import Mapping, Sequence

from models.database import Session
from tasks.counts.store.updates import adding_first_counts, updating_counts
from tasks.speakers.match import MATCHER_VERSION, match
from tasks.speakers.quarantine_evidence import EpisodeInfo, NewSpeaker
from tasks.speakers.resolution import KnownPerson, Resolution, StoredSpeaker
from tasks.speakers.resolve import requeue
from tasks.speakers.store.attribution import (
    attribute_new_speakers,
    attribute_speakers,
    attribution_columns,
)
from tasks.speakers.store.evidence import episode_evidence, record_mentions
from tasks.speakers.store.people import resolve, update_display_names
from tasks.speakers.store.speakers import delete_speakers, stored_speakers, write_speakers
from tasks.transcripts.diff import SegmentDifference
from tasks.transcripts.speaker_stats import speaker_stats
from tasks.transcripts.store import store_segments
from tasks.transcripts.values import Segment, SpeakerStats


def count_appearances(
    session: Session, episode_id: int, segments: Sequence[Segment]
) -> SegmentDifference:
    """Resolve the speakers of these segments, attribute them, write the difference, and count.

    Returns what was written. The caller has the episode's lock. The same transcript again writes
    nothing.
    """
    stored, stats = stored_speakers(session, episode_id), speaker_stats(segments)
    resolution, episode_info = _resolve(session, episode_id, stored, stats, segments)
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
    session: Session,
    episode_id: int,
    stored: Sequence[StoredSpeaker],
    stats: Mapping[str, SpeakerStats],
    segments: Sequence[Segment],
) -> tuple[Resolution, EpisodeInfo | None]:
    """Match all labels again if they changed, or if another matcher version matched them.

    Labels are evidence for each other, so all are matched together. New evidence from other
    episodes of the podcast is left to re-resolving.
    """
    current = {one.label for one in stored if one.matcher_version == MATCHER_VERSION}
    if current == stats.keys() == {one.label for one in stored}:
        return Resolution({}, {}, {}), None
    segment_counts = {label: one.appearances for label, one in stats.items()}
    evidence = episode_evidence(session, episode_id, segment_counts, segments)
    record_mentions(session, episode_id, evidence)
    podcast_id = evidence.episode_info.podcast_id
    resolution = resolve(session, episode_id, podcast_id, match(evidence.context))
    return resolution, evidence.episode_info


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
