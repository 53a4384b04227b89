"""What a re-ingest scope covers now: feeds, episodes by first stage, and people."""

from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, func, literal, or_, select
from sqlalchemy.orm import aliased
from sqlalchemy.sql.elements import SQLCoreOperations
from sqlmodel import col

from models import (
    Crawl,
    Episode,
    Job,
    Person,
    PersonDay,
    PersonPodcast,
    Podcast,
    PodcastState,
    Speaker,
    Stage,
    Transcript,
    Transcription,
)
from models.database import Session
from models.database.sql import fetch_values
from models.queries.jobs import is_failed
from models.queries.visibility import is_original
from models.tables.job import SPEECH_STAGES
from tasks.reingest.values import ReingestScope, Subjects
from tasks.speakers.match import MATCHER_VERSION
from tasks.transcripts.parse import PARSER_VERSION


def subjects_of(
    session: Session,
    scope: ReingestScope,
    stage: Stage,
    *,
    podcast_id: int | None = None,
    person_id: int | None = None,
) -> Subjects:
    """What a scope covers now; the ids are those of the podcast or person that it names."""
    podcast_id = podcast_id or scope.podcast_id
    if scope.outdated and stage is not Stage.counts and stage not in SPEECH_STAGES:
        return Subjects([], _outdated(session, stage), [])
    episodes = _episodes(_has_input(stage), *_conditions(scope, stage, podcast_id, person_id))
    if stage is Stage.counts:
        people = _people(episodes, scope, podcast_id, person_id)
        return Subjects([], {}, sorted(fetch_values(session, people)))
    chosen = fetch_values(session, episodes.order_by(col(Episode.id)))
    feeds = _feeds(scope, podcast_id) if stage is Stage.fetch else None
    return Subjects(fetch_values(session, feeds) if feeds is not None else [], {stage: chosen}, [])


def _episodes(*conditions: ColumnElement[bool]) -> Select[Any]:
    unread = PodcastState.removed, PodcastState.refused
    return (
        select(col(Episode.id))
        .join(Podcast, col(Podcast.id) == Episode.podcast_id)
        .where(col(Podcast.state).not_in(unread), is_original(), *conditions)
    )


def _conditions(
    scope: ReingestScope, stage: Stage, podcast_id: int | None, person_id: int | None
) -> list[ColumnElement[bool]]:
    conditions = []
    if scope.episode_id:
        conditions.append(col(Episode.id) == scope.episode_id)
    if podcast_id:
        conditions.append(col(Episode.podcast_id) == podcast_id)
    if person_id:
        either = or_(
            col(Speaker.person_id) == person_id, col(Speaker.matched_person_id) == person_id
        )
        conditions.append(col(Episode.id).in_(select(col(Speaker.episode_id)).where(either)))
    if scope.since:
        conditions.append(col(Episode.stats_date) >= scope.since)
    if scope.failed:
        kind = "transcribe" if stage in SPEECH_STAGES else "parse"
        conditions.append(_has_failed(scope.failed, kind))
    if scope.outdated:
        conditions.append(or_(_is_of_old_parser(), _is_of_old_matcher()))
    return conditions


def _has_input(stage: Stage) -> ColumnElement[bool]:
    """What an episode must have so that a job can begin at a stage."""
    if stage is Stage.fetch:
        return _has_transcript(or_(col(Transcript.is_listed), col(Transcript.is_selected)))
    if stage is Stage.parse:
        return _has_transcript(col(Transcript.is_selected))
    if stage is Stage.download:
        return col(Episode.audio_url).is_not(None)
    if stage in SPEECH_STAGES:
        return select(Transcription).where(col(Transcription.episode_id) == Episode.id).exists()
    return _has_speaker()


def _is_of_old_parser() -> ColumnElement[bool]:
    old = col(Transcript.parser_version).is_distinct_from(PARSER_VERSION)
    return _has_transcript(col(Transcript.is_selected), old)


def _is_of_old_matcher() -> ColumnElement[bool]:
    return _has_speaker(col(Speaker.version) != MATCHER_VERSION)


def _has_transcript(*conditions: SQLCoreOperations[bool]) -> ColumnElement[bool]:
    return select(Transcript).where(col(Transcript.episode_id) == Episode.id, *conditions).exists()


def _has_speaker(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(Speaker).where(col(Speaker.episode_id) == Episode.id, *conditions).exists()


def _has_failed(reason: str, kind: str) -> ColumnElement[bool]:
    """The latest job of the episode failed, for this reason or ``any``."""
    later = aliased(Job)
    of_episode = col(later.kind) == kind, col(later.subject) == Episode.id
    latest = select(func.max(later.id)).where(*of_episode).correlate(Episode).scalar_subquery()
    query = select(Job).where(col(Job.id) == latest, is_failed())
    return (query if reason == "any" else query.where(col(Job.reason) == reason)).exists()


def _feeds(scope: ReingestScope, podcast_id: int | None) -> Select[Any] | None:
    """The feeds that a scope polls again, if it polls any."""
    feeds = (
        select(col(Podcast.id))
        .join(Crawl, col(Crawl.podcast_id) == Podcast.id)
        .where(col(Podcast.state).in_((PodcastState.active, PodcastState.gone)))
        .order_by(col(Podcast.id))
    )
    if scope.everything:
        return feeds
    if podcast_id:
        return feeds.where(col(Podcast.id) == podcast_id)
    if scope.failed == "any":
        return feeds.where(col(Crawl.last_error_reason).is_not(None))
    return feeds.where(col(Crawl.last_error_reason) == scope.failed) if scope.failed else None


def _people(
    episodes: Select[Any], scope: ReingestScope, podcast_id: int | None, person_id: int | None
) -> Select[Any] | CompoundSelect[Any]:
    """People to count in a scope: the speakers of its episodes, and those with counts there."""
    speakers = select(col(Speaker.person_id)).where(
        col(Speaker.person_id).is_not(None), col(Speaker.episode_id).in_(episodes)
    )
    in_podcasts = select(col(PersonPodcast.person_id))
    if scope.everything:
        counted = select(col(Person.id)).where(col(Person.appearances) > 0)
        return speakers.union(counted, in_podcasts, select(col(PersonDay.person_id)))
    if podcast_id:
        return speakers.union(in_podcasts.where(col(PersonPodcast.podcast_id) == podcast_id))
    return speakers.union(select(literal(person_id))) if person_id else speakers.distinct()


def _outdated(session: Session, stage: Stage) -> dict[Stage, list[int]]:
    """Episodes by first stage: the outdated one, or the requested one if that is earlier."""
    parsed = set(fetch_values(session, _episodes(_is_of_old_parser())))
    matched = set(fetch_values(session, _episodes(_is_of_old_matcher())))
    if stage is Stage.people:
        return {Stage.people: sorted(matched)}
    if stage is Stage.fetch:
        return {Stage.fetch: sorted(parsed | matched)}
    return {Stage.parse: sorted(parsed), Stage.people: sorted(matched - parsed)}
