"""People with their counts, one person in full, and the speakers of episodes."""

from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from models.database.sql import fetch_all, fetch_one, fetch_value
from models.queries.coverage import backchannel_of, mentioned_in, roles_of_person
from models.queries.identity import IdentityEventRow, events_of
from models.queries.person import PersonPodcastRow, podcasts_of_person
from models.queries.visibility import VISIBLE

# Counts are stored, and exact at every commit; see tasks/counts.
_PEOPLE = """
    SELECT name, slug, appearances, episodes, podcasts,
           spoken_ms / 1000::float8 AS seconds
    FROM person
    WHERE state = 'active' AND appearances > 0 ORDER BY appearances DESC, slug
    LIMIT :limit
"""
_PEOPLE_OF_PODCAST = """
    SELECT p.name, p.slug, c.appearances, c.episodes, 1 AS podcasts,
           c.spoken_ms / 1000::float8 AS seconds
    FROM person_podcast c JOIN person p ON p.id = c.person_id
    WHERE c.podcast_id = :podcast_id AND p.state = 'active'
    ORDER BY c.appearances DESC, p.slug LIMIT :limit
"""
_PERSON = """
    SELECT id, name, slug, appearances, episodes, podcasts, spoken_ms, first_on, last_on
    FROM person WHERE state = 'active' AND slug = :slug
"""
# The slug and the names of a merged person lead to the person who remains.
_SURVIVING = """
    WITH RECURSIVE path (id, slug, state, merged_into, appearances) AS (
        SELECT p.id, p.slug, p.state, p.merged_into, p.appearances FROM person p WHERE {found}
        UNION
        SELECT p.id, p.slug, p.state, p.merged_into, p.appearances
        FROM path JOIN person p ON p.id = path.merged_into
    )
    SELECT slug FROM path WHERE state = 'active' ORDER BY appearances DESC, slug
"""
_BY_SLUG = _SURVIVING.format(found="p.slug = :slug")
_BY_NAME = _SURVIVING.format(
    found="""
    lower(p.name) = lower(:name) OR lower(p.published_name) = lower(:name)
    OR EXISTS (SELECT FROM person_name n WHERE n.person_id = p.id AND n.key = :key)
    """
)
_BY_YEAR = """
    SELECT date_part('year', day)::int AS year, sum(appearances)::bigint AS appearances,
           sum(episodes)::int AS episodes
    FROM person_day WHERE person_id = :id GROUP BY 1 ORDER BY 1
"""
_LABELS = f"""
    SELECT s.label, s.method, s.evidence, s.status_reason, sum(s.appearances)::bigint
               AS appearances, count(*) AS episodes
    FROM speaker s JOIN episode e ON e.id = s.episode_id JOIN podcast p ON p.id = e.podcast_id
    WHERE s.person_id = :id AND {VISIBLE} GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC, 1
"""  # noqa: S608  constants of ours
_LATEST = f"""
    SELECT e.title AS episode, e.id AS episode_id, e.guid AS episode_guid, e.stats_date,
           p.title AS podcast, a.start_ms, a.text
    FROM speaker s JOIN episode e ON e.id = s.episode_id JOIN podcast p ON p.id = e.podcast_id
    JOIN appearance a ON a.speaker_id = s.id
    WHERE s.person_id = :id AND {VISIBLE}
    ORDER BY e.stats_date DESC, e.id DESC, a.position LIMIT :limit
"""  # noqa: S608  constants of ours
_QUARANTINED = f"""
    SELECT s.status_reason AS reason, s.label, p.title AS podcast, count(*) AS episodes,
           sum(s.appearances)::bigint AS appearances
    FROM speaker s JOIN episode e ON e.id = s.episode_id JOIN podcast p ON p.id = e.podcast_id
    WHERE s.matched_person_id = :id AND s.status = 'quarantined' AND {VISIBLE}
    GROUP BY 1, 2, 3, p.id ORDER BY 5 DESC, 2, p.id
"""  # noqa: S608  constants of ours
_SPEAKERS = """
    SELECT e.id AS episode_id, e.guid AS episode_guid, s.label, p.name AS person, s.method,
           s.reason, s.status, s.status_reason, m.name AS matched, s.decided_by AS event_id,
           s.appearances,
           s.spoken_ms / 1000::float8 AS seconds
    FROM speaker s JOIN episode e ON e.id = s.episode_id
    LEFT JOIN person p ON p.id = s.person_id
    LEFT JOIN person m ON m.id = s.matched_person_id AND m.state <> 'suppressed'
    WHERE (CAST(:podcast_id AS bigint) IS NULL OR e.podcast_id = :podcast_id)
        AND (CAST(:episode_id AS bigint) IS NULL OR e.id = :episode_id)
    ORDER BY e.id, s.appearances DESC, s.label LIMIT :limit
"""


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
class _Person:
    id: int
    name: str
    slug: str
    appearances: int
    episodes: int
    podcasts: int
    spoken_ms: int
    first_on: date | None
    last_on: date | None


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
    mentioned_in: int
    mentioned_silent: int
    backchannel: int
    by_podcast: list[PodcastRoleCounts]
    by_year: list[YearCounts]
    labels: list[PersonLabelCounts]
    latest: list[LatestAppearance]
    quarantined: list[QuarantinedLabel]
    events: list[IdentityEventRow]


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
    event_id: int | None
    appearances: int
    seconds: float


def people(
    session: Session, *, podcast_id: int | None = None, limit: int = 0
) -> list[PersonCounts]:
    """People by appearances, in the whole store or in one podcast; 0 is all."""
    query = _PEOPLE if podcast_id is None else _PEOPLE_OF_PODCAST
    params = {"podcast_id": podcast_id, "limit": limit or None}
    return fetch_all(session, query, PersonCounts, params)


def find_slug(session: Session, name: str, key: str) -> str | None:
    """The slug of a person by slug, by name as shown or published, or by comparable name (``key``).

    A merged person is found as the one who remains; suppressed people are not found.
    """
    if (slug := surviving_slug(session, name)) is not None:
        return slug
    found: str | None = fetch_value(session, _BY_NAME, {"name": name, "key": key})
    return found


def surviving_slug(session: Session, slug: str) -> str | None:
    """The slug that a slug leads to: itself, or that of the person it was merged into."""
    found: str | None = fetch_value(session, _BY_SLUG, {"slug": slug})
    return found


def person(session: Session, slug: str, *, latest: int = 10) -> PersonDetails | None:
    """One person: counts, podcasts, years, labels, latest appearances, decisions."""
    row = fetch_one(session, _PERSON, _Person, {"slug": slug})
    if row is None:
        return None
    params = {"id": row.id, "limit": latest}
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
        mentioned_in=mentioned.episodes,
        mentioned_silent=mentioned.silent,
        backchannel=backchannel_of(session, row.id).backchannel,
        by_podcast=_with_roles(session, row.id, podcasts_of_person(session, row.id)),
        by_year=fetch_all(session, _BY_YEAR, YearCounts, params),
        labels=fetch_all(session, _LABELS, PersonLabelCounts, params),
        latest=fetch_all(session, _LATEST, LatestAppearance, params),
        quarantined=fetch_all(session, _QUARANTINED, QuarantinedLabel, params),
        events=events_of(session, row.id),
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


def speakers(
    session: Session,
    *,
    podcast_id: int | None = None,
    episode_id: int | None = None,
    limit: int = 0,
) -> list[ListedSpeaker]:
    """Speakers of all episodes, of one podcast's or of one episode; 0 is all."""
    params = {"podcast_id": podcast_id, "episode_id": episode_id, "limit": limit or None}
    return fetch_all(session, _SPEAKERS, ListedSpeaker, params)
