"""The history of a person: names, attributions, decisions, and whether the counts add up."""

from dataclasses import dataclass

from sqlalchemy import BigInteger, cast, func, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from models.database.row_columns import row_columns
from models.database.sql import fetch_value
from models.queries.episode_history import PastJob, jobs_of
from models.queries.identity import IdentityDecisionRow, decisions_of
from models.queries.person import ListedPerson
from models.queries.shown import fetch_all, fetch_one
from models.queries.visibility import is_visible
from models.tables.episode import Episode
from models.tables.person import Person, PersonName, PersonPodcast
from models.tables.podcast import Podcast
from models.tables.speaker import Speaker

_Survivor = aliased(Person)


@dataclass(frozen=True, slots=True)
class PastPerson(ListedPerson):
    """A person with stored counts, and who remains if they were merged."""

    state: str
    merged_into: str | None
    merged_into_slug: str | None


@dataclass(frozen=True, slots=True)
class PastName:
    """A name that means a person: everywhere, or in one podcast or episode."""

    key: str
    scope: str
    source: str
    podcast: str | None


@dataclass(frozen=True, slots=True)
class LabelAttributions:
    """How often a label was attributed to a person, and with what evidence."""

    label: str
    source: str
    method: str
    reason: str
    evidence: str
    confidence: float
    version: int
    episodes: int
    appearances: int


@dataclass(frozen=True, slots=True)
class PastPodcastOfPerson:
    """A person's stored counts in one podcast."""

    podcast: str
    podcast_id: int
    appearances: int
    episodes: int


@dataclass(frozen=True, slots=True)
class HistoryOfPerson:
    """The history of a person.

    ``rows_say`` are the appearances in the rows, to be compared with the stored count;
    ``not_counted`` the speakers matched to them that count for another person or for nobody.
    """

    person: PastPerson
    names: list[PastName]
    attributions: list[LabelAttributions]
    podcasts: list[PastPodcastOfPerson]
    rows_say: int
    decisions: list[IdentityDecisionRow]
    not_counted: int
    jobs: list[PastJob]


_APPEARANCES = cast(func.coalesce(func.sum(col(Speaker.appearances)), 0), BigInteger)
_PERSON = select(
    *row_columns(PastPerson, Person, merged_into=_Survivor.name, merged_into_slug=_Survivor.slug)
).outerjoin(_Survivor, col(_Survivor.id) == Person.merged_into)
_NAMES = (
    select(*row_columns(PastName, PersonName, podcast=Podcast.title))
    .outerjoin(Podcast, col(Podcast.id) == PersonName.podcast_id)
    .order_by(col(PersonName.scope), col(PersonName.key))
)
_ATTRIBUTIONS = (
    select(
        *row_columns(
            LabelAttributions,
            Speaker,
            evidence=func.min(col(Speaker.evidence)),
            confidence=func.min(col(Speaker.confidence)),
            version=func.min(col(Speaker.version)),
            episodes=func.count(),
            appearances=_APPEARANCES,
        )
    )
    .group_by(col(Speaker.label), col(Speaker.source), col(Speaker.method), col(Speaker.reason))
    .order_by(_APPEARANCES.desc(), col(Speaker.label))
)
_PODCASTS = (
    select(*row_columns(PastPodcastOfPerson, PersonPodcast, podcast=Podcast.title))
    .join(Podcast, col(Podcast.id) == PersonPodcast.podcast_id)
    .order_by(col(PersonPodcast.appearances).desc(), col(PersonPodcast.podcast_id))
)


def person_history(session: Session, slug: str) -> HistoryOfPerson | None:
    """A person's names, attributions and decisions, and their counts from the rows."""
    person = fetch_one(session, _PERSON.where(col(Person.slug) == slug), PastPerson)
    if person is None:
        return None
    names = _NAMES.where(col(PersonName.person_id) == person.id)
    attributions = _ATTRIBUTIONS.where(col(Speaker.person_id) == person.id)
    podcasts = _PODCASTS.where(col(PersonPodcast.person_id) == person.id)
    return HistoryOfPerson(
        person=person,
        names=fetch_all(session, names, PastName),
        attributions=fetch_all(session, attributions, LabelAttributions),
        podcasts=fetch_all(session, podcasts, PastPodcastOfPerson),
        rows_say=_counted_appearances(session, person.id),
        decisions=decisions_of(session, person.id),
        not_counted=_speakers_not_counted(session, person.id),
        jobs=jobs_of(session, "count", person.id, 5),
    )


def _counted_appearances(session: Session, person_id: int) -> int:
    query = (
        select(_APPEARANCES)
        .join(Episode, col(Episode.id) == col(Speaker.episode_id))
        .join(Podcast, col(Podcast.id) == col(Episode.podcast_id))
        .where(col(Speaker.person_id) == person_id, is_visible())
    )
    appearances: int = fetch_value(session, query)
    return appearances


def _speakers_not_counted(session: Session, person_id: int) -> int:
    query = select(func.count()).where(
        col(Speaker.matched_person_id) == person_id,
        col(Speaker.person_id).is_distinct_from(person_id),
    )
    speakers: int = fetch_value(session, query)
    return speakers
