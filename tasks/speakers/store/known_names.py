"""Names that the feed has beside the transcript, for labels that occur once."""

from models.database import Session
from models.database.sql import rows, statement
from tasks.speakers.evidence.title_mentions import names_in_text

_EPISODE = statement("""
    SELECT e.title, e.description, e.persons || p.persons AS tags
    FROM episode e JOIN podcast p ON p.id = e.podcast_id WHERE e.id = :episode_id
""")


def known_speakers(session: Session, episode_id: int) -> list[str]:
    """People who may speak in an episode: tagged, or introduced in its title or description.

    Labels of other episodes are left out: what is read would depend on the order in which
    episodes are ingested, and the same bytes would be read otherwise the next time.
    """
    found = list[str]()
    for episode in rows(session, _EPISODE, {"episode_id": episode_id}):
        found += [tag["name"] for tag in episode.tags if tag.get("name")]
        named = names_in_text(episode.title, episode.description)
        found += [one.name.display for one in named if one.by_cue]
    return found
