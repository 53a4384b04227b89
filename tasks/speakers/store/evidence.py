"""Evidence about the speakers of an episode, read from the database, and its mentions."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from models.database import Session
from models.database.sql import as_recordset, execute, rows, statement, values
from tasks.counts.store.rollups import COUNTED
from tasks.speakers.evidence.in_show import METHODS
from tasks.speakers.evidence.recurring import PodcastSpeakers
from tasks.speakers.facts import EpisodeFacts, ShowFacts, Turn, tags_of
from tasks.speakers.match import needs_introductions
from tasks.speakers.naming import Naming
from tasks.speakers.quarantine_evidence import EpisodeInfo
from tasks.speakers.store.podcast_scope import PODCAST_IDS
from tasks.transcripts.values import Segment

# The other episodes of a podcast p than one e, and those of them that have tags. The episode itself
# is left out, so that it makes no difference whether it is stored already. Speakers are selected by
# an array of episodes, which is one scan of the index; a join is a scan for each episode, and takes
# four times as long for a show with many episodes.
_OTHERS = """
    SELECT count(*) AS episodes, array_agg(o.id) FILTER (WHERE o.id <> e.id) AS spoken,
           array_agg(o.id) FILTER (WHERE o.id <> e.id AND o.persons <> p.persons) AS tagged
    FROM episode o WHERE o.podcast_id = p.id
"""
_RECURRING = """
    SELECT json_agg(json_build_array(r.name, r.episodes, r.tagged)
                    ORDER BY r.tagged, r.name COLLATE "C")
    FROM (
        SELECT s.label AS name, count(*) AS episodes, false AS tagged
        FROM speaker s
        WHERE s.appearances > 0 AND s.episode_id = ANY(others.spoken)
        GROUP BY s.label HAVING count(*) > 1
        UNION ALL
        SELECT t.name, count(*), true FROM episode o
        CROSS JOIN LATERAL (
            SELECT DISTINCT tag->>'name' AS name FROM jsonb_array_elements(o.persons) AS tag
        ) t
        WHERE o.id = ANY(others.tagged) AND t.name <> '' GROUP BY t.name HAVING count(*) > 1
    ) r
"""
# The labels and tags of all episodes of a podcast, one row for each name of an episode.
_NAMES_OF_PODCAST = statement("""
    SELECT s.episode_id, s.label, false FROM speaker s
    WHERE s.appearances > 0 AND s.episode_id = ANY(ARRAY(
        SELECT o.id FROM episode o WHERE o.podcast_id = :podcast_id))
    UNION ALL
    SELECT DISTINCT o.id, tag->>'name', true FROM episode o
    CROSS JOIN LATERAL jsonb_array_elements(o.persons) AS tag
    WHERE o.podcast_id = :podcast_id AND tag->>'name' <> ''
        AND o.persons <> (SELECT persons FROM podcast WHERE id = :podcast_id)
""")
# Labels that an episode matches to a full name by what it has itself. The last step of the matcher
# is left out: it follows from these.
_MATCHED = """
    SELECT {columns} FROM speaker s JOIN person q ON q.id = s.matched_person_id
    WHERE s.method = ANY(:methods) AND s.appearances > 0 AND s.episode_id = ANY({episodes})
"""
_NAME = "coalesce(q.published_name, q.name)"
_IN_SHOW = f"""
    SELECT json_agg(json_build_array(m.label, m.name, m.episodes)
                    ORDER BY m.label COLLATE "C", m.name COLLATE "C")
    FROM ({
    _MATCHED.format(
        columns=f"s.label, {_NAME} AS name, count(DISTINCT s.episode_id) AS episodes",
        episodes="others.spoken",
    )
} GROUP BY 1, 2) m
"""  # noqa: S608  constants of ours
_MATCHED_OF_PODCAST = statement(
    _MATCHED.format(
        columns=f"s.episode_id, s.label, {_NAME}",
        episodes="ARRAY(SELECT o.id FROM episode o WHERE o.podcast_id = :podcast_id)",
    )
)
_CHANNEL = statement("""
    SELECT p.persons, p.author, p.title, p.description,
           (SELECT count(*) FROM episode o WHERE o.podcast_id = p.id) AS episodes
    FROM podcast p WHERE p.id = :podcast_id
""")
_EPISODE_COLUMNS = f"""
    e.id, e.podcast_id, {PODCAST_IDS} AS podcast_ids, e.title, e.description, e.author, e.persons,
    e.persons <> p.persons AS own_persons, p.author AS podcast_author,
    p.title AS podcast_title, p.description AS podcast_description, e.stats_date,
    {COUNTED} AS counts, coalesce(v.plays_clips, false) AS plays_clips,
    coalesce(t.language, '') AS language, coalesce(p.language, '') AS podcast_language,
    (SELECT json_agg(json_build_array(m.source, m.key, m.name, m.times, m.by_cue, m.recognised))
     FROM mention m WHERE m.episode_id = e.id) AS mentions
"""  # noqa: S608  a constant of ours
_EPISODE_TABLES = """
    episode e JOIN podcast p ON p.id = e.podcast_id
    LEFT JOIN podcast_speaker_state v ON v.podcast_id = p.id
    LEFT JOIN transcript t ON t.episode_id = e.id AND t.is_selected
"""
_EPISODE = statement(f"""
    SELECT {_EPISODE_COLUMNS}, p.persons AS channel_tags, others.episodes,
           ({_RECURRING}) AS recurring, ({_IN_SHOW}) AS in_show
    FROM {_EPISODE_TABLES} CROSS JOIN LATERAL ({_OTHERS}) others WHERE e.id = :episode_id
""")  # noqa: S608  constants of ours
_EPISODES = statement(
    f"SELECT {_EPISODE_COLUMNS} FROM {_EPISODE_TABLES} WHERE e.id = ANY(:episodes)"  # noqa: S608
)
# With other recurring speakers than before, all episodes of the podcast have to be resolved.
_BEGIN_RESOLVING = statement("""
    INSERT INTO podcast_speaker_state AS v (podcast_id, quarantine_checked_at, recurring_digest,
        resolved_up_to_episode_id, resolved_at_version)
    VALUES (:podcast_id, 'epoch', :digest, 0, :oldest)
    ON CONFLICT (podcast_id) DO UPDATE SET recurring_digest = excluded.recurring_digest,
        resolved_up_to_episode_id = CASE
            WHEN v.recurring_digest = excluded.recurring_digest THEN v.resolved_up_to_episode_id
            ELSE 0 END,
        resolved_at_version = CASE
            WHEN v.recurring_digest IS DISTINCT FROM excluded.recurring_digest
                THEN excluded.resolved_at_version
            WHEN v.resolved_at_version > excluded.resolved_at_version THEN 0 -- of another server
            ELSE v.resolved_at_version END
    RETURNING resolved_up_to_episode_id, resolved_at_version
""")
# Below this version nothing can still be committed.
_OLDEST_VERSION = statement("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
# First those that changed since they were resolved, the oldest change first, then those that were
# never resolved. Each with what may be recorded when it and those before it are resolved.
_UNRESOLVED = statement("""
    SELECT u.id, u.up_to, u.version FROM (
        SELECT e.id, CAST(:up_to AS bigint) AS up_to, c.version AS changed, least(
                lead(c.version) OVER (ORDER BY c.version, e.id), CAST(:oldest AS bigint)) AS version
        FROM episode e JOIN change_log c ON c.kind = 'episode' AND c.subject = e.id
        WHERE e.podcast_id = :podcast_id AND e.id <= :up_to AND c.version >= :version
        UNION ALL
        SELECT e.id, e.id, NULL, CAST(:oldest AS bigint) FROM episode e
        WHERE e.podcast_id = :podcast_id AND e.id > :up_to
    ) u WHERE EXISTS (SELECT FROM speaker s WHERE s.episode_id = u.id)
    ORDER BY u.changed NULLS LAST, u.id
""")
_RECORD_RESOLVED = statement("""
    UPDATE podcast_speaker_state
    SET resolved_up_to_episode_id = :up_to, resolved_at_version = :version
    WHERE podcast_id = :podcast_id AND recurring_digest = :digest
""")
_TEXTS = statement("""
    SELECT a.episode_id, s.label, a.text FROM appearance a JOIN speaker s ON s.id = a.speaker_id
    WHERE a.episode_id = ANY(:episodes) ORDER BY a.episode_id, a.position, a.id
""")
_DELETE_MENTIONS = statement("DELETE FROM mention WHERE episode_id = :episode_id")
_ADD_MENTIONS = statement("""
    INSERT INTO mention (episode_id, source, key, name, times, by_cue, recognised)
    SELECT :episode_id, n.* FROM json_to_recordset(CAST(:mentions AS json))
        AS n (source text, key text, name text, times int, by_cue bool, recognised bool)
""")
MentionRow = tuple[str, str, str, int, bool, bool]
_MENTION_COLUMNS = ("source", "key", "name", "times", "by_cue", "recognised")


@dataclass(frozen=True, slots=True)
class EpisodeEvidence:
    """The facts from which an episode is named, what the quarantine needs, and stored mentions."""

    episode_info: EpisodeInfo
    facts: EpisodeFacts
    stored_mentions: frozenset[MentionRow]


def mentions_of(naming: Naming) -> frozenset[MentionRow]:
    """The mentions that the database should have."""
    return frozenset(
        (one.source, one.name.key, one.name.display, one.times, one.by_cue, one.recognised)
        for one in naming.named
    )


def episode_evidence(
    session: Session,
    episode_id: int,
    segment_counts: Mapping[str, int],
    segments: Sequence[Segment] | None = None,
) -> EpisodeEvidence:
    """Evidence about an episode; ``segment_counts`` has the number of segments of each label.

    The text is needed only where a label is less than a full name. It is read from the rows unless
    ``segments`` has it.
    """
    params = {"episode_id": episode_id, "methods": list(METHODS)}
    (episode,) = rows(session, _EPISODE, params)
    text: Sequence[Turn] = ()
    if needs_introductions(segment_counts):
        if segments is None:
            text = _texts(session, [episode_id])[episode_id]
        else:
            text = [(segment.label, segment.text) for segment in segments]
    show = ShowFacts(
        tags_of(episode.channel_tags),
        episode.episodes,
        tuple(map(tuple, episode.recurring or ())),
        tuple(map(tuple, episode.in_show or ())),
    )
    return _evidence(episode, show, segment_counts, text)


def evidence_by_episode(
    session: Session, podcast: PodcastSpeakers, episodes: Mapping[int, Mapping[str, int]]
) -> dict[int, EpisodeEvidence]:
    """Evidence about many episodes of a podcast; ``episodes`` has their segment counts.

    An episode that no longer exists is left out.
    """
    episode_rows = rows(session, _EPISODES, {"episodes": list(episodes)})
    with_text = [id_ for id_, counts in episodes.items() if needs_introductions(counts)]
    texts = _texts(session, with_text)
    return {
        episode.id: _evidence(
            episode, podcast.facts(without=episode.id), episodes[episode.id], texts[episode.id]
        )
        for episode in episode_rows
    }


def _texts(session: Session, episodes: list[int]) -> dict[int, list[Turn]]:
    """Label and text of the segments of each of these episodes, in order."""
    texts: dict[int, list[Turn]] = defaultdict(list)
    if episodes:
        for row in rows(session, _TEXTS, {"episodes": episodes}):
            texts[row.episode_id].append((row.label, row.text))
    return texts


def _evidence(
    episode: Any, show: ShowFacts, segment_counts: Mapping[str, int], text: Iterable[Turn]
) -> EpisodeEvidence:
    facts = EpisodeFacts(
        segment_counts=tuple(sorted(segment_counts.items())),
        title=episode.title,
        description=episode.description,
        author=episode.author or "",
        podcast_author=episode.podcast_author or "",
        tags=tags_of(episode.persons),
        own_tags=bool(episode.own_persons),
        show=show,
        turns=tuple(text),
        podcast_title=episode.podcast_title,
        podcast_description=episode.podcast_description,
    )
    return EpisodeEvidence(
        _episode_info(episode), facts, frozenset(map(tuple, episode.mentions or ()))
    )


def _episode_info(episode: Any) -> EpisodeInfo:
    return EpisodeInfo(
        episode_id=episode.id,
        podcast_id=episode.podcast_id,
        podcast_ids=tuple(episode.podcast_ids),
        stats_date=episode.stats_date,
        counts=episode.counts,
        plays_clips=episode.plays_clips,
        language=episode.language,
        podcast_language=episode.podcast_language,
    )


class Unresolved(NamedTuple):
    """An episode to resolve, and how far its podcast is resolved when it is, too."""

    episode_id: int
    up_to: int
    version: int


def begin_resolving(
    session: Session, podcast_id: int
) -> tuple[PodcastSpeakers, Sequence[Unresolved]]:
    """Snapshot of a podcast's speakers, and the episodes that were not resolved with it yet.

    An episode that changed after it was resolved is one of them, even if the podcast's speakers are
    what they were: it may have been named while they were others.
    """
    (oldest,) = values(session, _OLDEST_VERSION, {})  # before the snapshot, so that none is missed
    podcast = _podcast_speakers(session, podcast_id)
    params = {"podcast_id": podcast_id, "digest": podcast.digest(), "oldest": oldest}
    ((up_to, version),) = rows(session, _BEGIN_RESOLVING, params)
    params |= {"up_to": up_to, "version": version}
    return podcast, [Unresolved(*row) for row in rows(session, _UNRESOLVED, params)]


def _podcast_speakers(session: Session, podcast_id: int) -> PodcastSpeakers:
    params = {"podcast_id": podcast_id}
    (channel,) = rows(session, _CHANNEL, params)
    names = rows(session, _NAMES_OF_PODCAST, params)
    matched = rows(session, _MATCHED_OF_PODCAST, params | {"methods": list(METHODS)})
    tags = tags_of(channel.persons)
    texts = (channel.author, channel.title, channel.description)
    return PodcastSpeakers(podcast_id, names, tags, channel.episodes, matched, texts)


def record_resolved(session: Session, podcast: PodcastSpeakers, last: Unresolved) -> None:
    """Record that the unresolved episodes up to this one are resolved with this snapshot."""
    params = {"podcast_id": podcast.podcast_id, "digest": podcast.digest()}
    execute(session, _RECORD_RESOLVED, params | {"up_to": last.up_to, "version": last.version})


def record_mentions(
    session: Session, episode_id: int, evidence: EpisodeEvidence, naming: Naming
) -> None:
    """Make the mentions of an episode equal to the names in its title and description."""
    mentions = mentions_of(naming)
    if mentions == evidence.stored_mentions:
        return
    if evidence.stored_mentions:
        execute(session, _DELETE_MENTIONS, {"episode_id": episode_id})
    records = (dict(zip(_MENTION_COLUMNS, row, strict=True)) for row in sorted(mentions))
    params = {"episode_id": episode_id, "mentions": as_recordset(records)}
    execute(session, _ADD_MENTIONS, params)
