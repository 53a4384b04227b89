"""Evidence for the quarantine rules, read from the database, and the rules applied to it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from models import PodcastState, get_settings
from models.database import Session
from models.database.sql import execute, rows, statement, values
from tasks.counts.store.rollups import COUNTED
from tasks.speakers.names.names import comparable
from tasks.speakers.quarantine_evidence import (
    EpisodeInfo,
    EpisodeText,
    NewSpeaker,
    PersonHistory,
    QuarantineEvidence,
    QuarantineLimits,
    SpeakerActivity,
    SpeechFacts,
)
from tasks.speakers.quarantine_rules import plays_clips, quarantine_rule

# An id, and the fields of SpeechFacts.
_SPEECH_FACTS = statement("""
    SELECT s.id, s.matched_person_id, s.appearances, s.spoken_ms, s.timed_characters,
           (SELECT sum(o.appearances) FROM speaker o WHERE o.episode_id = s.episode_id)
               AS episode_appearances,
           s.episode_id, e.podcast_id, coalesce(v.plays_clips, false) AS plays_clips,
           coalesce(t.language, '') AS language, coalesce(p.language, '') AS podcast_language,
           coalesce(m.first_on < e.stats_date, false) AS counted_earlier
    FROM speaker s JOIN episode e ON e.id = s.episode_id JOIN podcast p ON p.id = e.podcast_id
    JOIN person m ON m.id = s.matched_person_id
    LEFT JOIN podcast_speaker_state v ON v.podcast_id = p.id
    LEFT JOIN transcript t ON t.episode_id = e.id AND t.is_selected
    WHERE s.id = ANY(:ids) ORDER BY s.id
""")
# Speech that does not count (in a removed podcast, say) is no evidence either.
_SEGMENTS_BY_PERSON = f"""
    SELECT s.matched_person_id, e.podcast_id, s.episode_id, e.stats_date,
           sum(s.appearances) AS segments
    FROM {{speakers}} s JOIN episode e ON e.id = s.episode_id
    JOIN podcast p ON p.id = e.podcast_id
    WHERE {COUNTED} AND {{condition}}
    GROUP BY s.matched_person_id, e.podcast_id, s.episode_id, e.stats_date
"""  # noqa: S608  constants of ours
# People speak in few episodes, so their speakers come first. OFFSET keeps the planner from starting
# with all episodes of a podcast, which it underestimates before the tables are analysed.
_SPEAKERS_OF_PEOPLE = "(SELECT * FROM speaker WHERE matched_person_id = ANY(:people) OFFSET 0)"
_HISTORY_OF_PEOPLE = statement(f"""
    SELECT matched_person_id, podcast_id, count(*) AS episodes, max(segments) AS most_segments,
           min(stats_date) AS first_on
    FROM ({_SEGMENTS_BY_PERSON.format(speakers=_SPEAKERS_OF_PEOPLE, condition="true")}) v
    GROUP BY 1, 2
""")  # noqa: S608
_MATCHED_IN_PODCAST = "e.podcast_id = :podcast_id AND s.matched_person_id IS NOT NULL"
_ACTIVITY_IN_PODCAST = statement(f"""
    SELECT count(*) AS episodes, max(segments) AS most_segments
    FROM ({_SEGMENTS_BY_PERSON.format(speakers="speaker", condition=_MATCHED_IN_PODCAST)}) v
    GROUP BY matched_person_id
""")  # noqa: S608
_EPISODE_TEXTS = statement("""
    SELECT e.id, e.title, e.description, e.author, e.persons, p.author AS podcast_author,
           p.title AS podcast_title, p.description AS podcast_description,
           p.persons AS podcast_persons
    FROM episode e JOIN podcast p ON p.id = e.podcast_id WHERE e.id = ANY(:episodes)
""")
_PERSON_NAMES = statement("""
    SELECT person_id, key FROM person_name WHERE scope = 'global' AND person_id = ANY(:people)
""")
_RECORD_STATE = statement("""
    INSERT INTO podcast_speaker_state (podcast_id, plays_clips, quarantine_checked_at)
    VALUES (:podcast_id, :plays_clips, :quarantine_checked_at)
    ON CONFLICT (podcast_id) DO UPDATE
        SET plays_clips = excluded.plays_clips,
            quarantine_checked_at = excluded.quarantine_checked_at
""")
# Podcasts with episodes that were ingested or resolved again since their last check.
_DUE = statement(f"""
    SELECT DISTINCT e.podcast_id FROM job j JOIN episode e ON e.id = j.subject
    JOIN podcast p ON p.id = e.podcast_id AND p.state <> '{PodcastState.removed.value}'
    LEFT JOIN podcast_speaker_state v ON v.podcast_id = e.podcast_id
    WHERE j.kind = 'parse' AND j.state = 'done' AND j.outcome IN ('ran', 'degraded')
      AND j.finished_at > coalesce(v.quarantine_checked_at, '-infinity')
    ORDER BY e.podcast_id
""")  # noqa: S608  a constant of ours
_SPEAKERS_OF_PEOPLE_IN = statement("""
    SELECT s.id FROM speaker s WHERE s.matched_person_id IN (
        SELECT o.matched_person_id FROM speaker o JOIN episode e ON e.id = o.episode_id
        WHERE e.podcast_id = :podcast_id)
    ORDER BY s.id
""")

# The history of people: by person, then by podcast.
Histories = Mapping[int, dict[int, PersonHistory]]


def limits() -> QuarantineLimits:
    """The limits of the rules, from the settings."""
    settings = get_settings()
    return QuarantineLimits(
        new_name_podcasts=settings.quarantine_new_name_podcasts,
        speaker_share=settings.quarantine_speaker_share,
        clip_segments=settings.quarantine_clip_segments,
        max_chars_per_second=settings.quarantine_max_chars_per_second,
        languages=settings.quarantine_languages,
    )


def quarantine_rules_for(
    session: Session, speaker_ids: Sequence[int], *, at_first_sight: bool = False
) -> dict[int, str]:
    """The quarantine rule that applies to each of these speakers, '' for none.

    Speakers without a match are left out. The result depends on the rows alone, and not on the
    order in which they came. But with ``at_first_sight`` the other episodes of a person who counts
    since an earlier day are not read.
    """
    if not speaker_ids:
        return {}
    speaker_rows = rows(session, _SPEECH_FACTS, {"ids": list(speaker_ids)})
    facts_by_id = {row.id: _speech_facts(row) for row in speaker_rows}
    person_ids = _people_to_read(facts_by_id.values(), new_only=at_first_sight)
    histories = _histories(session, person_ids)
    rules = _rules(session, list(facts_by_id.values()), histories)
    return dict(zip(facts_by_id, rules, strict=True))


def _speech_facts(row: Any) -> SpeechFacts:
    columns = row._asdict()
    del columns["id"]
    return SpeechFacts(**columns)


def quarantine_rules_for_new(
    session: Session, episode_info: EpisodeInfo, speakers: Sequence[NewSpeaker]
) -> dict[str, str]:
    """Quarantine rules for the speakers of an episode before they are stored, by label.

    A twin of ``quarantine_rules_for`` for the first store of an episode, which has no rows yet.
    """
    total = sum(speaker.stats.appearances for speaker in speakers)
    facts_by_label = {
        speaker.label: _new_speech_facts(episode_info, speaker, speaker.matched_person_id, total)
        for speaker in speakers
        if speaker.matched_person_id is not None
    }
    person_ids = _people_to_read(facts_by_label.values(), new_only=True)
    new = {speaker.matched_person_id for speaker in speakers if speaker.is_new}
    histories = _histories(session, person_ids - new)
    if episode_info.counts:
        for person_id in person_ids:
            segments = sum(
                facts.appearances
                for facts in facts_by_label.values()
                if facts.matched_person_id == person_id
            )
            _add_episode(histories[person_id], episode_info, segments)
    rules = _rules(session, list(facts_by_label.values()), histories)
    return dict(zip(facts_by_label, rules, strict=True))


def _new_speech_facts(
    episode_info: EpisodeInfo, speaker: NewSpeaker, person_id: int, episode_appearances: int
) -> SpeechFacts:
    since = speaker.counted_since
    return SpeechFacts(
        matched_person_id=person_id,
        appearances=speaker.stats.appearances,
        spoken_ms=speaker.stats.spoken_ms,
        timed_characters=speaker.stats.timed_characters,
        episode_appearances=episode_appearances,
        episode_id=episode_info.episode_id,
        podcast_id=episode_info.podcast_id,
        plays_clips=episode_info.plays_clips,
        language=episode_info.language,
        podcast_language=episode_info.podcast_language,
        counted_earlier=since is not None and since < episode_info.stats_date,
    )


def _add_episode(
    history: dict[int, PersonHistory], episode_info: EpisodeInfo, segments: int
) -> None:
    """Add an episode that is not stored yet to a person's history."""
    podcast_id, stats_date = episode_info.podcast_id, episode_info.stats_date
    so_far = history.get(podcast_id, PersonHistory(0, 0, stats_date))
    history[podcast_id] = PersonHistory(
        episodes=so_far.episodes + 1,
        most_segments=max(so_far.most_segments, segments),
        first_on=min(so_far.first_on, stats_date),
    )


def _people_to_read(speakers: Iterable[SpeechFacts], *, new_only: bool) -> set[int]:
    """The people whose other episodes are evidence."""
    return {
        facts.matched_person_id
        for facts in speakers
        if facts.plays_clips or not (new_only and facts.counted_earlier)
    }


def _rules(session: Session, speakers: Sequence[SpeechFacts], histories: Histories) -> list[str]:
    """The rule that applies to each of these speakers, in order."""
    thresholds = limits()
    with_text = [
        facts for facts in speakers if facts.plays_clips or facts.share >= thresholds.speaker_share
    ]
    texts = _episode_texts(session, {facts.episode_id for facts in with_text})
    keys = _name_keys(session, {facts.matched_person_id for facts in with_text})
    no_text = EpisodeText(frozenset(), "")
    return [
        quarantine_rule(
            _evidence(
                facts,
                histories.get(facts.matched_person_id, {}),
                texts.get(facts.episode_id, no_text),
                keys.get(facts.matched_person_id, frozenset()),
            ),
            thresholds,
        )
        for facts in speakers
    ]


def _evidence(
    facts: SpeechFacts,
    history: dict[int, PersonHistory],
    text: EpisodeText,
    keys: frozenset[str],
) -> QuarantineEvidence:
    here = history.get(facts.podcast_id)
    first_on = min((one.first_on for one in history.values()), default=None)
    return QuarantineEvidence(
        appearances=facts.appearances,
        spoken_ms=facts.spoken_ms,
        timed_characters=facts.timed_characters,
        episode_appearances=facts.episode_appearances,
        others_tagged=len(text.tagged - keys),
        podcasts=len(history),
        episodes_here=here.episodes if here else 0,
        most_segments=here.most_segments if here else 0,
        first_day_podcasts=sum(one.first_on == first_on for one in history.values()),
        plays_clips=facts.plays_clips,
        named=any(f" {key} " in text.text for key in keys),
        language=facts.language,
        podcast_language=facts.podcast_language,
    )


def _histories(
    session: Session, person_ids: Collection[int]
) -> dict[int, dict[int, PersonHistory]]:
    """The history of each of these people, by podcast."""
    histories: dict[int, dict[int, PersonHistory]] = defaultdict(dict)
    if not person_ids:
        return histories
    for row in rows(session, _HISTORY_OF_PEOPLE, {"people": sorted(person_ids)}):
        histories[row.matched_person_id][row.podcast_id] = PersonHistory(
            episodes=row.episodes, most_segments=row.most_segments, first_on=row.first_on
        )
    return histories


def _episode_texts(session: Session, episodes: Collection[int]) -> dict[int, EpisodeText]:
    """The tags of each episode, and the text about it and its podcast, in comparable form."""
    if not episodes:
        return {}
    return {
        row.id: EpisodeText(
            tagged=frozenset(comparable(tag["name"]) for tag in row.persons),
            text=f" {comparable(' '.join(_texts(row)))} ",
        )
        for row in rows(session, _EPISODE_TEXTS, {"episodes": sorted(episodes)})
    }


def _texts(row: Any) -> Iterable[str]:
    tags = [tag["name"] for tag in (*row.persons, *row.podcast_persons)]
    own = (row.title, row.description, row.author)
    return (*own, row.podcast_title, row.podcast_description, row.podcast_author, *tags)


def _name_keys(session: Session, person_ids: Collection[int]) -> dict[int, frozenset[str]]:
    keys: dict[int, set[str]] = defaultdict(set)
    if not person_ids:
        return {}
    for row in rows(session, _PERSON_NAMES, {"people": sorted(person_ids)}):
        keys[row.person_id].add(row.key)
    return {person_id: frozenset(names) for person_id, names in keys.items()}


def podcasts_due_for_quarantine(session: Session) -> list[int]:
    """Podcasts whose speakers have to be resolved, and checked by the quarantine rules, again."""
    return values(session, _DUE, {})


def speakers_of_people_in(session: Session, podcast_id: int) -> list[int]:
    """All speakers, here and elsewhere, of the people who are matched in a podcast."""
    return values(session, _SPEAKERS_OF_PEOPLE_IN, {"podcast_id": podcast_id})


def record_clip_podcast(session: Session, podcast_id: int, quarantine_checked_at: datetime) -> None:
    """Record whether a podcast plays clips, and when its speakers were checked."""
    people = rows(session, _ACTIVITY_IN_PODCAST, {"podcast_id": podcast_id})
    activity = [SpeakerActivity(row.episodes, row.most_segments) for row in people]
    params = {
        "podcast_id": podcast_id,
        "plays_clips": plays_clips(activity, limits()),
        "quarantine_checked_at": quarantine_checked_at,
    }
    execute(session, _RECORD_STATE, params)
