"""Which languages are spoken in what is followed."""

from sqlmodel import Session

from models.queries.sql import rows

_LANGUAGES = """
    SELECT lower(split_part(replace(language, '_', '-'), '-', 1)) AS language, count(*) AS podcasts
    FROM podcast WHERE language <> '' AND state IN ('active', 'paused', 'gone')
    GROUP BY 1 HAVING lower(split_part(replace(min(language), '_', '-'), '-', 1)) ~ '^[a-z]{2,3}$'
    ORDER BY 2 DESC, 1 LIMIT 50
"""


def languages_spoken(session: Session) -> list[str]:
    """Primary subtags of the podcasts' languages, the most frequent first."""
    return [row["language"] for row in rows(session, _LANGUAGES)]
