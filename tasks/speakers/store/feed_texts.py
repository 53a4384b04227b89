"""Texts that the feed has beside the transcript, for names of labels that occur once."""

from models.database import Session
from models.database.sql import rows, statement
from tasks.speakers.evidence.feed_names import FeedTexts
from tasks.speakers.facts import tags_of

_EPISODE = statement("""
    SELECT e.title, e.description, e.persons || p.persons AS tags
    FROM episode e JOIN podcast p ON p.id = e.podcast_id WHERE e.id = :episode_id
""")


def feed_texts(session: Session, episode_id: int) -> FeedTexts:
    """What the feed says about an episode; empty when the episode no longer exists."""
    for episode in rows(session, _EPISODE, {"episode_id": episode_id}):
        return FeedTexts(tags_of(episode.tags), episode.title, episode.description)
    return FeedTexts((), "", "")
