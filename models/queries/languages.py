"""Languages of followed podcasts."""

from sqlmodel import Session

from models.database.sql import fetch_values
from models.queries.visibility import listed_podcast

_LANGUAGES = f"""
    SELECT lower(split_part(replace(language, '_', '-'), '-', 1)) AS language, count(*) AS podcasts
    FROM podcast p WHERE language <> '' AND {listed_podcast()}
    GROUP BY 1 HAVING lower(split_part(replace(min(language), '_', '-'), '-', 1)) ~ '^[a-z]{{2,3}}$'
    ORDER BY 2 DESC, 1 LIMIT 50
"""  # noqa: S608  constants of ours


def languages_spoken(session: Session) -> list[str]:
    """Primary language subtags (RFC 5646), most frequent first."""
    return fetch_values(session, _LANGUAGES)
