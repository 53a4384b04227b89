"""Topics in the database: the topics of each episode follow its feed."""

from collections.abc import Collection

from sqlalchemy import text

from models.database import Session
from models.queries.changes import note_podcasts
from tasks.topics.naming import topics

# A podcast without any topic is read whole: it may have been stored before topics existed.
_UNTAGGED = text("""
    SELECT id FROM podcast p WHERE id = ANY(:podcasts) AND NOT EXISTS (
        SELECT FROM episode e JOIN episode_topic x ON x.episode_id = e.id WHERE e.podcast_id = p.id)
""")
_FROM_FEEDS = text("""
    SELECT e.id, p.categories || p.keywords || e.categories || e.keywords AS texts
    FROM episode e JOIN podcast p ON p.id = e.podcast_id
    WHERE e.podcast_id = ANY(:podcasts) OR e.id = ANY(:episodes) ORDER BY e.id
""")
_STORED = text("""
    SELECT x.episode_id, t.slug FROM episode_topic x JOIN topic t ON t.id = x.topic_id
    WHERE x.episode_id = ANY(:episodes)
""")
_KNOWN = text("SELECT slug FROM topic WHERE slug = ANY(:slugs)")
# Sorted, so that two transactions that add the same topics cannot deadlock.
_ADD_TOPICS = text("""
    INSERT INTO topic (slug, name)
    SELECT n.slug, n.name FROM unnest(CAST(:slugs AS text[]), CAST(:names AS text[]))
        AS n (slug, name) ORDER BY n.slug
    ON CONFLICT (slug) DO NOTHING
""")
_ADD = text("""
    INSERT INTO episode_topic (episode_id, topic_id)
    SELECT n.episode_id, t.id
    FROM unnest(CAST(:episodes AS bigint[]), CAST(:slugs AS text[])) AS n (episode_id, slug)
    JOIN topic t ON t.slug = n.slug ORDER BY n.episode_id, t.id
    ON CONFLICT (episode_id, topic_id) DO NOTHING
""")
_REMOVE = text("""
    DELETE FROM episode_topic t
    USING unnest(CAST(:episodes AS bigint[]), CAST(:slugs AS text[])) AS n (episode_id, slug),
          topic o
    WHERE o.slug = n.slug AND t.episode_id = n.episode_id AND t.topic_id = o.id
""")


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
    params = {"podcasts": list(podcast_ids)}
    untagged = session.connection().execute(_UNTAGGED, params).scalars().all()
    params = {"podcasts": sorted({*untagged, *changed_podcasts}), "episodes": list(episode_ids)}
    if not params["podcasts"] and not params["episodes"]:
        return
    rows = session.connection().execute(_FROM_FEEDS, params).all()
    current = {(row.id, slug): name for row in rows for slug, name in topics(row.texts).items()}
    params = {"episodes": [row.id for row in rows]}
    stored = {(row.episode_id, row.slug) for row in session.connection().execute(_STORED, params)}
    _write(session, current, stored)
    if untagged and current.keys() - stored:
        note_podcasts(session, untagged)  # the others changed a row, which is in the change log


def _write(
    session: Session, current: dict[tuple[int, str], str], stored: set[tuple[int, str]]
) -> None:
    new, removed = current.keys() - stored, stored - current.keys()
    if new:
        _add_topics(session, {slug: current[episode, slug] for episode, slug in sorted(new)})
        session.connection().execute(_ADD, _columns(new))
    if removed:
        session.connection().execute(_REMOVE, _columns(removed))


def _add_topics(session: Session, names: dict[str, str]) -> None:
    known = session.connection().execute(_KNOWN, {"slugs": list(names)}).scalars().all()
    missing = sorted(names.keys() - set(known))
    if missing:
        params = {"slugs": missing, "names": [names[slug] for slug in missing]}
        session.connection().execute(_ADD_TOPICS, params)


def _columns(pairs: Collection[tuple[int, str]]) -> dict[str, list[object]]:
    ordered = sorted(pairs)
    return {"episodes": [e for e, _ in ordered], "slugs": [s for _, s in ordered]}
