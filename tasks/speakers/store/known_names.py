"""Names that an episode or its podcast has beside the transcript, for labels that occur once."""

from collections.abc import Collection

from models.database import Session
from models.database.sql import rows, statement, values
from tasks.speakers.evidence.title_mentions import names_in_text

_EPISODE = statement("""
    SELECT e.title, e.description, e.persons || p.persons AS tags
    FROM episode e JOIN podcast p ON p.id = e.podcast_id WHERE e.id = :episode_id
""")
# Labels of the podcast's other episodes. The episode itself is left out, so that it makes no
# difference whether it is stored already.
_RECURRING = statement("""
    SELECT s.label FROM speaker s
    WHERE s.label = ANY(:labels) AND s.appearances > 0 AND s.episode_id = ANY(ARRAY(
        SELECT o.id FROM episode o
        WHERE o.podcast_id = (SELECT podcast_id FROM episode WHERE id = :episode_id)
            AND o.id <> :episode_id))
    GROUP BY s.label HAVING count(*) > 1 OR sum(s.appearances) >= :often ORDER BY s.label
""")
_OFTEN = 5  # a label with so many segments in one other episode recurs


def known_speakers(session: Session, episode_id: int, labels: Collection[str]) -> list[str]:
    """People who may speak in an episode: tagged, introduced in its texts, or recurring labels.

    Args:
        session: a session.
        episode_id: of the episode.
        labels: those that may recur.
    """
    params = {"episode_id": episode_id, "labels": sorted(labels), "often": _OFTEN}
    found = list(values(session, _RECURRING, params))
    for episode in rows(session, _EPISODE, {"episode_id": episode_id}):
        found += [tag["name"] for tag in episode.tags if tag.get("name")]
        named = names_in_text(episode.title, episode.description)
        found += [one.name.display for one in named if one.by_cue]
    return found
