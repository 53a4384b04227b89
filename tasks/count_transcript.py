"""Makes an episode's rows, its speakers and everybody's figures equal to a transcript."""

from collections.abc import Sequence

from sqlmodel import Session

from tasks.counts.store import counting
from tasks.identity.store import hold_speakers
from tasks.people.store import drop_speakers, show_better_names, speakers_of, write_speakers
from tasks.transcripts.difference import SegmentDifference
from tasks.transcripts.store import speaker_figures, store_segments
from tasks.transcripts.values import Segment


def count_transcript(
    session: Session, episode_id: int, segments: Sequence[Segment]
) -> SegmentDifference:
    """Write exactly the difference, resolve who is new, and count; returns what was written.

    The caller holds the episode's lock. A transcript that says what the rows say writes nothing.
    """
    stored = speakers_of(session, episode_id)
    figures = speaker_figures(segments)
    with counting(session, [episode_id], contributed=bool(stored)):
        speakers, resolved = write_speakers(session, episode_id, stored, figures)
        change = store_segments(
            session,
            episode_id,
            segments,
            speakers=speakers,
            stored_labels={row.id: row.label for row in stored},
        )
        drop_speakers(session, [row.id for row in stored if row.label not in figures])
        hold_speakers(session, episode_id)
    show_better_names(session, resolved.better_names)
    return change
