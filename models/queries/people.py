"""People with their counts, one person in full, and the speakers of episodes."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    and_,
    cast,
    extract,
    func,
    literal,
    select,
)
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from models.database.row_columns import row_columns
from models.database.sql import fetch_value
from models.queries.identity import IdentityDecisionRow, decisions_of
from models.queries.person import (
    SURVIVING,
    PersonPodcastRow,
    PersonRow,
    backchannel_of,
    mentioned_in,
    person_of_slug,
    podcasts_of_person,
    surviving_slug,
)
from models.queries.roles import roles_of_person
from models.queries.shown import fetch_all
from models.queries.timed import timed_episodes
from models.queries.visibility import is_visible
from models.tables.episode import Episode
from models.tables.person import Person, PersonDay, PersonPodcast, PersonState
from models.tables.podcast import Podcast
from models.tables.speaker import Appearance, AttributionStatus, Speaker

_BY_NAME = SURVIVING.format(
    found="""
    lower(p.name) = lower(:name) OR lower(p.published_name) = lower(:name)
    OR EXISTS (SELECT FROM person_name n WHERE n.person_id = p.id AND n.key = :key)
    """
)


@dataclass(frozen=True, slots=True)
class PersonCounts:
    """A person's counts in the whole store or in one podcast; ``seconds`` of speech."""

    name: str
    slug: str
    appearances: int
    episodes: int
    podcasts: int
    seconds: float


@dataclass(frozen=True, slots=True)
class YearCounts:
    """A person's counts in one year."""

    year: int
    appearances: int
    episodes: int


@dataclass(frozen=True, slots=True)
class PersonLabelCounts:
    """A label that was attributed to a person, how, and why it counts."""

    label: str
    method: str
    evidence: str
    status_reason: str
    appearances: int
    episodes: int


@dataclass(frozen=True, slots=True)
class LatestAppearance:
    """One of a person's latest segments."""

    episode: str
    episode_id: int
    episode_guid: str | None
    stats_date: date
    podcast: str
    start_ms: int | None
    text: str


@dataclass(frozen=True, slots=True)
class QuarantinedLabel:
    """A label in quarantine that would be attributed to a person."""

    reason: str
    label: str
    podcast: str
    episodes: int
    appearances: int


@dataclass(frozen=True, slots=True)
class PodcastRoleCounts:
    """A person's role and counts in one podcast."""

    id: int
    title: str
    feed_url: str
    appearances: int
    episodes: int
    seconds: float
    role: str


@dataclass(frozen=True, slots=True)
class PersonDetails:
    """A person in full.

    ``mentioned_in`` counts episodes that name the person, ``mentioned_silent`` those of them in
    which they do not speak; ``backchannel`` appearances only show that they listen.
    """

    name: str
    slug: str
    appearances: int
    episodes: int
    podcasts: int
    first_on: date | None
    last_on: date | None
    seconds: float
    timed_episodes: int
    mentioned_in: int
    mentioned_silent: int
    backchannel: int
    by_podcast: list[PodcastRoleCounts]
    by_year: list[YearCounts]
    labels: list[PersonLabelCounts]
    latest: list[LatestAppearance]
    quarantined: list[QuarantinedLabel]
    decisions: list[IdentityDecisionRow]


@dataclass(frozen=True, slots=True)
class ListedSpeaker:
    """A speaker of an episode and its attribution; ``seconds`` of speech."""

    episode_id: int
    episode_guid: str | None
    label: str
    person: str | None
    method: str
    reason: str
    status: str
    status_reason: str
    matched: str | None
    decision_id: int | None
    appearances: int
    seconds: float


def people(
    session: Session, *, podcast_id: int | None = None, limit: int = 0
) -> list[PersonCounts]:
    """People by appearances, in the whole store or in one podcast; 0 is all."""
    counts = Person if podcast_id is None else PersonPodcast
    podcasts = col(Person.podcasts) if podcast_id is None else literal(1)
    seconds = col(counts.spoken_ms) / 1000.0
    query = select(
        *row_columns(PersonCounts, counts, Person, podcasts=podcasts, seconds=seconds)
    ).where(col(Person.state) == PersonState.active, col(counts.appearances) > 0)
    if podcast_id is not None:
        query = query.join(Person, col(Person.id) == PersonPodcast.person_id)
        query = query.where(col(PersonPodcast.podcast_id) == podcast_id)
    ordered = query.order_by(col(counts.appearances).desc(), col(Person.slug))
    return fetch_all(session, ordered.limit(limit or None), PersonCounts)


def find_slug(session: Session, name: str, key: str) -> str | None:
    """The slug of a person by slug, by name as shown or published, or by comparable name (``key``).

    A merged person is found as the one who remains; suppressed people are not found.
    """
    if (slug := surviving_slug(session, name)) is not None:
        return slug
    found: str | None = fetch_value(session, _BY_NAME, {"name": name, "key": key})
    return found


def person(session: Session, slug: str, *, latest: int = 10) -> PersonDetails | None:
    """One person: counts, podcasts, years, labels, latest appearances, decisions."""
    row = person_of_slug(session, slug)
    if not isinstance(row, PersonRow):
        return None
    mentioned = mentioned_in(session, row.id)
    return PersonDetails(
        name=row.name,
        slug=row.slug,
        appearances=row.appearances,
        episodes=row.episodes,
        podcasts=row.podcasts,
        first_on=row.first_on,
        last_on=row.last_on,
        seconds=row.spoken_ms / 1000,
        timed_episodes=timed_episodes(session, [row.id])[row.id],
        mentioned_in=mentioned.episodes,
        mentioned_silent=mentioned.silent,
        backchannel=backchannel_of(session, row.id).backchannel,
        by_podcast=_with_roles(session, row.id, podcasts_of_person(session, row.id)),
        by_year=_by_year(session, row.id),
        labels=_labels(session, row.id),
        latest=_latest(session, row.id, latest),
        quarantined=_quarantined(session, row.id),
        decisions=decisions_of(session, row.id),
    )


def _with_roles(
    session: Session, person_id: int, podcasts: list[PersonPodcastRow]
) -> list[PodcastRoleCounts]:
    roles = roles_of_person(session, person_id)
    return [
        PodcastRoleCounts(
            id=podcast.id,
            title=podcast.title,
            feed_url=podcast.feed_url,
            appearances=podcast.appearances,
            episodes=podcast.episodes,
            seconds=podcast.spoken_ms / 1000,
            role=roles.get(podcast.id, ""),
        )
        for podcast in podcasts
    ]


def _by_year(session: Session, person_id: int) -> list[YearCounts]:
    year = cast(extract("year", col(PersonDay.day)), Integer)
    query = select(
        *row_columns(
            YearCounts,
            year=year,
            appearances=_sum(PersonDay.appearances),
            episodes=_sum(PersonDay.episodes),
        )
    )
    of_person = query.where(col(PersonDay.person_id) == person_id)
    return fetch_all(session, of_person.group_by(year).order_by(year), YearCounts)


def _labels(session: Session, person_id: int) -> list[PersonLabelCounts]:
    attribution = (
        col(Speaker.label),
        col(Speaker.method),
        col(Speaker.evidence),
        col(Speaker.status_reason),
    )
    appearances = _sum(Speaker.appearances)
    query = (
        _visible_speakers(PersonLabelCounts, appearances=appearances, episodes=func.count())
        .where(col(Speaker.person_id) == person_id)
        .group_by(*attribution)
        .order_by(appearances.desc(), col(Speaker.label))
    )
    return fetch_all(session, query, PersonLabelCounts)


def _latest(session: Session, person_id: int, limit: int) -> list[LatestAppearance]:
    newest = col(Episode.stats_date).desc(), col(Episode.id).desc(), col(Appearance.position)
    query = (
        _visible_speakers(
            LatestAppearance,
            Appearance,
            episode=Episode.title,
            episode_id=Episode.id,
            episode_guid=Episode.guid,
            stats_date=Episode.stats_date,
            podcast=Podcast.title,
        )
        .join(Appearance, col(Appearance.speaker_id) == Speaker.id)
        .where(col(Speaker.person_id) == person_id)
        .order_by(*newest)
    )
    return fetch_all(session, query.limit(limit), LatestAppearance)


def _quarantined(session: Session, person_id: int) -> list[QuarantinedLabel]:
    appearances = _sum(Speaker.appearances)
    query = (
        _visible_speakers(
            QuarantinedLabel,
            reason=Speaker.status_reason,
            podcast=Podcast.title,
            episodes=func.count(),
            appearances=appearances,
        )
        .where(
            col(Speaker.matched_person_id) == person_id,
            col(Speaker.status) == AttributionStatus.quarantined,
        )
        .group_by(col(Speaker.status_reason), col(Speaker.label), col(Podcast.id))
        .order_by(appearances.desc(), col(Speaker.label), col(Podcast.id))
    )
    return fetch_all(session, query, QuarantinedLabel)


def _visible_speakers(row_type: type, *tables: Any, **columns: object) -> Select[Any]:
    """Speakers of visible episodes, with their episode and podcast."""
    return (
        select(*row_columns(row_type, *tables, Speaker, **columns))
        .select_from(Speaker)
        .join(Episode, col(Episode.id) == Speaker.episode_id)
        .join(Podcast, col(Podcast.id) == Episode.podcast_id)
        .where(is_visible())
    )


def _sum(column: object) -> ColumnElement[int]:
    return cast(func.sum(column), BigInteger)


def speakers(
    session: Session,
    *,
    podcast_id: int | None = None,
    episode_id: int | None = None,
    limit: int = 0,
) -> list[ListedSpeaker]:
    """Speakers of all episodes, of one podcast's or of one episode; 0 is all."""
    matched = aliased(Person)
    shown = and_(
        col(matched.id) == Speaker.matched_person_id, col(matched.state) != PersonState.suppressed
    )
    columns = row_columns(
        ListedSpeaker,
        Speaker,
        episode_guid=Episode.guid,
        person=Person.name,
        matched=matched.name,
        decision_id=Speaker.decided_by,
        seconds=col(Speaker.spoken_ms) / 1000.0,
    )
    query = (
        select(*columns)
        .join(Episode, col(Episode.id) == Speaker.episode_id)
        .outerjoin(Person, col(Person.id) == Speaker.person_id)
        .outerjoin(matched, shown)
        .order_by(col(Episode.id), col(Speaker.appearances).desc(), col(Speaker.label))
    )
    if podcast_id is not None:
        query = query.where(col(Episode.podcast_id) == podcast_id)
    if episode_id is not None:
        query = query.where(col(Episode.id) == episode_id)
    return fetch_all(session, query.limit(limit or None), ListedSpeaker)
