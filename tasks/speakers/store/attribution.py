"""Speakers held as the matcher, the ledger and the quarantine say, with everybody's counts along.

Whoever changes how speakers stand takes locks in this order: episodes by id, the keys of labels
and people (see docs/adr/0024-advisory-locks.md), then persons by id.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlmodel import Session

from models.database.sql import Statement, as_recordset, execute, rows, statement
from tasks.counts.store.updates import updating_counts
from tasks.speakers.assignment_carryover import CarriedAssignments, carry_over
from tasks.speakers.attribution import UNKNOWN, attribution_of
from tasks.speakers.decision_state import DecisionState
from tasks.speakers.decision_values import ASSIGN, Attribution, DecisionEvent, SpeakerState
from tasks.speakers.label_keys import label_key
from tasks.speakers.quarantine_values import EpisodeInfo, NewSpeaker
from tasks.speakers.store.quarantine import (
    quarantine_rules_for,
    quarantine_rules_for_new,
    record_clip_podcast,
    speakers_of_people_in,
)

AttributionChanges = list[tuple[SpeakerState, Attribution]]

# Two classes of advisory locks: a podcast's labels (0: of all), and a person's speakers. Stores
# share them from the moment that they hold speakers; a decision takes those it is about alone.
LABELS, PEOPLE = 0x0F3E_0001, 0x0F3E_0002
EVENT_COLUMNS = """
    id, kind, person_id, target_person_id, podcast_id, episode_id, label, name,
    undone_by IS NOT NULL AS undone
"""
# What is said about the labels in these places, and about everybody to whom the matcher or a label
# leads.
_EVENTS_ABOUT = statement(f"""
    WITH RECURSIVE said AS (
        SELECT {EVENT_COLUMNS}, fingerprints FROM identity_event
        WHERE undone_by IS NULL AND label IS NOT NULL
            AND (podcast_id IS NULL OR podcast_id = ANY(:podcasts))
            AND (episode_id IS NULL OR episode_id = ANY(:episodes))
    ), reached (id) AS (
        (SELECT unnest(CAST(:people AS bigint[])) UNION SELECT person_id FROM said)
        UNION
        SELECT e.target_person_id FROM identity_event e JOIN reached r ON e.person_id = r.id
        WHERE e.undone_by IS NULL AND e.kind IN ('merge', 'split')
    )
    SELECT * FROM said UNION ALL
    SELECT {EVENT_COLUMNS}, NULL AS fingerprints FROM identity_event
    WHERE undone_by IS NULL AND label IS NULL
        AND kind IN ('merge', 'split', 'suppress', 'release', 'quarantine')
        AND person_id IN (SELECT id FROM reached)
""")  # noqa: S608  columns of ours
SPEAKER_FACTS = """
    SELECT s.id, s.episode_id, e.podcast_id, s.label, s.label_key, s.matched_person_id, s.quarantine_rule,
           s.person_id, s.status, s.status_reason, s.decided_by
    FROM speaker s JOIN episode e ON e.id = s.episode_id
"""
_OF_EPISODES = statement(SPEAKER_FACTS + "WHERE s.episode_id = ANY(:episodes) ORDER BY s.id")
_BY_ID = statement(SPEAKER_FACTS + "WHERE s.id = ANY(:ids) ORDER BY s.id")
_ALL_EVENTS = statement(f"SELECT {EVENT_COLUMNS}, fingerprints FROM identity_event ORDER BY id")  # noqa: S608
_ALL = statement(SPEAKER_FACTS + "ORDER BY s.id")
_HELD_TEXT = statement("""
    SELECT a.speaker_id, count(DISTINCT a.fingerprint) AS texts FROM appearance a
    WHERE a.episode_id = :episode_id AND a.fingerprint = ANY(:fingerprints) GROUP BY a.speaker_id
""")
_WRITE = statement("""
    UPDATE speaker s SET person_id = n.person_id, status = n.status,
        status_reason = n.status_reason, decided_by = n.decided_by,
        label_key = n.label_key, quarantine_rule = n.quarantine_rule
    FROM json_to_recordset(CAST(:speakers AS json))
        AS n (id bigint, person_id bigint, status text, status_reason text,
              decided_by bigint, label_key text, quarantine_rule text)
    WHERE s.id = n.id
""")
_LOCK_EPISODES = statement(
    "SELECT id FROM episode WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE"
)
_SHARE = statement("""
    SELECT pg_advisory_xact_lock_shared(class, (k % 2147483647)::int)
    FROM unnest(CAST(:classes AS int[]), CAST(:keys AS bigint[])) AS n (class, k)
""")
_LOST = statement("""
    INSERT INTO suggestion (kind, person_id, assignment_event_id, evidence, score, state, made_at)
    SELECT 'reassign', e.person_id, e.id,
           jsonb_build_object('episode_id', e.episode_id, 'label', e.label), 1, 'open',
           clock_timestamp()
    FROM identity_event e WHERE e.id = ANY(:lost)
    ON CONFLICT ON CONSTRAINT suggestion_once DO NOTHING
""")
_FOUND = statement("""
    DELETE FROM suggestion
    WHERE kind = 'reassign' AND state = 'open' AND assignment_event_id = ANY(:found)
""")


def attribute_speakers(session: Session, episode_id: int, *, judge: bool = False) -> int:
    """Hold the speakers of an episode as the matcher and the ledger say; how many rows changed.

    To be called inside ``updating_counts``, by whoever holds the episode's lock, after its speakers and
    segments were written. New speakers are judged by the rules of the quarantine, and with
    ``judge`` all of them. A decision taken meanwhile either sees these speakers, or is seen here:
    it waits for the keys that are shared from here to the commit.
    """
    speakers = facts(session, _OF_EPISODES, episodes=[episode_id])
    if not speakers:
        return 0
    carried, ledger = decisions_under_lock(session, speakers)
    speakers = with_quarantine(session, speakers, new_only=not judge)
    changed = differences(speakers, ledger)
    write(session, changed)
    _review_lost(session, carried)
    return len(changed)


def attribute_new_speakers(
    session: Session, episode_info: EpisodeInfo, voices: Sequence[NewSpeaker]
) -> tuple[AttributionChanges, bool]:
    """How the speakers of an episode stand that has none yet, to be written with them.

    From here to the commit the keys are shared, as ``attribute_speakers`` does. An assignment is about
    text, which is not stored yet: True tells that they must be held again when it is.
    """
    found = quarantine_rules_for_new(session, episode_info, voices)
    speakers = [
        SpeakerState(
            id=0,
            episode_id=episode_info.episode_id,
            podcast_id=episode_info.podcast_id,
            label=one.label,
            key=label_key(one.label),
            matched_person_id=one.matched_person_id,
            quarantine_rule=found.get(one.label, ""),
            held=UNKNOWN,
            stored_label_key=None,
            stored_quarantine_rule="",
        )
        for one in voices
    ]
    carried, ledger = decisions_under_lock(session, speakers)
    return [(one, attribution_of(one, ledger)) for one in speakers], bool(carried.lost)


def apply_quarantine_rules(
    session: Session, podcast_id: int, quarantine_checked_at: datetime
) -> int:
    """Judge everybody who is named in a podcast anew, and hold them so; how many rows changed.

    Whatever order the episodes came in, this leads to the same: rules look at all there is.
    """
    record_clip_podcast(session, podcast_id, quarantine_checked_at)
    found = quarantine_rules_for(session, speakers_of_people_in(session, podcast_id))
    known = facts(session, _BY_ID, ids=list(found))
    other = {one.id: one.episode_id for one in known if one.quarantine_rule != found[one.id]}
    if not other:
        return 0
    lock_episodes(session, other.values())
    with updating_counts(session, sorted(set(other.values()))):
        speakers = facts(session, _BY_ID, ids=list(other))
        _, ledger = decisions_under_lock(session, speakers)
        speakers = [replace(one, quarantine_rule=found[one.id]) for one in speakers]
        changed = differences(speakers, ledger)
        write(session, changed)
    return len(changed)


def lock_episodes(session: Session, episodes: Iterable[int]) -> set[int]:
    """Lock episodes in the order in which everybody does."""
    ids = sorted(set(episodes))
    if ids:
        execute(session, _LOCK_EPISODES, {"ids": ids})
    return set(ids)


def find_misattributed(session: Session) -> AttributionChanges:
    """Every speaker that does not stand as its match, its suspicion and the ledger say."""
    about = events(session, _ALL_EVENTS)
    ledger = DecisionState.of(about, _carried(session, about).by_speaker)
    held = [(one, attribution_of(one, ledger)) for one in facts(session, _ALL)]
    return [(one, now) for one, now in held if one.held != now]


def check_attributions(session: Session, fix: bool) -> list[dict[str, Any]]:
    """Attributions that are not what match, decisions and quarantine say; written right on request.

    For ``recount``, which is given this check.
    """
    found = find_misattributed(session)
    if fix:
        write(session, found)
    return [
        {
            "speaker_id": one.id,
            "episode_id": one.episode_id,
            "kept": one.held.person_id,
            "kept_standing": one.held.status,
            "derived": now.person_id,
            "derived_standing": now.status,
        }
        for one, now in found
    ]


def facts(session: Session, query: Statement, **asked: object) -> list[SpeakerState]:
    """Speakers as they are stored, by a query of ``SPEAKER_FACTS``."""
    return [
        SpeakerState(
            id=row.id,
            episode_id=row.episode_id,
            podcast_id=row.podcast_id,
            label=row.label,
            key=label_key(row.label),
            matched_person_id=row.matched_person_id,
            quarantine_rule=row.quarantine_rule,
            held=Attribution(row.person_id, row.status, row.status_reason, row.decided_by),
            stored_label_key=row.label_key,
            stored_quarantine_rule=row.quarantine_rule,
        )
        for row in rows(session, query, asked)
    ]


def with_quarantine(
    session: Session, speakers: Sequence[SpeakerState], *, new_only: bool
) -> list[SpeakerState]:
    """The speakers with what the rules say of them now."""
    asked = [one.id for one in speakers if not (new_only and one.stored_label_key is not None)]
    found = quarantine_rules_for(session, asked, at_first_sight=new_only)
    fresh = dict.fromkeys(asked, "") | found
    return [
        replace(one, quarantine_rule=fresh.get(one.id, one.quarantine_rule)) for one in speakers
    ]


def decisions_under_lock(
    session: Session, speakers: Sequence[SpeakerState]
) -> tuple[CarriedAssignments, DecisionState]:
    """What is in force about these speakers, and stays so: no decision passes by until the commit.

    Labels come before people, and each in their order.
    """
    podcasts, people = sorted({one.podcast_id for one in speakers}), _matched(speakers)
    _share(session, [0, *podcasts], people)
    about = _events_about(session, speakers)
    named = {one.person_id for one in about if one.label is not None and one.person_id}
    if more := sorted(named - set(people)):
        _share(session, [], more)
        about = _events_about(session, speakers)
    return _arranged(session, about)


def decisions_about(
    session: Session, speakers: Sequence[SpeakerState]
) -> tuple[CarriedAssignments, DecisionState]:
    """Everything in force that can mean one of these speakers, at this moment."""
    return _arranged(session, _events_about(session, speakers))


def _arranged(
    session: Session, about: Sequence[DecisionEvent]
) -> tuple[CarriedAssignments, DecisionState]:
    carried = _carried(session, about)
    return carried, DecisionState.of(about, carried.by_speaker)


def _share(session: Session, podcasts: list[int], people: list[int]) -> None:
    asked = {
        "classes": [LABELS] * len(podcasts) + [PEOPLE] * len(people),
        "keys": [*podcasts, *people],
    }
    execute(session, _SHARE, asked)


def _matched(speakers: Iterable[SpeakerState]) -> list[int]:
    return sorted({one.matched_person_id for one in speakers if one.matched_person_id is not None})


def _events_about(session: Session, speakers: Sequence[SpeakerState]) -> list[DecisionEvent]:
    return events(
        session,
        _EVENTS_ABOUT,
        people=_matched(speakers),
        podcasts=sorted({one.podcast_id for one in speakers}),
        episodes=sorted({one.episode_id for one in speakers}),
    )


def events(session: Session, query: Statement, **asked: object) -> list[DecisionEvent]:
    """Events of the ledger, by a query of ``EVENT_COLUMNS`` and ``fingerprints``."""
    return [
        DecisionEvent(**(row._asdict() | {"fingerprints": tuple(row.fingerprints or ())}))
        for row in rows(session, query, asked)
    ]


def _carried(session: Session, about: Iterable[DecisionEvent]) -> CarriedAssignments:
    assignments = [one for one in about if one.kind == ASSIGN and not one.undone]
    held: dict[int, dict[int, int]] = {}
    for event in assignments:
        asked = {"episode_id": event.episode_id, "fingerprints": list(event.fingerprints)}
        held[event.id] = {row.speaker_id: row.texts for row in rows(session, _HELD_TEXT, asked)}
    return carry_over(assignments, held)


def differences(speakers: Iterable[SpeakerState], ledger: DecisionState) -> AttributionChanges:
    """The speakers that do not stand as they should, and how they should."""
    held = [(one, attribution_of(one, ledger)) for one in speakers]
    return [(one, now) for one, now in held if not one.is_held_as(now)]


def write(session: Session, changed: AttributionChanges) -> None:
    """Write how speakers stand now. The caller has the locks, and counts."""
    if changed:
        now = as_recordset({"id": one.id} | columns(one, now) for one, now in changed)
        execute(session, _WRITE, {"speakers": now})


def columns(speaker: SpeakerState, now: Attribution) -> dict[str, object]:
    """What is stored of how a speaker stands."""
    return {
        "person_id": now.person_id,
        "status": now.status,
        "status_reason": now.reason,
        "decided_by": now.decided_by,
        "label_key": speaker.key,
        "quarantine_rule": speaker.quarantine_rule,
    }


def _review_lost(session: Session, carried: CarriedAssignments) -> None:
    """Ask for review of assignments whose text is gone, and no longer where it is back."""
    if carried.lost:
        execute(session, _LOST, {"lost": [event.id for event in carried.lost]})
    if carried.by_speaker:
        found = [event.id for event in carried.by_speaker.values()]
        execute(session, _FOUND, {"found": found})
