"""One person: counts, podcasts, timeline, labels, mentions, and the people they speak with."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Integer, bindparam, cast, desc, extract, func, select
from sqlmodel import Session, col

from models.database.row_columns import row_columns
from models.database.sql import Compiled, fetch_value, fetch_values
from models.queries.shown import fetch_all, fetch_one, fetch_only
from models.queries.transcript_source import TranscriptSource, source_of_words
from models.queries.visibility import VISIBLE, is_visible
from models.tables.episode import Episode
from models.tables.person import Person, PersonDay, PersonPodcast
from models.tables.podcast import Podcast
from models.tables.speaker import Appearance, Speaker

# The slug and the names of a merged person lead to the person who remains.
SURVIVING = """
    WITH RECURSIVE path (id, slug, state, merged_into, appearances) AS (
        SELECT p.id, p.slug, p.state, p.merged_into, p.appearances FROM person p WHERE {found}
        UNION
        SELECT p.id, p.slug, p.state, p.merged_into, p.appearances
        FROM path JOIN person p ON p.id = path.merged_into
    )
    SELECT slug FROM path WHERE state = 'active' ORDER BY appearances DESC, slug
"""
_TIMELINE = f"""
    SELECT date_trunc(:bucket, e.stats_date::timestamp)::date AS bucket, e.podcast_id,
           sum(s.appearances)::bigint AS appearances, count(DISTINCT e.id) AS episodes,
           sum(s.spoken_ms)::bigint AS spoken_ms
    FROM speaker s JOIN episode e ON e.id = s.episode_id JOIN podcast p ON p.id = e.podcast_id
    WHERE s.person_id = :id AND s.appearances > 0 AND {VISIBLE} {{chosen}}
    GROUP BY 1, 2 ORDER BY 1, 2
"""  # noqa: S608  constants of ours
_FROM_AUDIO = f"""
    SELECT coalesce(sum(s.appearances), 0)::bigint AS appearances,
           count(DISTINCT s.episode_id) AS episodes
    FROM speaker s JOIN episode e ON e.id = s.episode_id JOIN podcast p ON p.id = e.podcast_id
    WHERE s.person_id = :id AND s.appearances > 0 AND {VISIBLE} AND {source_of_words()} = 'asr'
"""  # noqa: S608  constants of ours
# Whether the episode of the person's speaker ``s`` is visible. Mostly all are: then the speakers
# add up to the stored count, which is checked once and first, and no episode needs to be read.
_SHOWN = f"""(
    (SELECT sum(h.appearances) = (SELECT appearances FROM person WHERE id = :id)
     FROM speaker h WHERE h.person_id = :id)
    OR EXISTS (SELECT FROM episode e JOIN podcast p ON p.id = e.podcast_id
               WHERE e.id = s.episode_id AND {VISIBLE}))
"""  # noqa: S608  constants of ours
_LABELS = f"""
    SELECT s.label, s.source, s.method, s.reason, s.evidence, s.status,
           max(s.confidence) AS confidence, sum(s.appearances)::bigint AS appearances,
           count(*) AS episodes
    FROM speaker s WHERE s.person_id = :id AND s.appearances > 0 AND {_SHOWN}
    GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 8 DESC, 1 LIMIT :limit
"""  # noqa: S608  constants of ours
# An array uses an index of ``speaker``; a join would scan the whole table.
_SPEAK_WITH = f"""
    SELECT o.person_id AS id, count(DISTINCT o.episode_id) AS episodes FROM speaker o
    WHERE o.episode_id = ANY(ARRAY(
        SELECT s.episode_id FROM speaker s
        WHERE s.person_id = :id AND s.appearances > 0 AND {_SHOWN}))
        AND o.person_id <> :id AND o.appearances > 0
    GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT :limit
"""  # noqa: S608  constants of ours
_TOPICS = f"""
    SELECT t.name, t.slug, n.episodes FROM (
        SELECT x.topic_id, count(DISTINCT s.episode_id) AS episodes
        FROM speaker s JOIN episode_topic x ON x.episode_id = s.episode_id
        WHERE s.person_id = :id AND s.appearances > 0 AND {_SHOWN} GROUP BY 1
    ) n JOIN topic t ON t.id = n.topic_id ORDER BY 3 DESC, 2 LIMIT :limit
"""  # noqa: S608  constants of ours
_MENTIONED = f"""
    SELECT count(*) AS episodes, count(*) FILTER (WHERE NOT speaks) AS silent FROM (
        SELECT DISTINCT e.id, EXISTS (
            SELECT FROM speaker s WHERE s.episode_id = e.id AND s.person_id = n.person_id
                AND s.appearances > 0) AS speaks
        FROM person_name n JOIN mention m ON m.key = n.key
        JOIN episode e ON e.id = m.episode_id JOIN podcast p ON p.id = e.podcast_id
        WHERE n.person_id = :id AND n.scope = 'global' AND {VISIBLE}
    ) m
"""  # noqa: S608  constants of ours


@dataclass(frozen=True, slots=True)
class ListedPerson:
    """A person in a list, with exact counts; ``spoken_ms`` is speaking time."""

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
class PersonRow(ListedPerson):
    """A person with exact counts, in whatever state they are."""

    state: str
    merged_into: int | None


@dataclass(frozen=True, slots=True)
class MergedPerson:
    """A person who was merged; ``slug`` is that of the person who remains."""

    slug: str


@dataclass(frozen=True, slots=True)
class PersonPodcastRow:
    """A person's counts in one podcast."""

    id: int
    title: str
    feed_url: str
    appearances: int
    episodes: int
    spoken_ms: int


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """Appearances in one podcast in one bucket of time; ``bucket`` is its first day."""

    bucket: date
    podcast_id: int
    appearances: int
    episodes: int
    spoken_ms: int


@dataclass(frozen=True, slots=True)
class HeardFigures:
    """A person's appearances in transcripts that were made from audio, and in how many episodes."""

    appearances: int
    episodes: int


@dataclass(frozen=True, slots=True)
class PersonLabel:
    """A label that was attributed to a person, and how."""

    label: str
    source: str
    method: str
    reason: str
    evidence: str
    status: str
    confidence: float
    appearances: int
    episodes: int


@dataclass(frozen=True, slots=True)
class SharedEpisodes:
    """In how many episodes another person speaks too, by their id."""

    id: int
    episodes: int


@dataclass(frozen=True, slots=True)
class PersonTopic:
    """A topic, and in how many episodes with it a person speaks."""

    name: str
    slug: str
    episodes: int


@dataclass(frozen=True, slots=True)
class PersonIdentity:
    """A person's current name and slug."""

    id: int
    name: str
    slug: str


@dataclass(frozen=True, slots=True)
class MentionCounts:
    """Episodes whose title or description names a person; in ``silent`` ones they do not speak."""

    episodes: int
    silent: int


@dataclass(frozen=True, slots=True)
class BackchannelCounts:
    """A person's appearances, and those that only show that they listen."""

    appearances: int
    backchannel: int


_PERSON = Compiled(
    select(*row_columns(PersonRow, Person)).where(col(Person.slug) == bindparam("slug"))
)
_PODCASTS = Compiled(
    select(*row_columns(PersonPodcastRow, PersonPodcast, Podcast))
    .join(Podcast, col(Podcast.id) == PersonPodcast.podcast_id)
    .where(col(PersonPodcast.person_id) == bindparam("id"))
    .order_by(col(PersonPodcast.appearances).desc(), col(PersonPodcast.podcast_id))
)
_IDENTITIES = Compiled(
    select(*row_columns(PersonIdentity, Person)).where(col(Person.id) == func.any(bindparam("ids")))
)
_YEARS = Compiled(
    select(cast(extract("year", col(PersonDay.day)), Integer).label("year"))
    .where(col(PersonDay.person_id) == bindparam("id"))
    .distinct()
    .order_by(desc("year"))
)
_BACKCHANNEL = Compiled(
    select(
        *row_columns(
            BackchannelCounts,
            appearances=func.count(),
            backchannel=func.count().filter(col(Appearance.is_backchannel)),
        )
    )
    .select_from(Speaker)
    .join(Appearance, col(Appearance.speaker_id) == Speaker.id)
    .join(Episode, col(Episode.id) == Speaker.episode_id)
    .join(Podcast, col(Podcast.id) == Episode.podcast_id)
    .where(col(Speaker.person_id) == bindparam("id"), is_visible())
)


def person_of_slug(session: Session, slug: str) -> PersonRow | MergedPerson | None:
    """The person with this slug, or where a merged one leads to; None for an unknown slug."""
    row = fetch_one(session, _PERSON, PersonRow, {"slug": slug})
    if row is None or row.state == "active":
        return row
    survivor = surviving_slug(session, slug) if row.merged_into else None
    return MergedPerson(survivor) if survivor else None


def surviving_slug(session: Session, slug: str) -> str | None:
    """The slug that a slug leads to: itself, or that of the person it was merged into."""
    found: str | None = fetch_value(
        session, SURVIVING.format(found="p.slug = :slug"), {"slug": slug}
    )
    return found


def podcasts_of_person(session: Session, person_id: int) -> list[PersonPodcastRow]:
    """The podcasts in which a person speaks, most appearances first."""
    return fetch_all(session, _PODCASTS, PersonPodcastRow, {"id": person_id})


def is_regular(episodes: int, counted: int) -> bool:
    """Whether a person speaks in at least three episodes and half of a podcast's counted ones."""
    return episodes >= 3 and episodes * 2 >= counted


def timeline_of_person(
    session: Session, person_id: int, bucket: str, source: TranscriptSource | None = None
) -> list[TimelineRow]:
    """Appearances by day, week, month or year and podcast, oldest first."""
    params = {"id": person_id, "bucket": bucket} | ({"source": source.value} if source else {})
    query = _TIMELINE.format(chosen=f"AND {source_of_words()} = :source" if source else "")
    return fetch_all(session, query, TimelineRow, params, prepare=False)


def heard_figures(session: Session, person_id: int) -> HeardFigures:
    """How much of a person's counts comes from transcripts that were made from audio."""
    found = fetch_one(session, _FROM_AUDIO, HeardFigures, {"id": person_id})
    return found or HeardFigures(0, 0)


def years_of_person(session: Session, person_id: int) -> list[int]:
    """The years with an appearance, newest first."""
    return fetch_values(session, _YEARS, {"id": person_id})


def names_of_person(session: Session, person_id: int, limit: int = 30) -> list[PersonLabel]:
    """The labels attributed to a person, and how each was."""
    return fetch_all(session, _LABELS, PersonLabel, {"id": person_id, "limit": limit})


def speaks_with(session: Session, person_id: int, limit: int = 12) -> list[SharedEpisodes]:
    """Other people who speak in this person's episodes, most episodes first."""
    return fetch_all(session, _SPEAK_WITH, SharedEpisodes, {"id": person_id, "limit": limit})


def topics_of_person(session: Session, person_id: int, limit: int = 12) -> list[PersonTopic]:
    """The topics that feeds give the episodes in which a person speaks, most episodes first."""
    return fetch_all(session, _TOPICS, PersonTopic, {"id": person_id, "limit": limit})


def mentioned_in(session: Session, person_id: int) -> MentionCounts:
    """How many episodes mention a person in their title or description."""
    return fetch_only(session, _MENTIONED, MentionCounts, {"id": person_id})


def backchannel_of(session: Session, person_id: int) -> BackchannelCounts:
    """How many of a person's appearances are backchannel ("Yeah, exactly")."""
    return fetch_only(session, _BACKCHANNEL, BackchannelCounts, {"id": person_id})


def people_by_id(session: Session, ids: Collection[int]) -> dict[int, PersonIdentity]:
    """The current name and slug of these people."""
    found = fetch_all(session, _IDENTITIES, PersonIdentity, {"ids": list(ids)})
    return {person.id: person for person in found}


def bucket_for(first_on: date | None, last_on: date | None) -> str:
    """Choose the length of a timeline's bars, so that there are at most about 72."""
    days = (last_on - first_on).days if first_on and last_on else 0
    limits = {"day": 60, "week": 7 * 72, "month": 30 * 72}
    return next((name for name, limit in limits.items() if days <= limit), "year")
