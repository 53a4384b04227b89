"""What is known of speakers that are to be judged, read from the database."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from models import get_settings
from models.database.sql import execute, rows, statement, values
from tasks.counts.store.rollups import COUNTED
from tasks.speakers.names.names import comparable
from tasks.speakers.quarantine import plays_clips, quarantine_rule
from tasks.speakers.quarantine_values import (
    EpisodeInfo,
    EpisodeText,
    NewSpeaker,
    PersonHistory,
    QuarantineEvidence,
    QuarantineLimits,
    SpeakerActivity,
    SpeechFacts,
)

# The columns are those of ``Speech``, behind the id.
_SPEAKERS = statement("""
    SELECT s.id, s.matched_person_id, s.appearances, s.spoken_ms, s.timed_characters,
           (SELECT sum(o.appearances) FROM speaker o WHERE o.episode_id = s.episode_id)
               AS episode_appearances,
           s.episode_id, e.podcast_id, coalesce(v.plays_clips, false) AS plays_clips,
           coalesce(t.language, '') AS language, coalesce(p.language, '') AS podcast_language,
           coalesce(m.first_on < e.stats_date, false) AS heard_before
    FROM speaker s JOIN episode e ON e.id = s.episode_id JOIN podcast p ON p.id = e.podcast_id
    JOIN person m ON m.id = s.matched_person_id
    LEFT JOIN podcast_speaker_state v ON v.podcast_id = p.id
    LEFT JOIN transcript t ON t.episode_id = e.id AND t.is_selected
    WHERE s.id = ANY(:ids) ORDER BY s.id
""")
# What counts nowhere (a removed podcast) is no evidence either.
_VOICES = f"""
    SELECT s.matched_person_id, e.podcast_id, s.episode_id, e.stats_date,
           sum(s.appearances) AS segments
    FROM {{speakers}} s JOIN episode e ON e.id = s.episode_id
    JOIN podcast p ON p.id = e.podcast_id
    WHERE {COUNTED} AND {{chosen}}
    GROUP BY s.matched_person_id, e.podcast_id, s.episode_id, e.stats_date
"""  # noqa: S608  constants of ours
# People speak in few episodes: read them first. OFFSET keeps the planner from beginning with all
# episodes of a podcast, which it takes for less before the tables are analysed.
_SPEAKERS_OF_PEOPLE = "(SELECT * FROM speaker WHERE matched_person_id = ANY(:people) OFFSET 0)"
_OF_PEOPLE = statement(f"""
    SELECT matched_person_id, podcast_id, count(*) AS episodes, max(segments) AS most_segments,
           min(stats_date) AS first_on
    FROM ({_VOICES.format(speakers=_SPEAKERS_OF_PEOPLE, chosen="true")}) v GROUP BY 1, 2
""")  # noqa: S608
_OF_PODCAST = statement(f"""
    SELECT count(*) AS episodes, max(segments) AS most_segments
    FROM ({
    _VOICES.format(
        speakers="speaker", chosen="e.podcast_id = :podcast AND s.matched_person_id IS NOT NULL"
    )
}) v
    GROUP BY matched_person_id
""")  # noqa: S608
_TEXTS = statement("""
    SELECT e.id, e.title, e.description, e.author, e.persons, p.author AS podcast_author,
           p.title AS podcast_title, p.description AS podcast_description,
           p.persons AS podcast_persons
    FROM episode e JOIN podcast p ON p.id = e.podcast_id WHERE e.id = ANY(:episodes)
""")
_NAMES = statement("""
    SELECT person_id, key FROM person_name WHERE scope = 'global' AND person_id = ANY(:people)
""")
_MARK = statement("""
    INSERT INTO podcast_speaker_state (podcast_id, plays_clips, quarantine_checked_at)
    VALUES (:id, :clips, :quarantine_checked_at)
    ON CONFLICT (podcast_id) DO UPDATE
        SET plays_clips = excluded.plays_clips, quarantine_checked_at = excluded.quarantine_checked_at
""")
# Podcasts in which a transcript was read, or people decided again, since they were judged.
_DUE = statement("""
    SELECT DISTINCT e.podcast_id FROM job j JOIN episode e ON e.id = j.subject
    LEFT JOIN podcast_speaker_state v ON v.podcast_id = e.podcast_id
    WHERE j.kind = 'parse' AND j.state = 'done' AND j.outcome IN ('ran', 'degraded')
      AND j.finished_at > coalesce(v.quarantine_checked_at, '-infinity')
    ORDER BY e.podcast_id
""")
_SPEAKERS_OF = statement("""
    SELECT s.id FROM speaker s WHERE s.matched_person_id IN (
        SELECT o.matched_person_id FROM speaker o JOIN episode e ON e.id = o.episode_id
        WHERE e.podcast_id = :id)
    ORDER BY s.id
""")


def limits() -> QuarantineLimits:
    """The limits of the rules, as the settings have them."""
    chosen = get_settings()
    return QuarantineLimits(
        chosen.quarantine_new_name_podcasts,
        chosen.quarantine_speaker_share,
        chosen.quarantine_clip_segments,
        chosen.quarantine_max_chars_per_second,
        chosen.quarantine_languages,
    )


def quarantine_rules_for(
    session: Session, speaker_ids: Sequence[int], *, at_first_sight: bool = False
) -> dict[int, str]:
    """The rule that each of these speakers meets, '' for none; those without a match are left out.

    What follows depends on the rows alone, and not on the order in which they came; but
    ``at_first_sight`` whoever counts since an earlier day is not looked up in all other episodes.
    """
    if not speaker_ids:
        return {}
    speakers = rows(session, _SPEAKERS, {"ids": list(speaker_ids)})
    speeches = [SpeechFacts(*row[1:]) for row in speakers]
    heard = _heard(session, _to_look_up(speeches, strangers_only=at_first_sight))
    found = _judged(session, speeches, heard)
    return {row.id: rule for row, rule in zip(speakers, found, strict=True)}


def quarantine_rules_for_new(
    session: Session, episode_info: EpisodeInfo, voices: Sequence[NewSpeaker]
) -> dict[str, str]:
    """The same at first sight for all voices of an episode, by label, before they are stored."""
    total = sum(one.figures.appearances for one in voices)
    speeches = {
        one.label: _speech(episode_info, one, one.matched_person_id, total)
        for one in voices
        if one.matched_person_id is not None
    }
    strangers = _to_look_up(speeches.values(), strangers_only=True)
    new = {one.matched_person_id for one in voices if one.is_new}
    heard = _heard(session, strangers - new)
    if episode_info.counts:
        for person in strangers:
            here = [one.appearances for one in speeches.values() if one.matched_person_id == person]
            _add_heard(heard[person], episode_info, sum(here))
    found = _judged(session, list(speeches.values()), heard)
    return dict(zip(speeches, found, strict=True))


def _speech(
    episode_info: EpisodeInfo, voice: NewSpeaker, matched_person_id: int, episode_appearances: int
) -> SpeechFacts:
    return SpeechFacts(
        matched_person_id,
        voice.figures.appearances,
        voice.figures.spoken_ms,
        voice.figures.timed_characters,
        episode_appearances,
        episode_info.episode_id,
        episode_info.podcast_id,
        episode_info.plays_clips,
        episode_info.language,
        episode_info.podcast_language,
        heard_before=voice.heard_since is not None and voice.heard_since < episode_info.stats_date,
    )


def _add_heard(heard: dict[int, PersonHistory], episode_info: EpisodeInfo, segments: int) -> None:
    """Count in an episode that is not stored yet."""
    so_far = heard.get(episode_info.podcast_id, PersonHistory(0, 0, episode_info.stats_date))
    heard[episode_info.podcast_id] = PersonHistory(
        so_far.episodes + 1,
        max(so_far.most_segments, segments),
        min(so_far.first_on, episode_info.stats_date),
    )


def _to_look_up(speeches: Iterable[SpeechFacts], *, strangers_only: bool) -> set[int]:
    """The people whose other episodes are looked at."""
    return {
        one.matched_person_id
        for one in speeches
        if one.plays_clips or not (strangers_only and one.heard_before)
    }


def _judged(
    session: Session, speeches: Sequence[SpeechFacts], heard: Mapping[int, dict[int, PersonHistory]]
) -> list[str]:
    """The rule that each of these meets."""
    rules = limits()
    asked = [one for one in speeches if one.plays_clips or _share(one) >= rules.voice_share]
    said = _said(session, {one.episode_id for one in asked})
    keys = _keys(session, {one.matched_person_id for one in asked})
    nothing = EpisodeText(frozenset(), "")
    return [
        quarantine_rule(
            _evidence(
                one,
                heard.get(one.matched_person_id, {}),
                said.get(one.episode_id, nothing),
                keys.get(one.matched_person_id, frozenset()),
            ),
            rules,
        )
        for one in speeches
    ]


def _share(speech: SpeechFacts) -> float:
    return speech.appearances / max(speech.episode_appearances, 1)


def _evidence(
    row: SpeechFacts, heard: dict[int, PersonHistory], said: EpisodeText, keys: frozenset[str]
) -> QuarantineEvidence:
    here = heard.get(row.podcast_id)
    first_on = min((one.first_on for one in heard.values()), default=None)
    return QuarantineEvidence(
        appearances=row.appearances,
        spoken_ms=row.spoken_ms,
        timed_characters=row.timed_characters,
        episode_appearances=row.episode_appearances,
        others_tagged=len(said.tagged - keys),
        podcasts=len(heard),
        episodes_here=here.episodes if here else 0,
        most_segments=here.most_segments if here else 0,
        first_day_podcasts=sum(one.first_on == first_on for one in heard.values()),
        plays_clips=row.plays_clips,
        named=any(f" {key} " in said.text for key in keys),
        language=row.language,
        podcast_language=row.podcast_language,
    )


def _heard(session: Session, people: Collection[int]) -> dict[int, dict[int, PersonHistory]]:
    """Where each of these people speaks, by podcast."""
    heard: dict[int, dict[int, PersonHistory]] = defaultdict(dict)
    if not people:
        return heard
    for row in rows(session, _OF_PEOPLE, {"people": sorted(people)}):
        heard[row.matched_person_id][row.podcast_id] = PersonHistory(
            row.episodes, row.most_segments, row.first_on
        )
    return heard


def _said(session: Session, episodes: Collection[int]) -> dict[int, EpisodeText]:
    """The names that each episode and its podcast tag, and all words around it, comparable."""
    if not episodes:
        return {}
    return {
        row.id: EpisodeText(
            frozenset(comparable(tag["name"]) for tag in row.persons),
            f" {comparable(' '.join(_words(row)))} ",
        )
        for row in rows(session, _TEXTS, {"episodes": sorted(episodes)})
    }


def _words(row: Any) -> Iterable[str]:
    tags = [tag["name"] for tag in (*row.persons, *row.podcast_persons)]
    own = (row.title, row.description, row.author)
    return (*own, row.podcast_title, row.podcast_description, row.podcast_author, *tags)


def _keys(session: Session, people: Collection[int]) -> dict[int, frozenset[str]]:
    keys: dict[int, set[str]] = defaultdict(set)
    if not people:
        return {}
    for row in rows(session, _NAMES, {"people": sorted(people)}):
        keys[row.person_id].add(row.key)
    return {person: frozenset(names) for person, names in keys.items()}


def podcasts_due_for_quarantine(session: Session) -> list[int]:
    """Podcasts whose speakers may have to be judged again."""
    return values(session, _DUE, {})


def speakers_of_people_in(session: Session, podcast_id: int) -> list[int]:
    """Everything that anybody who is named in a podcast speaks, there and elsewhere."""
    return values(session, _SPEAKERS_OF, {"id": podcast_id})


def record_clip_podcast(session: Session, podcast_id: int, quarantine_checked_at: datetime) -> None:
    """Note whether a podcast plays clips, by how much each of its voices says."""
    heard = rows(session, _OF_PODCAST, {"podcast": podcast_id})
    clips = plays_clips(
        [SpeakerActivity(one.episodes, one.most_segments) for one in heard], limits()
    )
    asked = {"id": podcast_id, "clips": clips, "quarantine_checked_at": quarantine_checked_at}
    execute(session, _MARK, asked)
