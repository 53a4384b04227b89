"""The people and episodes that a decision names."""

from sqlalchemy import text
from sqlmodel import Session

from models.queries.people import find_slug
from tasks.speakers.decisions import DecisionRefused
from tasks.speakers.names.names import comparable

_BY_SLUG = text("SELECT id FROM person WHERE slug = :slug")
_EPISODE = text("SELECT FROM episode WHERE id = :id")


def person_id(session: Session, said: str) -> int:
    """Somebody by slug, merged or not, or by a name that is shown.

    Raises:
        DecisionRefused: nobody is known so.
    """
    connection = session.connection()
    found = connection.execute(_BY_SLUG, {"slug": said}).scalar()
    if found is None and (slug := find_slug(session, said, comparable(said))) is not None:
        found = connection.execute(_BY_SLUG, {"slug": slug}).scalar()
    if found is None:
        raise DecisionRefused("no_such_person", f"no such person: {said}")
    return int(found)


def has_episode(session: Session, episode_id: int) -> bool:
    """Whether there is such an episode."""
    return session.connection().execute(_EPISODE, {"id": episode_id}).first() is not None
