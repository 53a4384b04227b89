"""What is known of an episode before its speakers are decided, read from the database."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from models.database.sql import as_recordset, execute, rows, statement, values
from tasks.counts.store.rollups import COUNTED
from tasks.speakers.evidence.direct_address import read_direct_address
from tasks.speakers.evidence.introductions import Turn, read_introductions
from tasks.speakers.evidence.person_links import link_of
from tasks.speakers.evidence.recurring import PodcastSpeakers, recurring_speakers
from tasks.speakers.evidence.title_mentions import NamedPerson, names_in_text
from tasks.speakers.match import introductions_matter
from tasks.speakers.names.label_variants import is_numbered
from tasks.speakers.names.names import read_name
from tasks.speakers.names.single_label import decide
from tasks.speakers.quarantine_values import EpisodeInfo
from tasks.speakers.values import Candidate, EpisodeContext, RecurringSpeaker
from tasks.transcripts.values import Segment

# Who is heard and tagged in several other episodes of a podcast p than one e. The episode itself is
# left out, so that it makes no difference whether it is stored already. The speakers are sought for
# an array of episodes, which is one scan of the index: joined, it is one for each episode, and
# takes a long-running show four times as long.
_OTHERS = """
    SELECT count(*) AS episodes, array_agg(o.id) FILTER (WHERE o.id <> e.id) AS heard,
           array_agg(o.id) FILTER (WHERE o.id <> e.id AND o.persons <> p.persons) AS tagged
    FROM episode o WHERE o.podcast_id = p.id
"""
_REGULARS = """
    SELECT json_agg(json_build_array(r.name, r.episodes, r.tagged)
                    ORDER BY r.tagged, r.name COLLATE "C")
    FROM (
        SELECT s.label AS name, count(*) AS episodes, false AS tagged
        FROM speaker s
        WHERE s.appearances > 0 AND s.episode_id = ANY(others.heard)
        GROUP BY s.label HAVING count(*) > 1
        UNION ALL
        SELECT t.name, count(*), true FROM episode o
        CROSS JOIN LATERAL (
            SELECT DISTINCT tag->>'name' AS name FROM jsonb_array_elements(o.persons) AS tag
        ) t
        WHERE o.id = ANY(others.tagged) AND t.name <> '' GROUP BY t.name HAVING count(*) > 1
    ) r
"""
# The same of all episodes, one by one.
_SAID = statement("""
    SELECT s.episode_id, s.label, false FROM speaker s
    WHERE s.appearances > 0 AND s.episode_id = ANY(ARRAY(
        SELECT o.id FROM episode o WHERE o.podcast_id = :podcast_id))
    UNION ALL
    SELECT DISTINCT o.id, tag->>'name', true FROM episode o
    CROSS JOIN LATERAL jsonb_array_elements(o.persons) AS tag
    WHERE o.podcast_id = :podcast_id AND tag->>'name' <> ''
        AND o.persons <> (SELECT persons FROM podcast WHERE id = :podcast_id)
""")
_CHANNEL = statement("""
    SELECT p.persons, (SELECT count(*) FROM episode o WHERE o.podcast_id = p.id) AS episodes
    FROM podcast p WHERE p.id = :podcast_id
""")
_EPISODE = f"""
    e.id, e.podcast_id, e.title, e.description, e.author, e.persons,
    e.persons <> p.persons AS own_persons, p.author AS podcast_author, e.stats_date,
    {COUNTED} AS counts, coalesce(v.plays_clips, false) AS plays_clips,
    coalesce(t.language, '') AS language, coalesce(p.language, '') AS podcast_language,
    (SELECT json_agg(json_build_array(m.source, m.key, m.name, m.times, m.by_cue, m.recognised))
     FROM mention m WHERE m.episode_id = e.id) AS mentions
"""  # noqa: S608  a constant of ours
_EPISODES = """
    episode e JOIN podcast p ON p.id = e.podcast_id
    LEFT JOIN podcast_speaker_state v ON v.podcast_id = p.id
    LEFT JOIN transcript t ON t.episode_id = e.id AND t.is_selected
"""
_ABOUT = statement(f"""
    SELECT {_EPISODE}, p.persons AS channel, others.episodes, ({_REGULARS}) AS recurring
    FROM {_EPISODES} CROSS JOIN LATERAL ({_OTHERS}) others WHERE e.id = :episode_id
""")  # noqa: S608  constants of ours
_ABOUT_MANY = statement(f"SELECT {_EPISODE} FROM {_EPISODES} WHERE e.id = ANY(:episodes)")  # noqa: S608
# Where something else is known of the podcast than before, all of its episodes are to be decided.
_BEGIN_DECIDING = statement("""
    INSERT INTO podcast_speaker_state AS v (podcast_id, quarantine_checked_at, recurring_digest, resolved_up_to_episode_id)
    VALUES (:podcast_id, 'epoch', :digest, 0)
    ON CONFLICT (podcast_id) DO UPDATE SET recurring_digest = excluded.recurring_digest,
        resolved_up_to_episode_id = CASE WHEN v.recurring_digest = excluded.recurring_digest THEN v.resolved_up_to_episode_id ELSE 0 END
    RETURNING resolved_up_to_episode_id
""")
_UNDECIDED = statement("""
    SELECT e.id FROM episode e WHERE e.podcast_id = :podcast_id AND e.id > :after
        AND EXISTS (SELECT FROM speaker s WHERE s.episode_id = e.id)
    ORDER BY e.id
""")
_DECIDED_TO = statement("""
    UPDATE podcast_speaker_state SET resolved_up_to_episode_id = :to WHERE podcast_id = :podcast_id AND recurring_digest = :known
""")
_WORDS = statement("""
    SELECT a.episode_id, s.label, a.text FROM appearance a JOIN speaker s ON s.id = a.speaker_id
    WHERE a.episode_id = ANY(:episodes) ORDER BY a.episode_id, a.position, a.id
""")
_FORGET = statement("DELETE FROM mention WHERE episode_id = :episode_id")
_NOTE = statement("""
    INSERT INTO mention (episode_id, source, key, name, times, by_cue, recognised)
    SELECT :episode_id, n.* FROM json_to_recordset(CAST(:mentions AS json))
        AS n (source text, key text, name text, times int, by_cue bool, recognised bool)
""")
Noted = tuple[str, str, str, int, bool, bool]
_MENTION = ("source", "key", "name", "times", "by_cue", "recognised")
# Groups of the taxonomy that are heard; the others write, edit and mix.
_HEARD = ("", "cast", "visuals", "community")


@dataclass(frozen=True, slots=True)
class EpisodeFacts:
    """An episode as the decision and the quarantine see it, and the names in the texts about it.

    ``noted`` are the mentions that are stored of it.
    """

    episode_info: EpisodeInfo
    context: EpisodeContext
    named: tuple[NamedPerson, ...]
    noted: frozenset[Noted]

    @property
    def mentions(self) -> frozenset[Noted]:
        """The mentions that are to be stored of it."""
        return frozenset(
            (one.source, one.name.key, one.name.display, one.times, one.by_cue, one.recognised)
            for one in self.named
        )


def episode_facts(
    session: Session,
    episode_id: int,
    voices: Mapping[str, int],
    segments: Sequence[Segment] | None = None,
) -> EpisodeFacts:
    """What the decision depends on; the words are read from the rows unless they are given.

    They are read only where a label says less than a full name.
    """
    (about,) = rows(session, _ABOUT, {"episode_id": episode_id})
    words: list[Turn] = []
    if introductions_matter(voices):
        if segments is None:
            words = _words(session, [episode_id])[episode_id]
        else:
            words = [(one.label, one.text) for one in segments]
    recurring = recurring_speakers(about.recurring or (), about.channel, about.episodes)
    return _facts(about, recurring, voices, words)


def facts_of_episodes(
    session: Session, podcast: PodcastSpeakers, episodes: Mapping[int, Mapping[str, int]]
) -> dict[int, EpisodeFacts]:
    """The same for episodes of a podcast whose voices were read together; ``episodes`` has theirs.

    An episode that is no longer there is left out.
    """
    about = rows(session, _ABOUT_MANY, {"episodes": list(episodes)})
    matter = [one for one, voices in episodes.items() if introductions_matter(voices)]
    words = _words(session, matter)
    return {
        one.id: _facts(one, podcast.recurring(without=one.id), episodes[one.id], words[one.id])
        for one in about
    }


def _words(session: Session, episodes: list[int]) -> dict[int, list[Turn]]:
    """What is said in each of these episodes, in order."""
    said: dict[int, list[Turn]] = defaultdict(list)
    if episodes:
        for episode_id, label, words in rows(session, _WORDS, {"episodes": episodes}):
            said[episode_id].append((label, words))
    return said


def _facts(
    about: Any,
    recurring: dict[str, RecurringSpeaker],
    voices: Mapping[str, int],
    words: Sequence[Turn],
) -> EpisodeFacts:
    named = tuple(names_in_text(about.title, about.description))
    context = EpisodeContext(
        voices=dict(sorted(voices.items())),
        tags=_tags(about, named),
        recurring=recurring,
        introductions=read_introductions(words),
        addressed=read_direct_address(words) if any(map(is_numbered, voices)) else (),
    )
    episode_info = EpisodeInfo(
        about.id,
        about.podcast_id,
        about.stats_date,
        about.counts,
        about.plays_clips,
        about.language,
        about.podcast_language,
    )
    return EpisodeFacts(episode_info, context, named, frozenset(map(tuple, about.mentions or ())))


def _tags(about: Any, named: Iterable[NamedPerson]) -> tuple[Candidate, ...]:
    """Tags, those whom both a cue and a recogniser found in the texts, and authors; each once."""
    own = bool(about.own_persons)
    found: dict[str, Candidate] = {}
    for tag in about.persons:
        name = read_name(tag["name"])
        if name and tag.get("group", "").lower() in _HEARD:
            place = "of the episode" if own else "of the podcast"
            said = Candidate(
                name,
                f"in a person tag {place}",
                own,
                tag.get("role", "").lower(),
                link_of(tag.get("href")),
            )
            found.setdefault(name.key, said)
    for one in named:
        if one.is_candidate:
            found.setdefault(one.name.key, Candidate(one.name, f"in the {one.source}", here=True))
    for author, place in ((about.author, "episode"), (about.podcast_author, "podcast")):
        if name := decide(author or "").name:
            found.setdefault(name.key, Candidate(name, f"the author of the {place}"))
    return tuple(found[key] for key in sorted(found))


def begin_resolving(session: Session, podcast_id: int) -> tuple[PodcastSpeakers, list[int]]:
    """What is heard in a podcast now, and the episodes that were not decided by its regulars."""
    voices = _podcast_voices(session, podcast_id)
    asked = {"podcast_id": podcast_id, "digest": voices.digest()}
    (after,) = values(session, _BEGIN_DECIDING, asked)
    return voices, values(session, _UNDECIDED, {"podcast_id": podcast_id, "after": after})


def _podcast_voices(session: Session, podcast_id: int) -> PodcastSpeakers:
    asked = {"podcast_id": podcast_id}
    (about,) = rows(session, _CHANNEL, asked)
    return PodcastSpeakers(podcast_id, rows(session, _SAID, asked), about.persons, about.episodes)


def record_resolved(session: Session, podcast: PodcastSpeakers, episode_id: int) -> None:
    """The podcast's episodes are decided up to this one, by what was known when it was begun."""
    asked = {"podcast_id": podcast.podcast_id, "known": podcast.digest(), "to": episode_id}
    execute(session, _DECIDED_TO, asked)


def record_mentions(session: Session, episode_id: int, facts: EpisodeFacts) -> None:
    """Make the mentions of an episode equal to what its title and description say now."""
    said = facts.mentions
    if said == facts.noted:
        return
    if facts.noted:
        execute(session, _FORGET, {"episode_id": episode_id})
    mentions = as_recordset(dict(zip(_MENTION, one, strict=True)) for one in sorted(said))
    execute(session, _NOTE, {"episode_id": episode_id, "mentions": mentions})
