"""The quotes of an issue as they are now: whose words they are after corrections."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from models.database.sql import fetch_all
from models.queries.visibility import VISIBLE
from tasks.blog.periods import DigestPeriod
from tasks.blog.values import DigestRow

# A speaker has a person only while the words count for them: neither reassigned nor in quarantine.
# Merges of people and of podcasts do not change whose words they are.
_QUOTED = f"""
    WITH RECURSIVE quote AS (
        SELECT * FROM unnest(CAST(:slugs AS text[]), CAST(:texts AS text[]),
                             CAST(:podcasts AS text[])) AS q (slug, text, podcast)
    ), who AS (
        SELECT o.slug, o.id, o.merged_into FROM person o WHERE o.slug = ANY(:slugs)
        UNION
        SELECT w.slug, o.id, o.merged_into FROM who w JOIN person o ON o.id = w.merged_into
    ), url AS (
        SELECT id, url_key FROM podcast
        UNION ALL SELECT podcast_id, url_key FROM feed_url_history
        UNION ALL SELECT duplicate_of, url_key FROM podcast WHERE duplicate_of IS NOT NULL
    )
    SELECT DISTINCT q.slug AS key, o.name
    FROM quote q JOIN who w ON w.slug = q.slug
    JOIN person o ON o.id = w.id AND o.state = 'active'
    JOIN speaker s ON s.person_id = o.id
    JOIN episode e ON e.id = s.episode_id JOIN podcast p ON p.id = e.podcast_id
    JOIN appearance a ON a.speaker_id = s.id AND a.text = q.text
    WHERE e.stats_date BETWEEN :begin AND :end AND {VISIBLE}
        AND EXISTS (SELECT FROM url u WHERE u.id = p.id AND md5(u.url_key) = q.podcast)
"""  # noqa: S608  constants of ours


@dataclass(frozen=True, slots=True)
class _Quoted:
    key: str
    name: str


def quoted_now(
    session: Session, period: DigestPeriod, quotes: Sequence[DigestRow]
) -> dict[str, str]:
    """The present name of each quoted person whose words these still are, by the key of the row."""
    params = {
        "begin": period.begins_on,
        "end": period.ends_on,
        "slugs": [row.key for row in quotes],
        "texts": [row.text for row in quotes],
        "podcasts": [row.podcast for row in quotes],
    }
    return {row.key: row.name for row in fetch_all(session, _QUOTED, _Quoted, params)}
