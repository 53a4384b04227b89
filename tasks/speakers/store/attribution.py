"""Attribution in the database, from match, decisions and quarantine, with all counts.

Code that changes attributions takes locks in this order: episodes by id, the advisory locks of
labels and people (see docs/adr/0024-advisory-locks.md), then persons by id.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from models.database import Session
from models.database.sql import Statement, as_recordset, execute, rows, statement
from tasks.counts.store.updates import updating_counts
from tasks.speakers.assignment_carryover import (
    CarriedAssignments,
    carry_over,
    carry_over_by_time,
)
from tasks.speakers.attribution import UNKNOWN, attribution_of
from tasks.speakers.decision_state import DecisionState
from tasks.speakers.decisions import ASSIGN, Attribution, Decision, SpeakerState
from tasks.speakers.names.names import label_key
from tasks.speakers.quarantine_evidence import EpisodeInfo, NewSpeaker
from tasks.speakers.store.podcast_scope import PODCAST_IDS
from tasks.speakers.store.quarantine import (
    quarantine_rules_for,
    quarantine_rules_for_new,
    record_clip_podcast,
    speakers_of_people_in,
)

# Speakers, each with the attribution that it should have.
AttributionChanges = list[tuple[SpeakerState, Attribution]]

# Two classes of advisory locks: for the labels of a podcast (0: of all podcasts), and for the
# speakers of a person. Storing an episode shares the locks from the moment that it attributes
# speakers. A decision takes the locks of what it is about exclusively.
LABEL_LOCKS, PERSON_LOCKS = 0x0F3E_0001, 0x0F3E_0002
DECISION_COLUMNS = """
    id, kind, person_id, target_person_id, podcast_id, episode_id, label, name,
    undone_by IS NOT NULL AS undone
"""
# Decisions about labels in these podcasts and episodes, and about all people whom a match or such a
# decision leads to.
_DECISIONS_ABOUT = statement(f"""
    WITH RECURSIVE about_labels AS (
        SELECT {DECISION_COLUMNS}, fingerprints, spans FROM identity_event
        WHERE undone_by IS NULL AND label IS NOT NULL
            AND (podcast_id IS NULL OR podcast_id = ANY(:podcasts))
            AND (episode_id IS NULL OR episode_id = ANY(:episodes))
    ), reached (id) AS (
        (SELECT unnest(CAST(:people AS bigint[])) UNION SELECT person_id FROM about_labels)
        UNION
        SELECT e.target_person_id FROM identity_event e JOIN reached r ON e.person_id = r.id
        WHERE e.undone_by IS NULL AND e.kind IN ('merge', 'split')
    )
    SELECT * FROM about_labels UNION ALL
    SELECT {DECISION_COLUMNS}, NULL AS fingerprints, NULL AS spans FROM identity_event
    WHERE undone_by IS NULL AND label IS NULL
        AND kind IN ('merge', 'split', 'suppress', 'release', 'quarantine')
        AND person_id IN (SELECT id FROM reached)
""")  # noqa: S608  columns of ours
SPEAKER_QUERY = f"""
    SELECT s.id, s.episode_id, {PODCAST_IDS} AS podcast_ids, s.label, s.label_key,
           s.matched_person_id, s.quarantine_rule, s.person_id, s.status, s.status_reason,
           s.decided_by
    FROM speaker s JOIN episode e ON e.id = s.episode_id JOIN podcast p ON p.id = e.podcast_id
"""  # noqa: S608  a constant of ours
_OF_EPISODES = statement(SPEAKER_QUERY + "WHERE s.episode_id = ANY(:episodes) ORDER BY s.id")
_BY_ID = statement(SPEAKER_QUERY + "WHERE s.id = ANY(:ids) ORDER BY s.id")
_ALL_DECISIONS = statement(
    f"SELECT {DECISION_COLUMNS}, fingerprints, spans FROM identity_event ORDER BY id"  # noqa: S608
)
_ALL_SPEAKERS = statement(SPEAKER_QUERY + "ORDER BY s.id")
_COUNT_TEXTS = statement("""
    SELECT a.speaker_id, count(DISTINCT a.fingerprint) AS texts FROM appearance a
    WHERE a.episode_id = :episode_id AND a.fingerprint = ANY(:fingerprints)
    GROUP BY a.speaker_id
""")
_SPOKEN_WITHIN = statement("""
    SELECT a.speaker_id,
           sum(least(a.end_ms, n.end_ms) - greatest(a.start_ms, n.start_ms))::int AS ms
    FROM appearance a JOIN speaker s ON s.id = a.speaker_id
    JOIN unnest(CAST(:starts AS int[]), CAST(:ends AS int[])) AS n (start_ms, end_ms)
        ON a.start_ms < n.end_ms AND n.start_ms < a.end_ms
    WHERE a.episode_id = :episode_id AND s.label <> '' GROUP BY a.speaker_id
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
_SHARE_LOCKS = statement("""
    SELECT pg_advisory_xact_lock_shared(class, (k % 2147483647)::int)
    FROM unnest(CAST(:classes AS int[]), CAST(:keys AS bigint[])) AS n (class, k)
""")
_SUGGEST_REASSIGNING = statement("""
    INSERT INTO suggestion (kind, person_id, assignment_event_id, evidence, score, state, made_at)
    SELECT 'reassign', e.person_id, e.id,
           jsonb_build_object('episode_id', e.episode_id, 'label', e.label), 1, 'open',
           clock_timestamp()
    FROM identity_event e WHERE e.id = ANY(:decisions)
    ON CONFLICT ON CONSTRAINT suggestion_once DO NOTHING
""")
_DROP_SUGGESTIONS = statement("""
    DELETE FROM suggestion
    WHERE kind = 'reassign' AND state = 'open' AND assignment_event_id = ANY(:decisions)
""")


def attribute_speakers(session: Session, episode_ids: Sequence[int]) -> int:
    """Attribute the speakers of episodes again; returns how many rows changed.

    Call it inside ``updating_counts`` with the episodes locked, after its speakers and segments
    were written. New speakers go through the quarantine rules. A concurrent decision either sees
    these speakers, or is seen here: it waits for the locks that are shared from here to the commit.
    """
    speakers = load_speakers(session, _OF_EPISODES, episodes=list(episode_ids))
    if not speakers:
        return 0
    carried, decisions = decisions_under_lock(session, speakers)
    changed = changed_attributions(_with_first_quarantine(session, speakers), decisions)
    write_attributions(session, changed)
    _suggest_for_lost(session, carried)
    return len(changed)


def attribute_new_speakers(
    session: Session, episode_info: EpisodeInfo, speakers: Sequence[NewSpeaker]
) -> tuple[AttributionChanges, bool]:
    """Attribute the speakers of an episode that has none yet, before they are written.

    A twin of ``attribute_speakers`` for the first store of an episode: attributions are written
    with the speakers. From here to the commit it shares the same locks. Also returns whether the
    speakers must be attributed again after their segments are written: assignments depend on text.
    """
    rules = quarantine_rules_for_new(session, episode_info, speakers)
    states = [
        SpeakerState(
            id=0,
            episode_id=episode_info.episode_id,
            podcast_ids=episode_info.podcast_ids,
            label=speaker.label,
            key=label_key(speaker.label),
            matched_person_id=speaker.matched_person_id,
            quarantine_rule=rules.get(speaker.label, ""),
            stored=UNKNOWN,
            stored_label_key=None,
            stored_quarantine_rule="",
        )
        for speaker in speakers
    ]
    carried, decisions = decisions_under_lock(session, states)
    return [(state, attribution_of(state, decisions)) for state in states], bool(carried.lost)


def apply_quarantine_rules(
    session: Session, podcast_id: int, quarantine_checked_at: datetime
) -> int:
    """Apply the quarantine rules to all people matched in a podcast; how many rows changed.

    The result does not depend on the order of the episodes: the rules read all rows.
    """
    record_clip_podcast(session, podcast_id, quarantine_checked_at)
    rules = quarantine_rules_for(session, speakers_of_people_in(session, podcast_id))
    speakers = load_speakers(session, _BY_ID, ids=list(rules))
    episodes = {one.id: one.episode_id for one in speakers if one.quarantine_rule != rules[one.id]}
    if not episodes:
        return 0
    lock_episodes(session, episodes.values())
    with updating_counts(session, sorted(set(episodes.values()))):
        speakers = load_speakers(session, _BY_ID, ids=list(episodes))
        _, decisions = decisions_under_lock(session, speakers)
        speakers = [replace(one, quarantine_rule=rules[one.id]) for one in speakers]
        changed = changed_attributions(speakers, decisions)
        write_attributions(session, changed)
    return len(changed)


def lock_episodes(session: Session, episodes: Iterable[int]) -> set[int]:
    """Lock episodes by id, the order that all code uses."""
    ids = sorted(set(episodes))
    if ids:
        execute(session, _LOCK_EPISODES, {"ids": ids})
    return set(ids)


def find_misattributed(session: Session) -> AttributionChanges:
    """Every speaker whose attribution is not what match, quarantine rule and decisions say."""
    logged = load_decisions(session, _ALL_DECISIONS)
    decisions = DecisionState.of(logged, _carried(session, logged).by_speaker)
    derived = [
        (one, attribution_of(one, decisions)) for one in load_speakers(session, _ALL_SPEAKERS)
    ]
    return [(one, attribution) for one, attribution in derived if one.stored != attribution]


def check_attributions(session: Session, fix: bool) -> list[dict[str, Any]]:
    """Attributions that are not what match, decisions and quarantine say; ``fix`` corrects them.

    ``recount`` gets this function as one of its checks.
    """
    wrong = find_misattributed(session)
    if fix:
        write_attributions(session, wrong)
    return [
        {
            "speaker_id": one.id,
            "episode_id": one.episode_id,
            "stored": one.stored.person_id,
            "stored_status": one.stored.status,
            "derived": attribution.person_id,
            "derived_status": attribution.status,
        }
        for one, attribution in wrong
    ]


def load_speakers(session: Session, query: Statement, **params: object) -> list[SpeakerState]:
    """Speakers as stored, by a query that begins with ``SPEAKER_QUERY``."""
    return [
        SpeakerState(
            id=row.id,
            episode_id=row.episode_id,
            podcast_ids=tuple(row.podcast_ids),
            label=row.label,
            key=label_key(row.label),
            matched_person_id=row.matched_person_id,
            quarantine_rule=row.quarantine_rule,
            stored=Attribution(row.person_id, row.status, row.status_reason, row.decided_by),
            stored_label_key=row.label_key,
            stored_quarantine_rule=row.quarantine_rule,
        )
        for row in rows(session, query, params)
    ]


def _with_first_quarantine(
    session: Session, speakers: Sequence[SpeakerState]
) -> list[SpeakerState]:
    """With the quarantine rules at first sight of speakers that were never attributed."""
    new = [one.id for one in speakers if one.stored_label_key is None]
    rules = dict.fromkeys(new, "") | quarantine_rules_for(session, new, at_first_sight=True)
    return [
        replace(one, quarantine_rule=rules.get(one.id, one.quarantine_rule)) for one in speakers
    ]


def decisions_under_lock(
    session: Session, speakers: Sequence[SpeakerState]
) -> tuple[CarriedAssignments, DecisionState]:
    """Decisions in force about these speakers, locked: none can change until the commit.

    Labels are locked before people, and each in their order.
    """
    podcasts, people = _podcasts_of(speakers), _matched_people(speakers)
    _share_locks(session, [0, *podcasts], people)
    decisions = _decisions_about(session, speakers)
    named = {
        decision.person_id
        for decision in decisions
        if decision.label is not None and decision.person_id
    }
    if more := sorted(named - set(people)):
        _share_locks(session, [], more)
        decisions = _decisions_about(session, speakers)
    return _decision_state(session, decisions)


def decisions_about(
    session: Session, speakers: Sequence[SpeakerState]
) -> tuple[CarriedAssignments, DecisionState]:
    """Decisions in force about these speakers, at this moment and without locks."""
    return _decision_state(session, _decisions_about(session, speakers))


def _decision_state(
    session: Session, decisions: Sequence[Decision]
) -> tuple[CarriedAssignments, DecisionState]:
    carried = _carried(session, decisions)
    return carried, DecisionState.of(decisions, carried.by_speaker)


def _share_locks(session: Session, podcasts: list[int], people: list[int]) -> None:
    params = {
        "classes": [LABEL_LOCKS] * len(podcasts) + [PERSON_LOCKS] * len(people),
        "keys": [*podcasts, *people],
    }
    execute(session, _SHARE_LOCKS, params)


def _podcasts_of(speakers: Iterable[SpeakerState]) -> list[int]:
    return sorted({podcast_id for one in speakers for podcast_id in one.podcast_ids})


def _matched_people(speakers: Iterable[SpeakerState]) -> list[int]:
    return sorted({one.matched_person_id for one in speakers if one.matched_person_id is not None})


def _decisions_about(session: Session, speakers: Sequence[SpeakerState]) -> list[Decision]:
    return load_decisions(
        session,
        _DECISIONS_ABOUT,
        people=_matched_people(speakers),
        podcasts=_podcasts_of(speakers),
        episodes=sorted({one.episode_id for one in speakers}),
    )


def load_decisions(session: Session, query: Statement, **params: object) -> list[Decision]:
    """Decisions, by a query that selects ``DECISION_COLUMNS``, ``fingerprints`` and ``spans``."""
    return [Decision(**(row._asdict() | _texts(row))) for row in rows(session, query, params)]


def _texts(row: Any) -> dict[str, Any]:
    """The texts of an assignment and their times, as values."""
    spans = tuple((int(start), int(end)) for start, end in row.spans or ())
    return {"fingerprints": tuple(row.fingerprints or ()), "spans": spans}


def _carried(session: Session, decisions: Iterable[Decision]) -> CarriedAssignments:
    assignments = [
        decision for decision in decisions if decision.kind == ASSIGN and not decision.undone
    ]
    text_counts = {decision.id: _count_texts(session, decision) for decision in assignments}
    carried = carry_over(assignments, text_counts)
    with_times = [decision for decision in carried.lost if decision.spans]
    if not with_times:
        return carried
    times = {decision.id: _spoken_within(session, decision) for decision in with_times}
    return carry_over_by_time(carried, times)


def _spoken_within(session: Session, decision: Decision) -> dict[int, int]:
    """How long each labelled speaker speaks within the times of an assignment, in ms."""
    params = {
        "episode_id": decision.episode_id,
        "starts": [start for start, _ in decision.spans],
        "ends": [end for _, end in decision.spans],
    }
    return {row.speaker_id: row.ms for row in rows(session, _SPOKEN_WITHIN, params)}


def _count_texts(session: Session, decision: Decision) -> dict[int, int]:
    """How many of the distinct texts of an assignment each speaker has."""
    params = {"episode_id": decision.episode_id, "fingerprints": list(decision.fingerprints)}
    return {row.speaker_id: row.texts for row in rows(session, _COUNT_TEXTS, params)}


def changed_attributions(
    speakers: Iterable[SpeakerState], decisions: DecisionState
) -> AttributionChanges:
    """The speakers whose rows have to change, with the attributions that they should have."""
    derived = [(one, attribution_of(one, decisions)) for one in speakers]
    return [(one, attribution) for one, attribution in derived if not one.is_stored_as(attribution)]


def write_attributions(session: Session, changed: AttributionChanges) -> None:
    """Write attributions. The caller has the locks, and updates the counts."""
    if changed:
        records = as_recordset(
            {"id": one.id} | attribution_columns(one, attribution) for one, attribution in changed
        )
        execute(session, _WRITE, {"speakers": records})


def attribution_columns(speaker: SpeakerState, attribution: Attribution) -> dict[str, object]:
    """Columns of a speaker's attribution."""
    return {
        "person_id": attribution.person_id,
        "status": attribution.status,
        "status_reason": attribution.reason,
        "decided_by": attribution.decided_by,
        "label_key": speaker.key,
        "quarantine_rule": speaker.quarantine_rule,
    }


def _suggest_for_lost(session: Session, carried: CarriedAssignments) -> None:
    """Suggest to reassign where an assignment lost its text; drop that where the text is back."""
    if carried.lost:
        decisions = [decision.id for decision in carried.lost]
        execute(session, _SUGGEST_REASSIGNING, {"decisions": decisions})
    if carried.by_speaker:
        decisions = [decision.id for decision in carried.by_speaker.values()]
        execute(session, _DROP_SUGGESTIONS, {"decisions": decisions})
