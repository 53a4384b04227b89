"""Dry run of a re-ingest: do the real work in transactions that are rolled back.

The statements are the same as in a real re-ingest, so the result is exact as long as nothing else
changes in between.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import func, select
from sqlmodel import col

from models import Appearance, Episode, Person, Podcast, Speaker, Stage
from models.database import Session, dry_run, in_transaction
from models.database.row_columns import any_of
from models.database.sql import fetch_all
from tasks.counts.store.recompute import recompute_person_counts
from tasks.ingest.episode import naming_failures, store_transcript
from tasks.ingest.transcript_choice import (
    FetchedTranscript,
    fetch_best_transcript,
    readable_transcripts,
)
from tasks.jobs.values import JobFailed
from tasks.reingest.diff import EpisodeDiff, SpokenSegment, appearance_diff
from tasks.reingest.values import Subjects
from tasks.speakers.resolve import resolve_episode
from tasks.transcripts.store import lock_episode


def dry_run_episodes(subjects: Subjects) -> Iterator[EpisodeDiff]:
    """The changes in each episode, one after another; nothing is stored.

    At the stage ``fetch``, transcripts are fetched from their publishers as in a real re-ingest.
    """
    for stage, episodes in subjects.episodes.items():
        for episode_id in episodes:
            yield dry_run_episode(episode_id, stage)


def dry_run_episode(episode_id: int, stage: Stage) -> EpisodeDiff:
    """The changes that a re-ingest of an episode from this stage would make."""
    try:
        reading = None if stage is Stage.people else _read(episode_id, stage)
        with naming_failures():
            return dry_run(_reingested, episode_id, reading)
    except JobFailed as failure:
        failed = EpisodeDiff(episode_id, failed=failure.reason, message=str(failure))
        return in_transaction(_with_titles, failed)


def _read(episode_id: int, stage: Stage) -> FetchedTranscript:
    offered = in_transaction(readable_transcripts, episode_id, stage)
    if not offered:
        raise JobFailed("no_transcript", "the feed no longer lists a transcript")
    return fetch_best_transcript(offered, stage, force=True)


def _reingested(
    session: Session, episode_id: int, reading: FetchedTranscript | None
) -> EpisodeDiff:
    """Re-ingest in a transaction that the caller rolls back; compare before and after."""
    lock_episode(session, episode_id)
    before = _spoken(session, episode_id)
    if reading is None:
        resolve_episode(session, episode_id)
    elif reading.parsed is not None:
        store_transcript(session, episode_id, reading, reading.parsed, force=True)
    diff = appearance_diff(episode_id, before, _spoken(session, episode_id))
    return _with_titles(session, diff) if diff.any else diff


def _spoken(session: Session, episode_id: int) -> dict[int, SpokenSegment]:
    query = (
        select(
            col(Appearance.id),
            col(Speaker.label),
            func.coalesce(col(Person.slug), "").label("slug"),
            col(Appearance.position),
            col(Appearance.start_ms),
            col(Appearance.end_ms),
        )
        .join(Speaker, col(Speaker.id) == Appearance.speaker_id)
        .outerjoin(Person, col(Person.id) == Speaker.person_id)
        .where(col(Appearance.episode_id) == episode_id)
    )
    return dict(fetch_all(session, query, _segment_by_id))


def _segment_by_id(*, id: int, **segment: Any) -> tuple[int, SpokenSegment]:  # noqa: A002
    return id, SpokenSegment(**segment)


def _with_titles(session: Session, diff: EpisodeDiff) -> EpisodeDiff:
    """Add the titles of episode and podcast, and the names of people."""
    slugs = [person.slug for person in diff.people]
    people = select(Person).where(col(Person.slug) == any_of(slugs))
    names = {person.slug: person.name for person in session.scalars(people)}
    named = tuple(
        replace(person, name=names.get(person.slug, person.slug)) for person in diff.people
    )
    episode = session.get(Episode, diff.episode_id)
    podcast = session.get(Podcast, episode.podcast_id) if episode else None
    if episode is None or podcast is None:
        return replace(diff, people=named)
    return replace(
        diff,
        people=named,
        podcast_id=episode.podcast_id,
        episode=episode.title,
        podcast=podcast.title,
    )


def dry_run_counts(subjects: Subjects) -> dict[int, dict[str, int]]:
    """How many counts of each person would be repaired; people with correct counts are omitted."""
    repairs = {person: dry_run(recompute_person_counts, person) for person in subjects.person_ids}
    return {person: repaired for person, repaired in repairs.items() if any(repaired.values())}
