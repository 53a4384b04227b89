"""Podcasts and companions of a person, for the page and the API."""

from dataclasses import dataclass

from sqlmodel import Session

from models.queries.coverage import counted_episodes, roles_of_person
from models.queries.person import is_regular, people_by_id, podcasts_of_person, speaks_with
from web.cache.cache import kept, kept_of_podcasts, person


@dataclass(frozen=True, slots=True)
class PodcastWithRole:
    """A person's counts and role in one podcast; ``regular`` as in ``is_regular``."""

    id: int
    title: str
    feed_url: str
    appearances: int
    episodes: int
    spoken_ms: int
    regular: bool
    role: str


@dataclass(frozen=True, slots=True)
class Companion:
    """Another person who speaks in the same episodes, and in how many of them."""

    name: str
    slug: str
    episodes: int


def podcasts_in_full(session: Session, person_id: int) -> list[PodcastWithRole]:
    """The podcasts in which a person speaks, most appearances first, with their role."""
    podcasts = podcasts_of_person(session, person_id)
    counted = kept_of_podcasts(session, [podcast.id for podcast in podcasts], counted_episodes)
    pairs = tuple((podcast.id, counted[podcast.id]) for podcast in podcasts)
    roles = kept(session, person(person_id), roles_of_person, person_id, pairs)
    return [
        PodcastWithRole(
            id=podcast.id,
            title=podcast.title,
            feed_url=podcast.feed_url,
            appearances=podcast.appearances,
            episodes=podcast.episodes,
            spoken_ms=podcast.spoken_ms,
            regular=is_regular(podcast.episodes, counted[podcast.id]),
            role=roles.get(podcast.id, "other"),
        )
        for podcast in podcasts
    ]


def companions(session: Session, person_id: int) -> list[Companion]:
    """Other people who speak in a person's episodes, most episodes first."""
    shared = kept(session, person(person_id), speaks_with, person_id)
    people = people_by_id(session, [other.id for other in shared])
    return [
        Companion(people[other.id].name, people[other.id].slug, other.episodes) for other in shared
    ]
