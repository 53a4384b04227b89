"""The people and episodes that a decision refers to."""

from sqlmodel import select

from models import Episode, Person
from models.database import Session
from models.queries.people import find_slug
from tasks.speakers.decisions import DecisionRefused
from tasks.speakers.names.names import comparable


def person_id(session: Session, slug_or_name: str) -> int:
    """The id of a person by slug, merged or not, or by a name that is shown.

    Raises:
        DecisionRefused: there is no such person.
    """
    person = _by_slug(session, slug_or_name)
    if person is None:
        slug = find_slug(session, slug_or_name, comparable(slug_or_name))
        person = None if slug is None else _by_slug(session, slug)
    if person is None:
        raise DecisionRefused("no_such_person", f"no such person: {slug_or_name}")
    return person


def _by_slug(session: Session, slug: str) -> int | None:
    return session.exec(select(Person.id).where(Person.slug == slug)).first()


def has_episode(session: Session, episode_id: int) -> bool:
    """Whether the episode exists."""
    return session.exec(select(Episode.id).where(Episode.id == episode_id)).first() is not None
