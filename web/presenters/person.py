"""Facts about a person that both the page and the API show."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlmodel import Session

from models.queries.person import (
    PersonPodcastRow,
    TimelineRow,
    is_regular,
    people_by_id,
    podcasts_of_person,
    speaks_with,
    timeline_of_person,
)
from models.queries.roles import counted_episodes, roles_of_person
from models.queries.transcript_source import TranscriptSource
from web.cache.cache import cached, cached_per_podcast, person
from web.languages.texts import N_


@dataclass(frozen=True, slots=True)
class PodcastWithRole(PersonPodcastRow):
    """A person's counts and role in one podcast; ``regular`` as in ``is_regular``."""

    regular: bool
    role: str


@dataclass(frozen=True, slots=True)
class CoSpeaker:
    """Another person who speaks in the same episodes, and in how many of them."""

    name: str
    slug: str
    episodes: int


def timeline_rows(
    session: Session, person_id: int, bucket: str, source: TranscriptSource | None = None
) -> list[TimelineRow]:
    """A person's appearances over time; cached, unless they are those of one source.

    The change log does not record that another transcript was selected, but its segments.
    """
    if source is not None:
        return timeline_of_person(session, person_id, bucket, source)
    return cached(session, person(person_id), timeline_of_person, person_id, bucket)


# The roles without a podcast behind them.
ROLES = (N_("host"), N_("a guest"), N_("a regular speaker"))


@dataclass(frozen=True, slots=True)
class MainRole:
    """What a person mostly is, and where, most appearances first.

    ``words`` end in a preposition: "host of". ``only`` if they are that everywhere.
    """

    words: str
    podcasts: list[PodcastWithRole]
    only: bool


def main_role(podcasts: Sequence[PodcastWithRole]) -> MainRole | None:
    """The role in which a person speaks in most episodes; None when none is known."""
    episodes = Counter[str]()
    for one in podcasts:
        episodes[_role_words(one)] += one.episodes
    words = next((words for words, _ in episodes.most_common() if words), None)
    if words is None:
        return None
    return MainRole(words, [p for p in podcasts if _role_words(p) == words], len(episodes) == 1)


def _role_words(podcast: PodcastWithRole) -> str:
    regular = N_("a regular speaker on") if podcast.regular else ""
    return {"host": N_("host of"), "guest": N_("a guest on")}.get(podcast.role, regular)


def podcasts_with_roles(session: Session, person_id: int) -> list[PodcastWithRole]:
    """The podcasts a person speaks on, most appearances first, with role and ``regular``."""
    podcasts = podcasts_of_person(session, person_id)
    counted = cached_per_podcast(session, [podcast.id for podcast in podcasts], counted_episodes)
    pairs = tuple((podcast.id, counted[podcast.id]) for podcast in podcasts)
    roles = cached(session, person(person_id), roles_of_person, person_id, pairs)
    return [
        PodcastWithRole(
            **asdict(podcast),
            regular=is_regular(podcast.episodes, counted[podcast.id]),
            role=roles.get(podcast.id, "other"),
        )
        for podcast in podcasts
    ]


def co_speakers(session: Session, person_id: int) -> list[CoSpeaker]:
    """The other speakers in a person's episodes, by number of shared episodes."""
    shared = cached(session, person(person_id), speaks_with, person_id)
    people = people_by_id(session, [other.id for other in shared])
    return [
        CoSpeaker(people[other.id].name, people[other.id].slug, other.episodes) for other in shared
    ]
