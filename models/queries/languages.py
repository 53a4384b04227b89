"""Languages of followed podcasts."""

from sqlmodel import Session

from models.database.sql import fetch_values
from models.queries.visibility import listed_podcast


def primary_language(column: str) -> str:
    """SQL: the primary language subtag (RFC 5646) of a column, in lower case."""
    return f"lower(split_part(replace({column}, '_', '-'), '-', 1))"


_LANGUAGES = f"""
    SELECT {primary_language("language")} AS language, count(*) AS podcasts
    FROM podcast p WHERE language <> '' AND {listed_podcast()}
    GROUP BY 1 HAVING {primary_language("min(language)")} ~ '^[a-z]{{2,3}}$'
    ORDER BY 2 DESC, 1 LIMIT 50
"""  # noqa: S608  constants of ours


def languages_spoken(session: Session) -> list[str]:
    """Primary language subtags (RFC 5646), most frequent first."""
    return fetch_values(session, _LANGUAGES)
