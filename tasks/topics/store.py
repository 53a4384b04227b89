"""Topics in the database: each episode's are made equal to what its feed says."""

from collections.abc import Collection

from sqlalchemy import text
from sqlmodel import Session

from models.queries.changes import note_podcasts
from tasks.topics.naming import topics

# A podcast without any topic is read as a whole: it may be from before there were topics.
_WHOLE = text("""
    SELECT id FROM podcast p WHERE id = ANY(:podcasts) AND NOT EXISTS (
        SELECT FROM episode e JOIN episode_topic x ON x.episode_id = e.id WHERE e.podcast_id = p.id)
""")
_SAID = text("""
    SELECT e.id, p.categories || p.keywords || e.categories || e.keywords AS said
    FROM episode e JOIN podcast p ON p.id = e.podcast_id
    WHERE e.podcast_id = ANY(:podcasts) OR e.id = ANY(:episodes) ORDER BY e.id
""")
_KEPT = text("""
    SELECT x.episode_id, t.slug FROM episode_topic x JOIN topic t ON t.id = x.topic_id
    WHERE x.episode_id = ANY(:episodes)
""")
_KNOWN = text("SELECT slug FROM topic WHERE slug = ANY(:slugs)")
# Sorted, so that two that meet the same new topics cannot wait for each other.
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
    """Write the difference between what feeds say and what is kept.

    Of ``podcast_ids`` that changed, or have no topics at all, every episode is looked at; of the
    others these episodes, new and changed ones. The caller holds the podcasts' locks. An episode
    has its podcast's topics beside its own.
    """
    params = {"podcasts": list(podcast_ids)}
    whole = session.connection().execute(_WHOLE, params).scalars().all()
    params = {"podcasts": sorted({*whole, *changed_podcasts}), "episodes": list(episode_ids)}
    if not params["podcasts"] and not params["episodes"]:
        return
    rows = session.connection().execute(_SAID, params).all()
    said = {(row.id, slug): name for row in rows for slug, name in topics(row.said).items()}
    params = {"episodes": [row.id for row in rows]}
    kept = {(row.episode_id, row.slug) for row in session.connection().execute(_KEPT, params)}
    _write(session, said, kept)
    if whole and said.keys() - kept:
        note_podcasts(session, whole)  # of the others, a row changed that is noted anyway


def _write(session: Session, said: dict[tuple[int, str], str], kept: set[tuple[int, str]]) -> None:
    new, gone = said.keys() - kept, kept - said.keys()
    if new:
        _add_topics(session, {slug: said[episode, slug] for episode, slug in sorted(new)})
        session.connection().execute(_ADD, _columns(new))
    if gone:
        session.connection().execute(_REMOVE, _columns(gone))


def _add_topics(session: Session, names: dict[str, str]) -> None:
    known = session.connection().execute(_KNOWN, {"slugs": list(names)}).scalars().all()
    missing = sorted(names.keys() - set(known))
    if missing:
        params = {"slugs": missing, "names": [names[slug] for slug in missing]}
        session.connection().execute(_ADD_TOPICS, params)


def _columns(pairs: Collection[tuple[int, str]]) -> dict[str, list[object]]:
    ordered = sorted(pairs)
    return {"episodes": [e for e, _ in ordered], "slugs": [s for _, s in ordered]}
