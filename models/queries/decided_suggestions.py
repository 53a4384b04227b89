"""Suggestions by id, decided or not, with the decision that was recorded for each."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from models.database.row_columns import row_columns
from models.queries.shown import fetch_one
from models.tables.identity import IdentityDecision, Suggestion
from models.tables.person import Person
from models.tables.podcast import Podcast

_Other = aliased(Person)
_Target = aliased(Podcast)


@dataclass(frozen=True, slots=True)
class DecidedSuggestion:
    """A suggestion with the names of what it is about; ``target_id`` is who a merge left."""

    id: int
    kind: str
    state: str
    person_id: int | None
    person: str | None
    other: str | None
    podcast: str | None
    target_podcast: str | None
    evidence: dict[str, Any]
    target_id: int | None


def decided_suggestion(session: Session, suggestion_id: int) -> DecidedSuggestion | None:
    """The suggestion with this id, whatever its state."""
    columns = row_columns(
        DecidedSuggestion,
        Suggestion,
        person=Person.name,
        other=_Other.name,
        podcast=Podcast.title,
        target_podcast=_Target.title,
        target_id=IdentityDecision.target_person_id,
    )
    query = (
        select(*columns)
        .outerjoin(Person, col(Person.id) == Suggestion.person_id)
        .outerjoin(_Other, col(_Other.id) == Suggestion.target_person_id)
        .outerjoin(Podcast, col(Podcast.id) == Suggestion.podcast_id)
        .outerjoin(_Target, col(_Target.id) == Suggestion.target_podcast_id)
        .outerjoin(IdentityDecision, col(IdentityDecision.id) == Suggestion.event_id)
        .where(col(Suggestion.id) == suggestion_id)
    )
    return fetch_one(session, query, DecidedSuggestion)
