"""Makes an episode's rows, its speakers and everybody's figures equal to a transcript."""

from collections.abc import Mapping, Sequence

from sqlmodel import Session

from tasks.counts.store.updates import counting, counting_first
from tasks.speakers.match import MATCHER_VERSION, match
from tasks.speakers.quarantine_values import NewVoice, Occasion
from tasks.speakers.resolve import revisit
from tasks.speakers.store.attribution import columns, hold_new, hold_speakers
from tasks.speakers.store.evidence import episode_facts, note_mentions
from tasks.speakers.store.people import (
    KnownPerson,
    Resolved,
    SpeakerRow,
    drop_speakers,
    resolve,
    show_better_names,
    speakers_of,
    write_speakers,
)
from tasks.transcripts.diff import SegmentDifference
from tasks.transcripts.speaker_stats import speaker_figures
from tasks.transcripts.store import store_segments
from tasks.transcripts.values import Segment, SpeakerFigures


def count_transcript(
    session: Session, episode_id: int, segments: Sequence[Segment]
) -> SegmentDifference:
    """Write exactly the difference, resolve who is new, and count; returns what was written.

    The caller holds the episode's lock. A transcript that says what the rows say writes nothing.
    """
    stored = speakers_of(session, episode_id)
    figures = speaker_figures(segments)
    resolved, occasion = _resolved(session, episode_id, stored, figures, segments)
    held, again = ({}, True) if stored else _held(session, occasion, figures, resolved)
    counted = counting(session, [episode_id]) if stored else counting_first(session, episode_id)
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
            hold_speakers(session, episode_id)
    show_better_names(session, resolved.better_names)
    revisit(session, resolved.revisit)
    return change


def _held(
    session: Session,
    occasion: Occasion | None,
    figures: Mapping[str, SpeakerFigures],
    resolved: Resolved,
) -> tuple[dict[str, dict[str, object]], bool]:
    """How the first speakers of an episode stand; True if that has to be looked at once more."""
    if occasion is None:
        return {}, False
    voices = [_voice(label, one, resolved.meant_by(label)) for label, one in figures.items()]
    held, again = hold_new(session, occasion, voices)
    return {one.label: columns(one, now) for one, now in held}, again


def _voice(label: str, figures: SpeakerFigures, person: KnownPerson | None) -> NewVoice:
    if person is None:
        return NewVoice(label, figures)
    return NewVoice(label, figures, person.id, person.first_on, person.is_new)


def _resolved(
    session: Session,
    episode_id: int,
    stored: Sequence[SpeakerRow],
    figures: Mapping[str, SpeakerFigures],
    segments: Sequence[Segment],
) -> tuple[Resolved, Occasion | None]:
    """Who speaks, when the labels are others than before, or were judged by another matcher.

    Labels tell about each other, so all are decided together. What other episodes of the podcast
    tell since is for the people stage. Nobody is decided, and no occasion read, where there is
    nothing to decide.
    """
    judged = {row.label for row in stored if row.version == MATCHER_VERSION}
    if judged == figures.keys() == {row.label for row in stored}:
        return Resolved({}, {}, {}), None
    voices = {label: one.appearances for label, one in figures.items()}
    facts = episode_facts(session, episode_id, voices, segments)
    note_mentions(session, episode_id, facts)
    podcast_id = facts.occasion.podcast_id
    return resolve(session, episode_id, podcast_id, match(facts.context)), facts.occasion
