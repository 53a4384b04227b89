"""Topics in the database: the topics of each episode follow its feed."""

from collections.abc import Collection, Set
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import bindparam, func, select
from sqlmodel import col

from models import Episode, EpisodeTopic, Podcast, Topic
from models.database import Session
from models.database.sql import Compiled, execute, fetch_all, fetch_values
from models.queries.changes import note_podcasts
from tasks.topics.naming import topics


class _TopicKey(NamedTuple):
    episode_id: int
    slug: str


_TAGGED = (
    select(EpisodeTopic)
    .join(Episode, col(Episode.id) == EpisodeTopic.episode_id)
    .where(col(Episode.podcast_id) == Podcast.id)
)
# A podcast without any topic is read whole: it may have been stored before topics existed.
_UNTAGGED = Compiled(
    select(col(Podcast.id)).where(
        col(Podcast.id) == func.any(bindparam("podcasts")), ~_TAGGED.exists()
    )
)
_STORED = Compiled(
    select(col(EpisodeTopic.episode_id), col(Topic.slug))
    .join(Topic)
    .where(col(EpisodeTopic.episode_id) == func.any(bindparam("episodes")))
)
_KNOWN = Compiled(select(col(Topic.slug)).where(col(Topic.slug) == func.any(bindparam("slugs"))))
_FROM_FEEDS = """
    SELECT e.id, p.categories || p.keywords || e.categories || e.keywords AS texts
    FROM episode e JOIN podcast p ON p.id = e.podcast_id
    WHERE e.podcast_id = ANY(:podcasts) OR e.id = ANY(:episodes) ORDER BY e.id
"""
# Sorted, so that two transactions that add the same topics cannot deadlock.
_ADD_TOPICS = """
    INSERT INTO topic (slug, name)
    SELECT n.slug, n.name FROM unnest(CAST(:slugs AS text[]), CAST(:names AS text[]))
        AS n (slug, name) ORDER BY n.slug
    ON CONFLICT (slug) DO NOTHING
"""
_ADD = """
    INSERT INTO episode_topic (episode_id, topic_id)
    SELECT n.episode_id, t.id
    FROM unnest(CAST(:episodes AS bigint[]), CAST(:slugs AS text[])) AS n (episode_id, slug)
    JOIN topic t ON t.slug = n.slug ORDER BY n.episode_id, t.id
    ON CONFLICT (episode_id, topic_id) DO NOTHING
"""
_REMOVE = """
    DELETE FROM episode_topic t
    USING unnest(CAST(:episodes AS bigint[]), CAST(:slugs AS text[])) AS n (episode_id, slug),
          topic o
    WHERE o.slug = n.slug AND t.episode_id = n.episode_id AND t.topic_id = o.id
"""


@dataclass(frozen=True, slots=True)
class _EpisodeTexts:
    id: int
    texts: list[str]


def store_topics(
    session: Session,
    podcast_ids: Collection[int],
    changed_podcasts: Collection[int],
    episode_ids: Collection[int],
) -> None:
    """Write the difference between the topics in feeds and the stored ones.

    Compares every episode of a podcast that changed or has no topics, else only ``episode_ids``,
    the new and changed ones. An episode has its own topics and those of its podcast. The caller has
    the locks of the podcasts.
    """
    untagged = fetch_values(session, _UNTAGGED, {"podcasts": list(podcast_ids)})
    params = {"podcasts": sorted({*untagged, *changed_podcasts}), "episodes": list(episode_ids)}
    if not params["podcasts"] and not params["episodes"]:
        return
    episodes = fetch_all(session, _FROM_FEEDS, _EpisodeTexts, params)
    current = {
        (episode.id, slug): name
        for episode in episodes
        for slug, name in topics(episode.texts).items()
    }
    params = {"episodes": [episode.id for episode in episodes]}
    stored = set(fetch_all(session, _STORED, _TopicKey, params))
    _write(session, current, stored)
    if untagged and current.keys() - stored:
        note_podcasts(session, untagged)  # the others changed a row, which is in the change log


def _write(
    session: Session, current: dict[tuple[int, str], str], stored: Set[tuple[int, str]]
) -> None:
    new, removed = current.keys() - stored, stored - current.keys()
    if new:
        _add_topics(session, {slug: current[episode, slug] for episode, slug in sorted(new)})
        execute(session, _ADD, _columns(new))
    if removed:
        execute(session, _REMOVE, _columns(removed))


def _add_topics(session: Session, names: dict[str, str]) -> None:
    known = fetch_values(session, _KNOWN, {"slugs": list(names)})
    missing = sorted(names.keys() - set(known))
    if missing:
        params = {"slugs": missing, "names": [names[slug] for slug in missing]}
        execute(session, _ADD_TOPICS, params)


def _columns(pairs: Collection[tuple[int, str]]) -> dict[str, list[object]]:
    ordered = sorted(pairs)
    return {"episodes": [e for e, _ in ordered], "slugs": [s for _, s in ordered]}
