"""The page of one episode: details, speakers, segments, and the state of its transcript."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import BigInteger, Integer, and_, bindparam, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from models.database.row_columns import row_columns
from models.database.sql import Compiled, fetch_value, fetch_values
from models.queries.appearances import like_literal
from models.queries.shown import fetch_all, fetch_one
from models.tables.episode import Episode, Transcript
from models.tables.job import Job
from models.tables.person import Person
from models.tables.podcast import Podcast
from models.tables.speaker import Appearance, Speaker


@dataclass(frozen=True, slots=True)
class EpisodeDetails:
    """An episode with its podcast and its selected transcript."""

    id: int
    title: str
    link: str | None
    description: str
    image: str | None
    stats_date: date
    duration_ms: int | None
    audio_url: str | None
    duplicate_of: int | None
    podcast_id: int
    podcast: str
    feed_url: str
    podcast_image: str | None
    podcast_state: str
    podcast_language: str | None
    language: str | None
    transcript_url: str | None
    transcript_source: str | None
    transcript_format: str | None


@dataclass(frozen=True, slots=True)
class EpisodeSpeaker:
    """A speaker of an episode; ``name`` and ``person_slug`` are of the attributed person."""

    id: int
    label: str
    role: str
    source: str
    method: str
    reason: str
    status: str
    confidence: float
    evidence: str
    appearances: int
    spoken_ms: int
    name: str | None
    person_slug: str | None


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """A segment of a transcript; times in milliseconds from the beginning of the audio."""

    id: int
    speaker_id: int
    position: int
    start_ms: int | None
    end_ms: int | None
    text: str


@dataclass(frozen=True, slots=True)
class SegmentTime:
    """When a segment is spoken, and by whom; times in milliseconds."""

    id: int
    speaker_id: int
    start_ms: int | None
    end_ms: int | None


@dataclass(frozen=True, slots=True)
class FoundSegment:
    """A segment that has the wanted words; ``total`` is how many there are."""

    id: int
    speaker_id: int
    start_ms: int | None
    text: str
    total: int


@dataclass(frozen=True, slots=True)
class _NextSegment:
    speaker_id: int
    id: int


@dataclass(frozen=True, slots=True)
class TranscriptJob:
    """The latest job on an episode's transcript."""

    state: str
    outcome: str | None
    reason: str | None
    run_after: datetime


@dataclass(frozen=True, slots=True)
class AppearancePosition:
    """The episode of an appearance, and how many segments precede it."""

    episode_id: int
    before: int


_ID = bindparam("id", type_=BigInteger)

_EPISODE = Compiled(
    select(
        *row_columns(
            EpisodeDetails,
            Episode,
            Podcast,
            podcast=Podcast.title,
            podcast_image=Podcast.image,
            podcast_state=Podcast.state,
            podcast_language=Podcast.language,
            language=Transcript.language,
            transcript_url=Transcript.url,
            transcript_source=Transcript.source,
            transcript_format=Transcript.format,
        )
    )
    .join(Podcast, col(Podcast.id) == Episode.podcast_id)
    .outerjoin(
        Transcript, and_(col(Transcript.episode_id) == Episode.id, col(Transcript.is_selected))
    )
    .where(col(Episode.id) == _ID)
)
_SPEAKERS = Compiled(
    select(*row_columns(EpisodeSpeaker, Speaker, name=Person.name, person_slug=Person.slug))
    .outerjoin(Person, col(Person.id) == Speaker.person_id)
    .where(col(Speaker.episode_id) == _ID, col(Speaker.appearances) > 0)
    .order_by(col(Speaker.appearances).desc(), col(Speaker.label))
)
_SEGMENTS = Compiled(
    select(*row_columns(SegmentRow, Appearance))
    .where(col(Appearance.episode_id) == _ID, col(Appearance.position) >= bindparam("begin"))
    .order_by(col(Appearance.position), col(Appearance.id))
    .limit(bindparam("limit", type_=Integer))
)
_TIMES = Compiled(
    select(*row_columns(SegmentTime, Appearance))
    .where(col(Appearance.episode_id) == _ID, col(Appearance.start_ms).is_not(None))
    .order_by(col(Appearance.position), col(Appearance.id))
)
_FOUND = Compiled(
    select(*row_columns(FoundSegment, Appearance, total=func.count().over()))
    .where(col(Appearance.episode_id) == _ID, col(Appearance.text).ilike(bindparam("words")))
    .order_by(col(Appearance.position), col(Appearance.id))
    .limit(bindparam("limit", type_=Integer))
)
_NEXT = Compiled(
    select(*row_columns(_NextSegment, Appearance))
    .ext(distinct_on(col(Appearance.speaker_id)))
    .where(col(Appearance.episode_id) == _ID, col(Appearance.position) >= bindparam("begin"))
    .order_by(col(Appearance.speaker_id), col(Appearance.position), col(Appearance.id))
)
_JOB = Compiled(
    select(*row_columns(TranscriptJob, Job))
    .where(col(Job.kind) == "parse", col(Job.subject) == _ID)
    .order_by(col(Job.id).desc())
    .limit(1)
)
_POSITIONS = select(col(Appearance.position)).where(col(Appearance.episode_id) == _ID)
_Earlier = aliased(Appearance)
_BEFORE = select(func.count()).where(
    col(_Earlier.episode_id) == Appearance.episode_id,
    col(_Earlier.position) < Appearance.position,
)
_APPEARANCE = Compiled(
    select(*row_columns(AppearancePosition, Appearance, before=_BEFORE.scalar_subquery())).where(
        col(Appearance.id) == _ID
    )
)


def episode(session: Session, episode_id: int) -> EpisodeDetails | None:
    """One episode, in whatever state its podcast is."""
    return fetch_one(session, _EPISODE, EpisodeDetails, {"id": episode_id})


def speakers_of_episode(session: Session, episode_id: int) -> list[EpisodeSpeaker]:
    """Every speaker with segments, most appearances first."""
    return fetch_all(session, _SPEAKERS, EpisodeSpeaker, {"id": episode_id})


def segments(session: Session, episode_id: int, begin: int, limit: int) -> list[SegmentRow]:
    """Segments in order, from a position on."""
    params = {"id": episode_id, "begin": begin, "limit": limit}
    return fetch_all(session, _SEGMENTS, SegmentRow, params)


def segment_times(session: Session, episode_id: int) -> list[SegmentTime]:
    """The times of all segments that have one, in order."""
    return fetch_all(session, _TIMES, SegmentTime, {"id": episode_id})


def find_in_episode(
    session: Session, episode_id: int, words: str, limit: int
) -> list[FoundSegment]:
    """The first segments that have these words literally, whatever their case."""
    params = {"id": episode_id, "words": f"%{like_literal(words)}%", "limit": limit}
    return fetch_all(session, _FOUND, FoundSegment, params)


def next_of_speakers(session: Session, episode_id: int, begin: int) -> dict[int, int]:
    """The first segment of each speaker from a position on, by the speaker's id."""
    params = {"id": episode_id, "begin": begin}
    found = fetch_all(session, _NEXT, _NextSegment, params)
    return {one.speaker_id: one.id for one in found}


def count_before(session: Session, episode_id: int, begin: int) -> int:
    """How many segments precede a position."""
    before = select(func.count()).where(
        col(Appearance.episode_id) == episode_id, col(Appearance.position) < begin
    )
    return int(fetch_value(session, before))


def page_before(session: Session, episode_id: int, begin: int, limit: int) -> int:
    """The position at which the previous page begins."""
    position = col(Appearance.position)
    before = _POSITIONS.where(position < begin).order_by(position.desc()).limit(limit)
    positions = fetch_values(session, before, {"id": episode_id})
    return min(positions, default=0)


def transcript_job(session: Session, episode_id: int) -> TranscriptJob | None:
    """The latest job on an episode's transcript."""
    return fetch_one(session, _JOB, TranscriptJob, {"id": episode_id})


def position_of_appearance(session: Session, appearance_id: int) -> AppearancePosition | None:
    """Where an appearance is in its episode."""
    return fetch_one(session, _APPEARANCE, AppearancePosition, {"id": appearance_id})


def position_after(session: Session, episode_id: int, number: int) -> int:
    """The position of the segment that so many segments precede; 0 if there is none."""
    ordered = _POSITIONS.order_by(col(Appearance.position)).offset(number).limit(1)
    return fetch_value(session, ordered, {"id": episode_id}) or 0
