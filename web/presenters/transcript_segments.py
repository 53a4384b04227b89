"""The transcript of an episode as a file's text, from the rows."""

from sqlmodel import Session

from models.queries import episode_pages
from models.queries.episode_pages import EpisodeDetails
from models.queries.shown import is_withheld
from web.presenters.transcript_files import TranscriptFormat, WrittenSegment, write_transcript
from web.read_transaction import snapshot

MAX_SEGMENTS = 50_000


def transcript_text(episode_id: int, form: TranscriptFormat, *, revealing: bool) -> str | None:
    """The transcript in a format; None without one, or if it is withheld from strangers.

    Raises:
        TimesMissing: the format needs times that the transcript does not have.
    """
    with snapshot(revealing=revealing) as session:
        about = episode_pages.episode(session, episode_id)
        if about is None or about.podcast_state == "removed":
            return None
        if is_withheld(session, about.podcast_id):
            return None
        segments = _segments(session, about)
    return write_transcript(segments, form) if segments else None


def _segments(session: Session, about: EpisodeDetails) -> list[WrittenSegment]:
    episode_id = about.duplicate_of or about.id
    speakers = episode_pages.speakers_of_episode(session, episode_id)
    names = {speaker.id: speaker.name or speaker.label for speaker in speakers}
    found = episode_pages.segments(session, episode_id, -(2**31), MAX_SEGMENTS)
    return [
        WrittenSegment(names[one.speaker_id], one.start_ms, one.end_ms, one.text) for one in found
    ]
