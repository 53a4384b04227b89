"""What is known of an episode before its audio is heard: language, people, number of speakers."""

from dataclasses import dataclass
from typing import Any

from sqlmodel import col, select

from models import Episode, Person, PersonPodcast, Podcast, PodcastSpeech
from models.database import Session

# Names that are given to the engine, at most: more than its prompt holds pushes out the first ones.
MAX_NAMES = 60
_RECURRING = 20


@dataclass(frozen=True, slots=True)
class KnownPeople:
    """Names that may be spoken, the likeliest first, and how many speakers there are.

    ``expected`` is how many people the tags name, None for none; ``speakers`` is what an operator
    chose for the podcast: there are never more.
    """

    names: tuple[str, ...]
    expected: int | None
    speakers: int | None


def known_people(session: Session, episode_id: int) -> KnownPeople:
    """The people whom the episode's tags name, then those who often speak in its podcast."""
    episode = session.get_one(Episode, episode_id)
    podcast = session.get_one(Podcast, episode.podcast_id)
    tagged = _names(episode.persons or podcast.persons)
    query = (
        select(Person.name)
        .join(PersonPodcast, col(PersonPodcast.person_id) == Person.id)
        .where(PersonPodcast.podcast_id == episode.podcast_id)
        .order_by(col(PersonPodcast.appearances).desc())
        .limit(_RECURRING)
    )
    names = dict.fromkeys([*tagged, *session.exec(query)])
    chosen = session.get(PodcastSpeech, episode.podcast_id)
    speakers = chosen.speakers if chosen else None
    return KnownPeople(tuple(names)[:MAX_NAMES], len(set(tagged)) or None, speakers)


def _names(persons: list[dict[str, Any]]) -> list[str]:
    return [str(person["name"]) for person in persons if person.get("name")]
