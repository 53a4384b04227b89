"""What is known of an episode before its speakers are decided, read from the database."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from models.statements import as_recordset, execute, rows, statement, values
from tasks.addresses.reading import address_of
from tasks.candidates.texts import Named, named_in
from tasks.counts.store import COUNTED
from tasks.people.addressing import read_addressed
from tasks.people.alone import decide
from tasks.people.forms import is_numbered
from tasks.people.introductions import Turn, read_introductions
from tasks.people.match import MATCHER_VERSION, introductions_matter
from tasks.people.names import read_name
from tasks.people.values import Candidate, EpisodeContext, Name, Regular
from tasks.quarantine.values import Occasion
from tasks.transcripts.values import Segment

# Who is heard and tagged in other episodes of a podcast p than one. The episode itself is left out,
# so that it makes no difference whether it is stored already. The speakers are sought for an array
# of episodes, which is one scan of the index: joined, it is one for each episode, and takes a
# long-running show four times as long.
_REGULARS = """
    SELECT json_agg(json_build_array(r.name, r.episodes, r.tagged) ORDER BY r.tagged, r.name)
    FROM (
        SELECT s.label AS name, count(*) AS episodes, false AS tagged
        FROM speaker s
        WHERE s.appearances > 0 AND s.episode_id = ANY(ARRAY(
            SELECT o.id FROM episode o WHERE o.podcast_id = p.id AND o.id <> :episode_id))
        GROUP BY s.label HAVING count(*) > 1
        UNION ALL
        SELECT t.name, count(*), true FROM episode o
        CROSS JOIN LATERAL (
            SELECT DISTINCT tag->>'name' AS name FROM jsonb_array_elements(o.persons) AS tag
        ) t
        WHERE o.podcast_id = p.id AND o.id <> :episode_id AND o.persons <> p.persons
            AND t.name <> ''
        GROUP BY t.name HAVING count(*) > 1
    ) r
"""
_OF_PODCAST = f"""
    p.persons AS podcast_persons,
    (SELECT count(*) FROM episode o WHERE o.podcast_id = p.id) AS episodes,
    ({_REGULARS}) AS regulars
"""  # noqa: S608  constants of ours
_ABOUT = statement(f"""
    SELECT e.podcast_id, e.title, e.description, e.author, e.persons,
           e.persons <> p.persons AS own_persons, p.author AS podcast_author, e.counted_on,
           {COUNTED} AS counts, coalesce(v.plays_clips, false) AS plays_clips,
           coalesce(t.language, '') AS language, coalesce(p.language, '') AS podcast_language,
           (SELECT json_agg(json_build_array(m.source, m.key, m.name, m.times, m.by_cue,
                                             m.recognised))
            FROM mention m WHERE m.episode_id = e.id) AS mentions, {_OF_PODCAST}
    FROM episode e JOIN podcast p ON p.id = e.podcast_id
    LEFT JOIN podcast_voices v ON v.podcast_id = p.id
    LEFT JOIN transcript t ON t.episode_id = e.id AND t.chosen
    WHERE e.id = :episode_id
""")  # noqa: S608  constants of ours
_ABOUT_PODCAST = statement(f"SELECT {_OF_PODCAST} FROM podcast p WHERE p.id = :podcast_id")  # noqa: S608
# Where something else is known of the podcast than before, all of its episodes are to be decided.
_BEGIN_DECIDING = statement("""
    INSERT INTO podcast_voices AS v (podcast_id, judged_at, regulars, decided_to)
    VALUES (:podcast_id, 'epoch', :regulars, 0)
    ON CONFLICT (podcast_id) DO UPDATE SET regulars = excluded.regulars,
        decided_to = CASE WHEN v.regulars = excluded.regulars THEN v.decided_to ELSE 0 END
    RETURNING decided_to
""")
_UNDECIDED = statement("""
    SELECT e.id FROM episode e WHERE e.podcast_id = :podcast_id AND e.id > :after
        AND EXISTS (SELECT FROM speaker s WHERE s.episode_id = e.id)
    ORDER BY e.id
""")
_DECIDED_TO = statement("""
    UPDATE podcast_voices SET decided_to = :to WHERE podcast_id = :podcast_id AND regulars = :known
""")
_WORDS = statement("""
    SELECT s.label, a.text FROM appearance a JOIN speaker s ON s.id = a.speaker_id
    WHERE a.episode_id = :episode_id ORDER BY a.position, a.id
""")
_FORGET = statement("DELETE FROM mention WHERE episode_id = :episode_id")
_NOTE = statement("""
    INSERT INTO mention (episode_id, source, key, name, times, by_cue, recognised)
    SELECT :episode_id, n.* FROM json_to_recordset(CAST(:mentions AS json))
        AS n (source text, key text, name text, times int, by_cue bool, recognised bool)
""")
_MENTION = ("source", "key", "name", "times", "by_cue", "recognised")
# A first name alone can mean a regular who is heard in so many of all episodes: one in 25.
_FREQUENT = 25
# A voice that has a number only can be a regular who is heard in one episode of ten.
_USUAL = 10
# Two other episodes establish a regular; with the episode itself, and one more to be sure.
_ENOUGH = 4
# Groups of the taxonomy that are heard; the others write, edit and mix.
_HEARD = ("", "cast", "visuals", "community")


@dataclass(frozen=True, slots=True)
class EpisodeFacts:
    """An episode as the decision and the quarantine see it, and the names in the texts about it.

    ``noted`` are the mentions that are stored of it.
    """

    occasion: Occasion
    context: EpisodeContext
    named: tuple[Named, ...]
    noted: frozenset[tuple[object, ...]]


def episode_facts(
    session: Session,
    episode_id: int,
    voices: Mapping[str, int],
    segments: Sequence[Segment] | None = None,
) -> EpisodeFacts:
    """What the decision depends on; the words are read from the rows unless they are given.

    They are read only where a label says less than a full name.
    """
    asked = {"episode_id": episode_id}
    (about,) = rows(session, _ABOUT, asked)
    matter = introductions_matter(voices)
    words: list[Turn] = []
    if matter:
        said = rows(session, _WORDS, asked) if segments is None else segments
        words = [(one[0], one[1]) for one in said]
    named = tuple(named_in(about.title, about.description))
    context = EpisodeContext(
        voices=dict(sorted(voices.items())),
        tags=_tags(about, named),
        regulars=_regulars(about),
        introductions=read_introductions(words),
        addressed=read_addressed(words) if any(map(is_numbered, voices)) else (),
    )
    occasion = Occasion(
        episode_id,
        about.podcast_id,
        about.counted_on,
        about.counts,
        about.plays_clips,
        about.language,
        about.podcast_language,
    )
    return EpisodeFacts(occasion, context, named, frozenset(map(tuple, about.mentions or ())))


def _tags(about: Any, named: Iterable[Named]) -> tuple[Candidate, ...]:
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
                address_of(tag.get("href")),
            )
            found.setdefault(name.key, said)
    for one in named:
        if one.is_candidate:
            found.setdefault(one.name.key, Candidate(one.name, f"in the {one.source}", here=True))
    for author, place in ((about.author, "episode"), (about.podcast_author, "podcast")):
        if name := decide(author or "").name:
            found.setdefault(name.key, Candidate(name, f"the author of the {place}"))
    return tuple(found[key] for key in sorted(found))


def _regulars(about: Any) -> dict[str, Regular]:
    """The names heard and tagged in other episodes, at least twice, and the channel's own tags."""
    names: dict[str, Name] = {}
    heard: dict[bool, dict[str, int]] = {True: defaultdict(int), False: defaultdict(int)}
    for label, episodes, by_tag in about.regulars or ():
        if name := read_name(label) if by_tag else decide(label).name:
            names.setdefault(name.key, name)
            heard[by_tag][name.key] += episodes
    spoken, tagged = heard[False], heard[True]
    of_channel = {
        name.key: name for tag in about.podcast_persons if (name := read_name(tag["name"]))
    }
    names |= of_channel
    return {
        key: _regular(names[key], spoken[key], tagged[key], key in of_channel, about.episodes)
        for key in sorted(names)
    }


def _regular(name: Name, spoken: int, tagged: int, channel: bool, episodes: int) -> Regular:
    heard = max(spoken, tagged) + 1
    return Regular(
        name,
        spoken,
        tagged,
        channel,
        frequent=channel or heard * _FREQUENT >= episodes,
        usual=channel or heard * _USUAL >= episodes,
    )


def begin_deciding(session: Session, podcast_id: int) -> tuple[bytes, list[int]]:
    """What is known of a podcast's regulars now, and the episodes that were not decided by it."""
    known = _regulars_digest(session, podcast_id)
    asked = {"podcast_id": podcast_id, "regulars": known}
    (after,) = values(session, _BEGIN_DECIDING, asked)
    return known, values(session, _UNDECIDED, {"podcast_id": podcast_id, "after": after})


def note_decided(session: Session, podcast_id: int, known: bytes, episode_id: int) -> None:
    """The podcast's episodes are decided up to this one, by what was known when it was begun."""
    asked = {"podcast_id": podcast_id, "known": known, "to": episode_id}
    execute(session, _DECIDED_TO, asked)


def _regulars_digest(session: Session, podcast_id: int) -> bytes:
    """Equal for two states of a podcast only if each of its episodes sees the same regulars.

    An episode does not see itself, so each count may be one less for it; what is more than enough
    to be established makes no difference.
    """
    asked = {"podcast_id": podcast_id, "episode_id": 0}  # none is left out
    (about,) = rows(session, _ABOUT_PODCAST, asked)
    seen = [
        (
            key,
            one.name.display,
            min(one.spoken, _ENOUGH),
            min(one.tagged, _ENOUGH),
            one.channel,
            [
                (max(one.spoken, one.tagged) + more) * often >= about.episodes
                for more in (0, 1)
                for often in (_FREQUENT, _USUAL)
            ],
        )
        for key, one in _regulars(about).items()
    ]
    said = json.dumps([MATCHER_VERSION, seen], ensure_ascii=False).encode()
    return hashlib.blake2b(said, digest_size=16).digest()


def note_mentions(session: Session, episode_id: int, facts: EpisodeFacts) -> None:
    """Make the mentions of an episode equal to what its title and description say now."""
    said = {
        (one.source, one.name.key, one.name.display, one.times, one.by_cue, one.recognised)
        for one in facts.named
    }
    if said == facts.noted:
        return
    if facts.noted:
        execute(session, _FORGET, {"episode_id": episode_id})
    mentions = as_recordset(dict(zip(_MENTION, one, strict=True)) for one in sorted(said))
    execute(session, _NOTE, {"episode_id": episode_id, "mentions": mentions})
