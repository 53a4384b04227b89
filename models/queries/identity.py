"""Identity decisions, open suggestions, quarantined speech, and audits."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Select, cast, func, literal, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from models.database.row_columns import row_columns
from models.database.sql import fetch_value, fetch_values
from models.queries.shown import fetch_all, fetch_one
from models.queries.visibility import VISIBLE, is_visible
from models.tables.episode import Episode
from models.tables.identity import AuditAnswer, IdentityDecision, Suggestion
from models.tables.person import Person, PersonState
from models.tables.podcast import Podcast
from models.tables.speaker import Appearance, AttributionStatus, Speaker

_Other = aliased(Person)
_Target = aliased(Podcast)

_SAMPLE = f"""
    SELECT s.episode_id, s.label, s.person_id, o.name AS person, o.slug, s.method, s.version,
           s.confidence, s.evidence, s.status_reason, s.appearances, e.title AS episode,
           p.title AS podcast, j.correct, j.id IS NOT NULL AS judged
    FROM speaker s JOIN person o ON o.id = s.person_id
    JOIN episode e ON e.id = s.episode_id JOIN podcast p ON p.id = e.podcast_id
    LEFT JOIN audit_answer j ON j.seed = :seed AND j.episode_id = s.episode_id
        AND j.label = s.label AND j.person_id = s.person_id
    WHERE {VISIBLE}
    ORDER BY md5(CAST(:seed AS text) || e.podcast_id || '/' || e.identity || '/' || s.label)
    LIMIT :sample
"""  # noqa: S608  constants of ours


@dataclass(frozen=True, slots=True)
class IdentityDecisionRow:
    """An identity decision with the names of what it is about."""

    id: int
    uuid: UUID
    kind: str
    actor: str
    reason: str
    at: datetime
    person: str | None
    slug: str | None
    other: str | None
    other_slug: str | None
    podcast: str | None
    podcast_id: int | None
    episode_id: int | None
    episode: str | None
    label: str | None
    name: str | None
    undoes: int | None
    undone_by: int | None


@dataclass(frozen=True, slots=True)
class SuggestionRow:
    """An open suggestion with the names of the people or podcasts that it is about."""

    id: int
    kind: str
    person: str | None
    slug: str | None
    other: str | None
    other_slug: str | None
    podcast_id: int | None
    podcast: str | None
    target_podcast_id: int | None
    target_podcast: str | None
    assignment_id: int | None
    score: float
    evidence: dict[str, Any]
    state: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class QuarantinedSpeech:
    """Speech of one person in one podcast that one rule put in quarantine."""

    person: str
    slug: str
    podcast: str
    podcast_id: int
    reason: str
    episodes: int
    appearances: int
    label: str


@dataclass(frozen=True, slots=True)
class AuditedSpeaker:
    """A speaker in an audit's sample; ``correct`` is the answer, if it was ``judged``."""

    episode_id: int
    label: str
    person_id: int
    person: str
    slug: str
    method: str
    version: int
    confidence: float
    evidence: str
    status_reason: str
    appearances: int
    episode: str
    podcast: str
    correct: bool | None
    judged: bool


@dataclass(frozen=True, slots=True)
class SegmentText:
    """The text of a segment; ``start_ms`` from the beginning of the audio."""

    start_ms: int | None
    text: str


@dataclass(frozen=True, slots=True)
class PlayableSegment(SegmentText):
    """A segment, shortened to 400 characters, with the audio in which it is heard."""

    id: int
    episode_id: int
    audio_url: str


@dataclass(frozen=True, slots=True)
class MethodAccuracy:
    """Audit answers about speakers that one method attributed."""

    method: str
    correct: int
    judged: int
    unsure: int


def audit_sample(session: Session, *, sample: int, seed: int) -> list[AuditedSpeaker]:
    """A random sample of counted speakers, the same for the same seed."""
    return fetch_all(session, _SAMPLE, AuditedSpeaker, {"sample": sample, "seed": seed})


def decisions_of(session: Session, person_id: int) -> list[IdentityDecisionRow]:
    """Decisions about a person and those merged into them, latest first."""
    same = select(literal(person_id, BigInteger).label("id")).cte("same", recursive=True)
    merged = select(col(Person.id)).join(same, col(Person.merged_into) == same.c.id)
    people = select(same.union(merged).c.id)
    about = or_(
        col(IdentityDecision.person_id).in_(people),
        col(IdentityDecision.target_person_id).in_(people),
    )
    return fetch_all(session, _decisions().where(about), IdentityDecisionRow)


def decisions(session: Session, *, limit: int) -> list[IdentityDecisionRow]:
    """The latest decisions."""
    return fetch_all(session, _decisions().limit(limit), IdentityDecisionRow)


def decision(session: Session, decision_id: int) -> IdentityDecisionRow | None:
    """The decision with this number."""
    chosen = _decisions().where(col(IdentityDecision.id) == decision_id)
    return fetch_one(session, chosen, IdentityDecisionRow)


def _decisions() -> Select[Any]:
    columns = row_columns(
        IdentityDecisionRow,
        IdentityDecision,
        person=Person.name,
        slug=Person.slug,
        other=_Other.name,
        other_slug=_Other.slug,
        podcast=Podcast.title,
        episode=Episode.title,
    )
    return (
        select(*columns)
        .outerjoin(Person, col(Person.id) == IdentityDecision.person_id)
        .outerjoin(_Other, col(_Other.id) == IdentityDecision.target_person_id)
        .outerjoin(Podcast, col(Podcast.id) == IdentityDecision.podcast_id)
        .outerjoin(Episode, col(Episode.id) == IdentityDecision.episode_id)
        .order_by(col(IdentityDecision.id).desc())
    )


_IS_OPEN = (
    col(Suggestion.state) == "open",
    or_(col(Person.id).is_(None), col(Person.state) == PersonState.active),
    or_(col(_Other.id).is_(None), col(_Other.state) == PersonState.active),
)
_LIKELIEST = (col(Suggestion.kind), col(Suggestion.score).desc(), col(Suggestion.id))


def suggestions(session: Session, *, limit: int = 0, offset: int = 0) -> list[SuggestionRow]:
    """Open suggestions, the likeliest of each kind first; 0 is all."""
    columns = row_columns(
        SuggestionRow,
        Suggestion,
        person=Person.name,
        slug=Person.slug,
        other=_Other.name,
        other_slug=_Other.slug,
        podcast=Podcast.title,
        target_podcast=_Target.title,
        assignment_id=Suggestion.assignment_event_id,
    )
    query = (
        _with_people(select(*columns))
        .outerjoin(Podcast, col(Podcast.id) == Suggestion.podcast_id)
        .outerjoin(_Target, col(_Target.id) == Suggestion.target_podcast_id)
        .order_by(*_LIKELIEST)
    )
    return fetch_all(session, query.limit(limit or None).offset(offset), SuggestionRow)


def open_suggestions(session: Session) -> int:
    """How many suggestions are open."""
    count: int = fetch_value(session, _with_people(select(func.count())))
    return count


def place_of_suggestion(session: Session, suggestion_id: int) -> int:
    """How many open suggestions are before this one; 0 if it is not open."""
    ids = fetch_values(session, _with_people(select(col(Suggestion.id))).order_by(*_LIKELIEST))
    return ids.index(suggestion_id) if suggestion_id in ids else 0


def _with_people(query: Select[Any]) -> Select[Any]:
    """Open suggestions, joined with the people whom they are about."""
    return (
        query.select_from(Suggestion)
        .outerjoin(Person, col(Person.id) == Suggestion.person_id)
        .outerjoin(_Other, col(_Other.id) == Suggestion.target_person_id)
        .where(*_IS_OPEN)
    )


def quarantined(session: Session, *, limit: int = 0, offset: int = 0) -> list[QuarantinedSpeech]:
    """Quarantined speech by person, podcast and rule, most appearances first; 0 is all."""
    appearances = cast(func.sum(col(Speaker.appearances)), BigInteger)
    columns = row_columns(
        QuarantinedSpeech,
        person=Person.name,
        slug=Person.slug,
        podcast=Podcast.title,
        podcast_id=Podcast.id,
        reason=Speaker.status_reason,
        episodes=func.count(),
        appearances=appearances,
        label=func.min(col(Speaker.label)),
    )
    query = _quarantined(select(*columns)).order_by(
        appearances.desc(), col(Person.slug), col(Podcast.id), col(Speaker.status_reason)
    )
    return fetch_all(session, query.limit(limit or None).offset(offset), QuarantinedSpeech)


def count_quarantined(session: Session) -> int:
    """How many rows ``quarantined`` has in all."""
    groups = _quarantined(select(literal(1).label("one"))).subquery()
    count: int = fetch_value(session, select(func.count()).select_from(groups))
    return count


def _quarantined(query: Select[Any]) -> Select[Any]:
    """Quarantined speakers, grouped by person, podcast and rule."""
    return (
        query.select_from(Speaker)
        .join(Episode, col(Episode.id) == Speaker.episode_id)
        .join(Podcast, col(Podcast.id) == Episode.podcast_id)
        .join(Person, col(Person.id) == Speaker.matched_person_id)
        .where(
            col(Person.state) == PersonState.active,
            col(Speaker.status) == AttributionStatus.quarantined,
            is_visible(),
        )
        .group_by(col(Person.id), col(Podcast.id), col(Speaker.status_reason))
    )


def first_segments(
    session: Session, episode_id: int, label: str, limit: int = 5
) -> list[SegmentText]:
    """The first segments of a speaker."""
    query = _of_speaker(select(*row_columns(SegmentText, Appearance)), episode_id, label)
    return fetch_all(session, query.limit(limit), SegmentText)


def playable_segments(
    session: Session, episode_id: int, label: str, limit: int = 5
) -> list[PlayableSegment]:
    """The first segments of a speaker, to hear and to find in the transcript."""
    columns = row_columns(
        PlayableSegment,
        Appearance,
        text=func.left(col(Appearance.text), 400),
        audio_url=Episode.audio_url,
    )
    query = _of_speaker(select(*columns), episode_id, label)
    query = query.join(Episode, col(Episode.id) == Speaker.episode_id)
    return fetch_all(session, query.limit(limit), PlayableSegment)


def _of_speaker(query: Select[Any], episode_id: int, label: str) -> Select[Any]:
    return (
        query.join(Speaker, col(Speaker.id) == Appearance.speaker_id)
        .where(col(Speaker.episode_id) == episode_id, col(Speaker.label) == label)
        .order_by(col(Appearance.position))
    )


def audit_results(session: Session, *, seed: int | None = None) -> list[MethodAccuracy]:
    """Audit answers by the method that attributed the speaker, of all audits or of one."""
    correct = col(AuditAnswer.correct)
    columns = row_columns(
        MethodAccuracy,
        AuditAnswer,
        correct=func.count().filter(correct.is_(True)),
        judged=func.count(correct),
        unsure=func.count().filter(correct.is_(None)),
    )
    query = select(*columns).group_by(col(AuditAnswer.method)).order_by(col(AuditAnswer.method))
    if seed is not None:
        query = query.where(col(AuditAnswer.seed) == seed)
    return fetch_all(session, query, MethodAccuracy)
