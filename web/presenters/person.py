"""Facts about a person that both the page and the API show."""

from sqlmodel import Session

from models.queries.coverage import counted_episodes, roles_of_person
from models.queries.person import called, is_regular, podcasts_of_person, speaks_with
from models.queries.sql import Row
from web.cache.cache import cached, cached_per_podcast, person


def podcasts_with_roles(session: Session, person_id: int) -> list[Row]:
    """The podcasts a person speaks on, most appearances first, with role and `regular`."""
    podcasts = podcasts_of_person(session, person_id)
    counted = cached_per_podcast(session, [one["id"] for one in podcasts], counted_episodes)
    pairs = tuple((one["id"], counted[one["id"]]) for one in podcasts)
    roles = cached(session, person(person_id), roles_of_person, person_id, pairs)
    return [
        one
        | {"regular": is_regular(one["episodes"], counted[one["id"]])}
        | {"role": roles.get(one["id"], "other")}
        for one in podcasts
    ]


def co_speakers(session: Session, person_id: int) -> list[Row]:
    """The other speakers in a person's episodes, by number of shared episodes."""
    return called(session, cached(session, person(person_id), speaks_with, person_id))
