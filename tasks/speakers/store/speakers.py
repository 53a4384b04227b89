"""Speakers in the database: one for each label of an episode, with its stats and its match."""

from collections.abc import Mapping, Sequence
from typing import Any

from models.database import Session
from models.database.sql import as_recordset, execute, rows, statement
from tasks.speakers.match import MATCHER_VERSION
from tasks.speakers.resolution import Resolution, StoredSpeaker
from tasks.transcripts.values import SpeakerStats

_SPEAKER = """
    SELECT id, label, appearances, spoken_ms, timed_characters, version, matched_person_id, role,
           method, reason, confidence, evidence, episode_id
    FROM speaker
"""
_OF_EPISODE = statement(_SPEAKER + "WHERE episode_id = :episode_id ORDER BY id")
_OF_EPISODES = statement(_SPEAKER + "WHERE episode_id = ANY(:episodes) ORDER BY id")
_ATTRIBUTED = statement(
    "SELECT id, person_id, appearances FROM speaker WHERE episode_id = :episode_id"
)
# A speaker without an attribution yet has the status unknown, and no label key.
_ADD = statement("""
    INSERT INTO speaker (episode_id, label, role, matched_person_id, source, method, reason,
                         version, confidence, evidence, appearances, spoken_ms, timed_characters,
                         person_id, status, status_reason, decided_by, label_key, quarantine_rule)
    SELECT :episode_id, n.label, n.role, n.matched_person_id, 'label', n.method, n.reason, :version,
           n.confidence, n.evidence, n.appearances, n.spoken_ms, n.timed_characters, n.person_id,
           coalesce(n.status, 'unknown'), coalesce(n.status_reason, ''), n.decided_by,
           n.label_key, coalesce(n.quarantine_rule, '')
    FROM json_to_recordset(CAST(:speakers AS json)) AS n (
        label text, role text, matched_person_id bigint, method text, reason text,
        confidence float8, evidence text, appearances int, spoken_ms bigint,
        timed_characters bigint, person_id bigint, status text, status_reason text,
        decided_by bigint, label_key text, quarantine_rule text)
    ORDER BY n.label
    RETURNING label, id
""")
_UPDATE_STATS = statement("""
    UPDATE speaker s SET appearances = n.appearances, spoken_ms = n.spoken_ms,
        timed_characters = n.timed_characters
    FROM json_to_recordset(CAST(:speakers AS json))
        AS n (id bigint, appearances int, spoken_ms bigint, timed_characters bigint)
    WHERE s.id = n.id
""")
_UPDATE_MATCHES = statement("""
    UPDATE speaker s SET matched_person_id = n.matched_person_id, role = n.role,
        source = 'label', method = n.method, reason = n.reason, version = :version,
        confidence = n.confidence, evidence = n.evidence
    FROM json_to_recordset(CAST(:speakers AS json))
        AS n (id bigint, matched_person_id bigint, role text, method text, reason text,
              confidence float8, evidence text)
    WHERE s.id = n.id
""")
_DELETE = statement("DELETE FROM speaker WHERE id = ANY(:ids)")


def stored_speakers(session: Session, episode_id: int) -> list[StoredSpeaker]:
    """The speakers of an episode, as stored."""
    return [_speaker(row) for row in rows(session, _OF_EPISODE, {"episode_id": episode_id})]


def stored_speakers_by_episode(
    session: Session, episodes: Sequence[int]
) -> dict[int, list[StoredSpeaker]]:
    """The speakers of each of these episodes, as stored."""
    by_episode: dict[int, list[StoredSpeaker]] = {episode_id: [] for episode_id in episodes}
    for row in rows(session, _OF_EPISODES, {"episodes": list(episodes)}):
        by_episode[row.episode_id].append(_speaker(row))
    return by_episode


def _speaker(row: Any) -> StoredSpeaker:
    stats = SpeakerStats(row.appearances, row.spoken_ms, row.timed_characters)
    match = (row.matched_person_id, row.role, row.method, row.reason, row.confidence, row.evidence)
    return StoredSpeaker(row.id, row.label, stats, row.version, match)


def attributed_speakers(session: Session, episode_id: int) -> dict[int, tuple[int | None, int]]:
    """The person, if any, and the number of appearances of each speaker of an episode, by id."""
    speakers = rows(session, _ATTRIBUTED, {"episode_id": episode_id})
    return {row.id: (row.person_id, row.appearances) for row in speakers}


def write_speakers(
    session: Session,
    episode_id: int,
    stored: Sequence[StoredSpeaker],
    stats: Mapping[str, SpeakerStats],
    resolution: Resolution,
    attributions: Mapping[str, dict[str, object]],
) -> dict[str, int]:
    """Write a speaker for every label in ``stats``, with its stats and its match.

    Returns the speaker ids by label, including stored speakers without stats. ``attributions`` has
    the attribution columns of new speakers by label; for speakers that are not in it see
    ``tasks.speakers.store.attribution.attribute_speakers``.
    """
    speaker_ids = {speaker.label: speaker.id for speaker in stored}
    new = [label for label in stats if label not in speaker_ids]
    if new:
        added = [
            {"label": label}
            | _stats_columns(stats[label])
            | resolution.columns(label)
            | attributions.get(label, {})
            for label in new
        ]
        speaker_ids |= _add_speakers(session, episode_id, added)
    matched = [speaker for speaker in stored if speaker.label in resolution.matches]
    update_matches(session, matched, resolution)
    _update_stats(session, stored, stats)
    return speaker_ids


def _add_speakers(
    session: Session, episode_id: int, added: Sequence[Mapping[str, object]]
) -> dict[str, int]:
    params = {
        "episode_id": episode_id,
        "version": MATCHER_VERSION,
        "speakers": as_recordset(added),
    }
    return {row.label: row.id for row in rows(session, _ADD, params)}


def update_matches(
    session: Session, stored: Sequence[StoredSpeaker], resolution: Resolution
) -> None:
    """Write the matches of stored speakers that changed."""
    changed = [speaker for speaker in stored if resolution.differs(speaker)]
    if changed:
        records = ({"id": one.id} | resolution.columns(one.label) for one in changed)
        params = {"version": MATCHER_VERSION, "speakers": as_recordset(records)}
        execute(session, _UPDATE_MATCHES, params)


def _update_stats(
    session: Session, stored: Sequence[StoredSpeaker], stats: Mapping[str, SpeakerStats]
) -> None:
    changed = [one for one in stored if stats.get(one.label, one.stats) != one.stats]
    if changed:
        records = ({"id": one.id} | _stats_columns(stats[one.label]) for one in changed)
        execute(session, _UPDATE_STATS, {"speakers": as_recordset(records)})


def _stats_columns(stats: SpeakerStats) -> dict[str, object]:
    return {
        "appearances": stats.appearances,
        "spoken_ms": stats.spoken_ms,
        "timed_characters": stats.timed_characters,
    }


def delete_speakers(session: Session, speaker_ids: Sequence[int]) -> None:
    """Delete speakers that have no segments any more."""
    if speaker_ids:
        execute(session, _DELETE, {"ids": list(speaker_ids)})
