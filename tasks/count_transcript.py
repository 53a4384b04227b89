"""Makes an episode's rows, its speakers and everybody's figures equal to a transcript."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session

from tasks.candidates.store import episode_facts, note_mentions
from tasks.counts.store import counting
from tasks.identity.store import columns, hold_new, hold_speakers
from tasks.people.match import MATCHER_VERSION, match
from tasks.people.store import (
    Resolved,
    SpeakerRow,
    drop_speakers,
    resolve,
    show_better_names,
    speakers_of,
    write_speakers,
)
from tasks.people.values import SpeakerFigures
from tasks.quarantine.values import NewVoice
from tasks.resolve_people import revisit
from tasks.transcripts.difference import SegmentDifference
from tasks.transcripts.store import (
    by_label,
    speaker_figures,
    store_segments,
    timed_characters,
)
from tasks.transcripts.values import Segment


def count_transcript(
    session: Session, episode_id: int, segments: Sequence[Segment]
) -> SegmentDifference:
    """Write exactly the difference, resolve who is new, and count; returns what was written.

    The caller holds the episode's lock. A transcript that says what the rows say writes nothing.
    """
    stored = speakers_of(session, episode_id)
    voices = by_label(segments)
    figures = speaker_figures(voices)
    resolved = _resolved(session, episode_id, stored, figures, segments)
    held, again = ({}, True) if stored else _held(session, episode_id, figures, resolved, voices)
    with counting(session, [episode_id], contributed=bool(stored)):
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
    episode_id: int,
    figures: Mapping[str, SpeakerFigures],
    resolved: Resolved,
    said: Mapping[str, Sequence[Segment]],
) -> tuple[dict[str, list[Any]], bool]:
    """How the first speakers of an episode stand; True if that has to be looked at once more."""
    if not figures:
        return {}, False
    characters = timed_characters(said)
    voices = [
        NewVoice(
            label,
            resolved.person_of(label),
            one.appearances,
            one.spoken_ms,
            characters[label],
        )
        for label, one in figures.items()
    ]
    held, again = hold_new(session, resolved.podcast_id, episode_id, voices)
    return columns(held), again


def _resolved(
    session: Session,
    episode_id: int,
    stored: Sequence[SpeakerRow],
    figures: Mapping[str, SpeakerFigures],
    segments: Sequence[Segment],
) -> Resolved:
    """Who speaks, when the labels are others than before, or were judged by another matcher.

    Labels tell about each other, so all are decided together. What other episodes of the podcast
    tell since is for the people stage.
    """
    judged = {row.label for row in stored if row.version == MATCHER_VERSION}
    if judged == figures.keys() == {row.label for row in stored}:
        return Resolved({}, {}, {})
    voices = {label: one.appearances for label, one in figures.items()}
    words = [(segment.label, segment.text) for segment in segments]
    facts = episode_facts(session, episode_id, voices, words)
    note_mentions(session, episode_id, facts.named)
    return resolve(session, episode_id, facts.podcast_id, match(facts.context))
