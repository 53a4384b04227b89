"""Says what a re-ingest would change, by doing it in transactions that are rolled back.

The statements are those of the real thing, so what is announced is what is made, as long as
nothing else changes in between.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from models import Stage
from models.database import dry_run, in_transaction
from tasks.counts.store.recompute import recompute_person_counts
from tasks.ingest.episode import (
    FetchedTranscript,
    fetch_best_transcript,
    readable_transcripts,
    store_transcript,
)
from tasks.jobs.values import JobFailed
from tasks.reingest.diff import EpisodeDiff, SpokenSegment, appearance_diff
from tasks.reingest.values import Subjects
from tasks.speakers.resolve import resolve_episode
from tasks.transcripts.store import lock_episode

_SPOKEN = text("""
    SELECT a.id, s.label, coalesce(p.slug, '') AS slug, a.position, a.start_ms, a.end_ms
    FROM appearance a JOIN speaker s ON s.id = a.speaker_id
    LEFT JOIN person p ON p.id = s.person_id WHERE a.episode_id = :id
""")
_NAMES = text("SELECT slug, name FROM person WHERE slug = ANY(:slugs)")
_ABOUT = text("""
    SELECT e.title AS episode, p.title AS podcast, p.id AS podcast_id
    FROM episode e JOIN podcast p ON p.id = e.podcast_id WHERE e.id = :id
""")


def dry_run_episodes(subjects: Subjects) -> Iterator[EpisodeDiff]:
    """What would change in each episode, one after the other; nothing is kept of it.

    At the stage ``fetch`` publishers are asked, as the real thing would ask them.
    """
    for stage, episodes in subjects.episodes.items():
        for episode_id in episodes:
            yield dry_run_episode(episode_id, stage)


def dry_run_episode(episode_id: int, stage: Stage) -> EpisodeDiff:
    """What doing an episode again from this stage would change."""
    try:
        reading = None if stage is Stage.people else _read(episode_id, stage)
    except JobFailed as failure:
        failed = EpisodeDiff(episode_id, failed=failure.reason, message=str(failure))
        return in_transaction(_about, failed)
    return dry_run(_rehearsed, episode_id, reading)


def _read(episode_id: int, stage: Stage) -> FetchedTranscript:
    offered = in_transaction(readable_transcripts, episode_id, stage)
    if not offered:
        raise JobFailed("no_transcript", "none is offered any more")
    return fetch_best_transcript(offered, stage, force=True)


def _rehearsed(session: Session, episode_id: int, reading: FetchedTranscript | None) -> EpisodeDiff:
    """Do it, within a transaction that the caller rolls back, and compare before and after."""
    lock_episode(session, episode_id)
    before = _spoken(session, episode_id)
    if reading is None:
        resolve_episode(session, episode_id)
    elif reading.parsed is not None:
        store_transcript(session, episode_id, reading, reading.parsed, force=True)
    change = appearance_diff(episode_id, before, _spoken(session, episode_id))
    return _about(session, change) if change.any else change


def _spoken(session: Session, episode_id: int) -> dict[int, SpokenSegment]:
    rows = session.connection().execute(_SPOKEN, {"id": episode_id})
    return {row[0]: SpokenSegment(*row[1:]) for row in rows}


def _about(session: Session, change: EpisodeDiff) -> EpisodeDiff:
    """The same with the titles and names that people know."""
    connection = session.connection()
    found = connection.execute(_ABOUT, {"id": change.episode_id}).mappings().first()
    about: dict[str, Any] = dict(found or {})
    slugs = [person.slug for person in change.people]
    names = {row.slug: row.name for row in connection.execute(_NAMES, {"slugs": slugs})}
    people = tuple(
        replace(person, name=names.get(person.slug, person.slug)) for person in change.people
    )
    return replace(change, people=people, **about)


def dry_run_counts(subjects: Subjects) -> dict[int, dict[str, int]]:
    """How many figures of each person would be repaired; those that are right are left out."""
    found = {person: dry_run(recompute_person_counts, person) for person in subjects.person_ids}
    return {person: repaired for person, repaired in found.items() if any(repaired.values())}
