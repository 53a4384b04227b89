"""What a person's page and the API tell of somebody alike."""

from sqlmodel import Session

from models.queries.coverage import counted_episodes, roles_of_person
from models.queries.person import called, is_regular, podcasts_of_person, speaks_with
from models.queries.sql import Row
from web.cache.cache import kept, kept_of_podcasts, person


def podcasts_in_full(session: Session, person_id: int) -> list[Row]:
    """Where they speak, most first: as what, and whether in half of what is counted there."""
    podcasts = podcasts_of_person(session, person_id)
    counted = kept_of_podcasts(session, [one["id"] for one in podcasts], counted_episodes)
    pairs = tuple((one["id"], counted[one["id"]]) for one in podcasts)
    roles = kept(session, person(person_id), roles_of_person, person_id, pairs)
    return [
        one
        | {"regular": is_regular(one["episodes"], counted[one["id"]])}
        | {"role": roles.get(one["id"], "other")}
        for one in podcasts
    ]


def speak_with(session: Session, person_id: int) -> list[Row]:
    """Who else speaks in their episodes, by how many of them."""
    return called(session, kept(session, person(person_id), speaks_with, person_id))
