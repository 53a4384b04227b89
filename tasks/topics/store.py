"""Topics in the database: each episode's are made equal to what its feed says."""

from collections.abc import Collection, Sequence

from sqlalchemy import text
from sqlmodel import Session

from tasks.topics.naming import topics

_SAID = text("""
    SELECT e.id, p.categories || p.keywords || e.categories || e.keywords AS said
    FROM episode e JOIN podcast p ON p.id = e.podcast_id
    WHERE e.podcast_id = ANY(:podcasts) ORDER BY e.id
""")
_KEPT = text("""
    SELECT t.episode_id, o.slug FROM episode_topic t JOIN topic o ON o.id = t.topic_id
    JOIN episode e ON e.id = t.episode_id WHERE e.podcast_id = ANY(:podcasts)
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


def store_topics(session: Session, podcast_ids: Sequence[int]) -> int:
    """Write the difference between what feeds say and what is kept; how many rows it was.

    The caller holds the podcasts' locks. An episode has its podcast's topics beside its own.
    """
    if not podcast_ids:
        return 0
    asked = {"podcasts": list(podcast_ids)}
    said: dict[tuple[int, str], str] = {}
    for episode_id, words in session.connection().execute(_SAID, asked):
        said |= {(episode_id, slug): name for slug, name in topics(words).items()}
    rows = session.connection().execute(_KEPT, asked)
    kept = {(row.episode_id, row.slug) for row in rows}
    new, gone = said.keys() - kept, kept - said.keys()
    if new:
        _add_topics(session, {slug: said[episode, slug] for episode, slug in sorted(new)})
        session.connection().execute(_ADD, _columns(new))
    if gone:
        session.connection().execute(_REMOVE, _columns(gone))
    return len(new) + len(gone)


def _add_topics(session: Session, names: dict[str, str]) -> None:
    known = session.connection().execute(_KNOWN, {"slugs": list(names)}).scalars().all()
    missing = sorted(names.keys() - set(known))
    if missing:
        asked = {"slugs": missing, "names": [names[slug] for slug in missing]}
        session.connection().execute(_ADD_TOPICS, asked)


def _columns(pairs: Collection[tuple[int, str]]) -> dict[str, list[object]]:
    ordered = sorted(pairs)
    return {"episodes": [e for e, _ in ordered], "slugs": [s for _, s in ordered]}
