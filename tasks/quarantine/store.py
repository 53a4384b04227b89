"""What is known of speakers that are to be judged, read from the database."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from models import get_settings
from tasks.people.names import comparable
from tasks.quarantine.rules import plays_clips, suspicion
from tasks.quarantine.values import Evidence, Heard, Limits, Said, Voice

# Counted like this whoever reads: what counts nowhere (a removed podcast) is no evidence either.
_COUNTED = "e.duplicate_of IS NULL AND q.state NOT IN ('removed', 'duplicate')"
_SPEAKERS = text("""
    SELECT s.id, s.episode_id, s.matched_id, s.appearances, s.spoken_ms, e.podcast_id,
           coalesce(v.plays_clips, false) AS plays_clips, coalesce(t.language, '') AS language,
           coalesce(q.language, '') AS podcast_language,
           coalesce(a.characters, 0) AS timed_characters,
           coalesce(m.first_on < e.counted_on, false) AS heard_before,
           sum(o.appearances) AS episode_appearances
    FROM speaker s JOIN episode e ON e.id = s.episode_id JOIN podcast q ON q.id = e.podcast_id
    JOIN speaker o ON o.episode_id = s.episode_id JOIN person m ON m.id = s.matched_id
    LEFT JOIN podcast_voices v ON v.podcast_id = q.id
    LEFT JOIN transcript t ON t.episode_id = e.id AND t.chosen
    LEFT JOIN LATERAL (
        SELECT sum(length(text)) AS characters FROM appearance
        WHERE speaker_id = s.id AND start_ms < end_ms
    ) a ON true
    WHERE s.id = ANY(:ids) AND s.matched_id IS NOT NULL
    GROUP BY s.id, e.id, q.id, v.podcast_id, t.id, m.id, a.characters ORDER BY s.id
""")
_VOICES = f"""
    SELECT s.matched_id, e.podcast_id, s.episode_id, e.counted_on,
           sum(s.appearances) AS segments
    FROM speaker s JOIN episode e ON e.id = s.episode_id JOIN podcast q ON q.id = e.podcast_id
    WHERE {_COUNTED} AND {{chosen}}
    GROUP BY s.matched_id, e.podcast_id, s.episode_id, e.counted_on
"""  # noqa: S608  constants of ours
_OF_PEOPLE = text(f"""
    SELECT matched_id, podcast_id, count(*) AS episodes, max(segments) AS most_segments,
           min(counted_on) AS first_on
    FROM ({_VOICES.format(chosen="s.matched_id = ANY(:people)")}) v GROUP BY 1, 2
""")  # noqa: S608
_OF_PODCAST = text(f"""
    SELECT count(*) AS episodes, max(segments) AS most_segments
    FROM ({_VOICES.format(chosen="e.podcast_id = :podcast AND s.matched_id IS NOT NULL")}) v
    GROUP BY matched_id
""")  # noqa: S608
_TEXTS = text("""
    SELECT e.id, e.title, e.description, e.author, e.persons, q.author AS podcast_author,
           q.title AS podcast_title, q.description AS podcast_description,
           q.persons AS podcast_persons
    FROM episode e JOIN podcast q ON q.id = e.podcast_id WHERE e.id = ANY(:episodes)
""")
_NAMES = text("""
    SELECT person_id, key FROM person_name WHERE scope = 'global' AND person_id = ANY(:people)
""")
_MARK = text("""
    INSERT INTO podcast_voices (podcast_id, plays_clips, judged_at)
    VALUES (:id, :clips, :judged_at)
    ON CONFLICT (podcast_id) DO UPDATE
        SET plays_clips = excluded.plays_clips, judged_at = excluded.judged_at
""")
# Podcasts in which a transcript was read, or people decided again, since they were judged.
_DUE = text("""
    SELECT DISTINCT e.podcast_id FROM job j JOIN episode e ON e.id = j.subject
    LEFT JOIN podcast_voices v ON v.podcast_id = e.podcast_id
    WHERE j.kind = 'parse' AND j.state = 'done' AND j.outcome IN ('ran', 'degraded')
      AND j.finished_at > coalesce(v.judged_at, '-infinity')
    ORDER BY e.podcast_id
""")
_SPEAKERS_OF = text("""
    SELECT s.id FROM speaker s WHERE s.matched_id IN (
        SELECT o.matched_id FROM speaker o JOIN episode e ON e.id = o.episode_id
        WHERE e.podcast_id = :id)
    ORDER BY s.id
""")


def limits() -> Limits:
    """The limits of the rules, as the settings have them."""
    chosen = get_settings()
    return Limits(
        chosen.quarantine_new_name_podcasts,
        chosen.quarantine_voice_share,
        chosen.quarantine_clip_segments,
        chosen.quarantine_fastest,
        chosen.quarantine_languages,
    )


def suspicions(
    session: Session, speaker_ids: Sequence[int], *, at_first_sight: bool = False
) -> dict[int, str]:
    """The rule that each of these speakers meets, '' for none; those without a match are left out.

    What follows depends on the rows alone, and not on the order in which they came; but
    ``at_first_sight`` whoever counts since an earlier day is not looked up in all other episodes.
    """
    if not speaker_ids:
        return {}
    rules = limits()
    rows = session.connection().execute(_SPEAKERS, {"ids": list(speaker_ids)}).all()
    known = {row.matched_id for row in rows if row.heard_before and not row.plays_clips}
    heard = _heard(session, {row.matched_id for row in rows} - (known if at_first_sight else set()))
    asked = [row for row in rows if row.plays_clips or _share(row) >= rules.voice_share]
    said = _said(session, {row.episode_id for row in asked})
    keys = _keys(session, {row.matched_id for row in asked})
    nothing = Said(frozenset(), "")
    return {
        row.id: suspicion(
            _evidence(
                row,
                heard[row.matched_id],
                said.get(row.episode_id, nothing),
                keys.get(row.matched_id, frozenset()),
            ),
            rules,
        )
        for row in rows
    }


def _share(row: Any) -> float:
    return float(row.appearances / max(row.episode_appearances, 1))


def _evidence(row: Any, heard: dict[int, Heard], said: Said, keys: frozenset[str]) -> Evidence:
    here = heard.get(row.podcast_id)
    first_on = min((one.first_on for one in heard.values()), default=None)
    return Evidence(
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


def _heard(session: Session, people: Collection[int]) -> dict[int, dict[int, Heard]]:
    """Where each of these people speaks, by podcast."""
    heard: dict[int, dict[int, Heard]] = defaultdict(dict)
    if not people:
        return heard
    for row in session.connection().execute(_OF_PEOPLE, {"people": sorted(people)}):
        heard[row.matched_id][row.podcast_id] = Heard(row.episodes, row.most_segments, row.first_on)
    return heard


def _said(session: Session, episodes: Collection[int]) -> dict[int, Said]:
    """The names that each episode and its podcast tag, and all words around it, comparable."""
    if not episodes:
        return {}
    return {
        row.id: Said(
            frozenset(comparable(tag["name"]) for tag in row.persons),
            f" {comparable(' '.join(_words(row)))} ",
        )
        for row in session.connection().execute(_TEXTS, {"episodes": sorted(episodes)})
    }


def _words(row: Any) -> Iterable[str]:
    tags = [tag["name"] for tag in (*row.persons, *row.podcast_persons)]
    own = (row.title, row.description, row.author)
    return (*own, row.podcast_title, row.podcast_description, row.podcast_author, *tags)


def _keys(session: Session, people: Collection[int]) -> dict[int, frozenset[str]]:
    keys: dict[int, set[str]] = defaultdict(set)
    if not people:
        return {}
    for row in session.connection().execute(_NAMES, {"people": sorted(people)}):
        keys[row.person_id].add(row.key)
    return {person: frozenset(names) for person, names in keys.items()}


def due_podcasts(session: Session) -> list[int]:
    """Podcasts whose speakers may have to be judged again."""
    return list(session.connection().execute(_DUE).scalars())


def speakers_of_people_in(session: Session, podcast_id: int) -> list[int]:
    """Everything that anybody who is named in a podcast speaks, there and elsewhere."""
    return list(session.connection().execute(_SPEAKERS_OF, {"id": podcast_id}).scalars())


def mark_voices(session: Session, podcast_id: int, judged_at: datetime) -> None:
    """Note whether a podcast plays clips, by how much each of its voices says."""
    rows = session.connection().execute(_OF_PODCAST, {"podcast": podcast_id})
    clips = plays_clips([Voice(row.episodes, row.most_segments) for row in rows], limits())
    asked = {"id": podcast_id, "clips": clips, "judged_at": judged_at}
    session.connection().execute(_MARK, asked)
