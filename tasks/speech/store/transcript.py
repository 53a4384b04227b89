"""The row of a transcript that was made from audio; ingest reads it like a listed one."""

from models.database import Session
from models.database.sql import execute
from tasks.speech.document import MEDIA_TYPE, URL
from tasks.transcripts.store import ASR

_LIST = """
    INSERT INTO transcript (episode_id, url, type, language, source, is_listed, is_selected)
    VALUES (:episode_id, :url, :type, :language, :source, true, false)
    ON CONFLICT (episode_id, md5(url)) DO UPDATE SET language = excluded.language
"""


def list_transcript(session: Session, episode_id: int, language: str | None) -> None:
    """Add the transcript that was made from an episode's audio, unless it is there already."""
    params = {
        "episode_id": episode_id,
        "url": URL,
        "type": MEDIA_TYPE,
        "language": language,
        "source": ASR,
    }
    execute(session, _LIST, params)
