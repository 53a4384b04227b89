"""What feeds publish about a person in tags of the episodes where they speak: pages, pictures."""

from dataclasses import dataclass

from sqlmodel import Session

from models.queries.shown import fetch_all
from models.queries.visibility import VISIBLE

# Tags change seldom, so the newest episodes have them all; this bounds the reading.
EPISODES = 200

_TAGS = f"""
    SELECT n.podcast_id, t.name, t.href, t.img FROM (
        SELECT e.id, e.podcast_id, e.stats_date, e.persons
        FROM speaker s JOIN episode e ON e.id = s.episode_id JOIN podcast p ON p.id = e.podcast_id
        WHERE s.person_id = :id AND s.appearances > 0 AND {VISIBLE}
        ORDER BY e.stats_date DESC, e.id DESC LIMIT :episodes
    ) n CROSS JOIN LATERAL jsonb_to_recordset(n.persons) AS t (name text, href text, img text)
    WHERE t.name IS NOT NULL AND (t.href IS NOT NULL OR t.img IS NOT NULL)
    GROUP BY 1, 2, 3, 4 ORDER BY max(n.stats_date) DESC, max(n.id) DESC, t.name
"""  # noqa: S608  constants of ours


@dataclass(frozen=True, slots=True)
class LinkedPersonTag:
    """A person tag with a page or a picture, of whomever the feed names there."""

    podcast_id: int
    name: str
    href: str | None
    img: str | None


def person_tags(session: Session, person_id: int) -> list[LinkedPersonTag]:
    """The tags with a page or a picture in a person's newest episodes, newest first.

    They name everybody in those episodes: the caller chooses those of the person. The tags of
    private podcasts have neither, unless the session is an operator's.
    """
    params = {"id": person_id, "episodes": EPISODES}
    return fetch_all(session, _TAGS, LinkedPersonTag, params)
