"""Makes an episode's rows, its speakers and everybody's figures equal to a transcript."""

from collections.abc import Mapping, Sequence

from sqlmodel import Session

from tasks.counts.store.updates import adding_first_counts, updating_counts
from tasks.speakers.match import MATCHER_VERSION, match
from tasks.speakers.quarantine_values import EpisodeInfo, NewSpeaker
from tasks.speakers.resolve import requeue
from tasks.speakers.store.attribution import attribute_new_speakers, attribute_speakers, columns
from tasks.speakers.store.evidence import episode_facts, record_mentions
from tasks.speakers.store.people import (
    KnownPerson,
    Resolution,
    SpeakerRow,
    drop_speakers,
    resolve,
    speakers_of,
    update_display_names,
    write_speakers,
)
from tasks.transcripts.diff import SegmentDifference
from tasks.transcripts.speaker_stats import speaker_stats
from tasks.transcripts.store import store_segments
from tasks.transcripts.values import Segment, SpeakerStats


def count_transcript(
    session: Session, episode_id: int, segments: Sequence[Segment]
) -> SegmentDifference:
    """Write exactly the difference, resolve who is new, and count; returns what was written.

    The caller holds the episode's lock. A transcript that says what the rows say writes nothing.
    """
    stored = speakers_of(session, episode_id)
    figures = speaker_stats(segments)
    resolved, episode_info = _resolved(session, episode_id, stored, figures, segments)
    held, again = ({}, True) if stored else _held(session, episode_info, figures, resolved)
    counted = (
        updating_counts(session, [episode_id])
        if stored
        else adding_first_counts(session, episode_id)
    )
    with counted:
        speakers = write_speakers(session, episode_id, stored, figures, resolved, held)
        change = store_segments(
            session,
            episode_id,
            segments,
            speakers=speakers,
            stored_labels={row.id: row.label for row in stored},
        )
        drop_speakers(session, [row.id for row in stored if row.label not in figures])
        if again and (resolved.decisions or change.any):  # else all stand as they were left
            attribute_speakers(session, episode_id)
    update_display_names(session, resolved.better_names)
    requeue(session, resolved.requeue)
    return change


def _held(
    session: Session,
    episode_info: EpisodeInfo | None,
    figures: Mapping[str, SpeakerStats],
    resolved: Resolution,
) -> tuple[dict[str, dict[str, object]], bool]:
    """How the first speakers of an episode stand; True if that has to be looked at once more."""
    if episode_info is None:
        return {}, False
    voices = [_voice(label, one, resolved.meant_by(label)) for label, one in figures.items()]
    held, again = attribute_new_speakers(session, episode_info, voices)
    return {one.label: columns(one, now) for one, now in held}, again


def _voice(label: str, figures: SpeakerStats, person: KnownPerson | None) -> NewSpeaker:
    if person is None:
        return NewSpeaker(label, figures)
    return NewSpeaker(label, figures, person.id, person.first_on, person.is_new)


def _resolved(
    session: Session,
    episode_id: int,
    stored: Sequence[SpeakerRow],
    figures: Mapping[str, SpeakerStats],
    segments: Sequence[Segment],
) -> tuple[Resolution, EpisodeInfo | None]:
    """Who speaks, when the labels are others than before, or were judged by another matcher.

    Labels tell about each other, so all are decided together. What other episodes of the podcast
    tell since is for the people stage. Nobody is decided, and no occasion read, where there is
    nothing to decide.
    """
    judged = {row.label for row in stored if row.version == MATCHER_VERSION}
    if judged == figures.keys() == {row.label for row in stored}:
        return Resolution({}, {}, {}), None
    voices = {label: one.appearances for label, one in figures.items()}
    facts = episode_facts(session, episode_id, voices, segments)
    record_mentions(session, episode_id, facts)
    podcast_id = facts.episode_info.podcast_id
    return resolve(session, episode_id, podcast_id, match(facts.context)), facts.episode_info
