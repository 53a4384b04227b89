"""What the store has to try the API with: a person, a topic, a podcast, an episode with times."""

from dataclasses import dataclass

from sqlmodel import Session

from models.queries.shown import fetch_only, withheld_podcasts
from models.queries.visibility import VISIBLE, listed_podcast

_EXAMPLES = f"""
    SELECT (SELECT slug FROM person WHERE state = 'active' AND appearances > 0
            ORDER BY appearances DESC, slug LIMIT 1) AS person_slug,
           (SELECT t.slug FROM topic t WHERE EXISTS (
                SELECT FROM episode_topic x JOIN episode e ON e.id = x.episode_id
                JOIN podcast p ON p.id = e.podcast_id WHERE x.topic_id = t.id AND {VISIBLE})
            ORDER BY t.id LIMIT 1) AS topic_slug,
           (SELECT p.id FROM podcast p WHERE {listed_podcast()}
            ORDER BY p.id LIMIT 1) AS podcast_id,
           (SELECT e.id FROM speaker s JOIN episode e ON e.id = s.episode_id
            JOIN podcast p ON p.id = e.podcast_id
            WHERE s.spoken_ms > 0 AND {VISIBLE} AND p.id <> ALL(CAST(:private AS bigint[]))
            ORDER BY s.id LIMIT 1) AS episode_id
"""  # noqa: S608  constants of ours


@dataclass(frozen=True, slots=True)
class ExampleSubjects:
    """Slugs of a person and a topic, ids of a podcast and an episode; None without one."""

    person_slug: str | None
    topic_slug: str | None
    podcast_id: int | None
    episode_id: int | None


def example_subjects(session: Session) -> ExampleSubjects:
    """Something of each kind that the store has."""
    params = {"private": list(withheld_podcasts(session))}
    return fetch_only(session, _EXAMPLES, ExampleSubjects, params)
