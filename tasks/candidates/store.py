"""What is known of an episode before its speakers are decided, read from the database."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from models.statements import execute, rows, statement, values
from tasks.addresses.reading import address_of
from tasks.candidates.texts import Named, named_in
from tasks.people.addressing import read_addressed
from tasks.people.alone import decide
from tasks.people.forms import is_numbered
from tasks.people.introductions import Turn, read_introductions
from tasks.people.match import MATCHER_VERSION, introductions_matter
from tasks.people.names import read_name
from tasks.people.values import Candidate, EpisodeContext, Name, Regular

_ABOUT = statement("""
    SELECT e.podcast_id, e.title, e.description, e.author, e.persons,
           e.persons <> p.persons AS own_persons, p.author AS podcast_author,
           p.persons AS podcast_persons,
           (SELECT count(*) FROM episode o WHERE o.podcast_id = e.podcast_id) AS episodes
    FROM episode e JOIN podcast p ON p.id = e.podcast_id WHERE e.id = :episode_id
""")
# The episode itself is left out, so that it makes no difference whether it is stored already. The
# speakers are sought for an array of episodes, which is one scan of the index: joined, it is one
# for each episode, and takes a long-running show four times as long.
_REGULARS = statement("""
    SELECT s.label AS name, count(*) AS episodes, false AS tagged
    FROM speaker s
    WHERE s.appearances > 0 AND s.episode_id = ANY(ARRAY(
        SELECT e.id FROM episode e WHERE e.podcast_id = :podcast_id AND e.id <> :episode_id))
    GROUP BY s.label HAVING count(*) > 1
    UNION ALL
    SELECT t.name, count(*), true FROM episode e
    CROSS JOIN LATERAL (
        SELECT DISTINCT tag->>'name' AS name FROM jsonb_array_elements(e.persons) AS tag
    ) t
    WHERE e.podcast_id = :podcast_id AND e.id <> :episode_id
        AND e.persons <> CAST(:channel AS jsonb) AND t.name <> ''
    GROUP BY t.name HAVING count(*) > 1
    ORDER BY tagged, name
""")
_OF_PODCAST = statement("""
    SELECT persons AS podcast_persons,
           (SELECT count(*) FROM episode o WHERE o.podcast_id = p.id) AS episodes
    FROM podcast p WHERE id = :podcast_id
""")
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
_MENTIONS = statement("""
    SELECT source, key, name, times, by_cue, recognised FROM mention WHERE episode_id = :episode_id
""")
_FORGET = statement("DELETE FROM mention WHERE episode_id = :episode_id")
_NOTE = statement("""
    INSERT INTO mention (episode_id, source, key, name, times, by_cue, recognised)
    VALUES (:episode_id, :source, :key, :name, :times, :by_cue, :recognised)
""")
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
    """An episode as the decision sees it, its podcast, and the names in the texts about it."""

    podcast_id: int
    context: EpisodeContext
    named: tuple[Named, ...]


def episode_facts(
    session: Session,
    episode_id: int,
    voices: Mapping[str, int],
    segments: Sequence[Turn] | None = None,
) -> EpisodeFacts:
    """What the decision depends on; the words are read from the rows unless they are given.

    They are read only where a label says less than a full name.
    """
    (about,) = rows(session, _ABOUT, {"episode_id": episode_id})
    asked = {"podcast_id": about.podcast_id, "episode_id": episode_id}
    matter = introductions_matter(voices)
    if matter and segments is None:
        segments = [(row[0], row[1]) for row in rows(session, _WORDS, asked)]
    named = tuple(named_in(about.title, about.description))
    context = EpisodeContext(
        voices=dict(sorted(voices.items())),
        tags=_tags(about, named),
        regulars=_regulars(session, asked, about),
        introductions=read_introductions(segments or ()) if matter else (),
        addressed=read_addressed(segments or ()) if any(map(is_numbered, voices)) else (),
    )
    return EpisodeFacts(about.podcast_id, context, named)


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


def _regulars(session: Session, asked: dict[str, Any], about: Any) -> dict[str, Regular]:
    """The names heard and tagged in other episodes, at least twice, and the channel's own tags."""
    names: dict[str, Name] = {}
    heard: dict[bool, dict[str, int]] = {True: defaultdict(int), False: defaultdict(int)}
    channel = about.podcast_persons
    for row in rows(session, _REGULARS, asked | {"channel": json.dumps(channel)}):
        if name := read_name(row.name) if row.tagged else decide(row.name).name:
            names.setdefault(name.key, name)
            heard[row.tagged][name.key] += row.episodes
    spoken, tagged = heard[False], heard[True]
    of_channel = {name.key: name for tag in channel if (name := read_name(tag["name"]))}
    names |= of_channel
    return {
        key: Regular(
            names[key],
            spoken[key],
            tagged[key],
            channel=key in of_channel,
            frequent=key in of_channel
            or (max(spoken[key], tagged[key]) + 1) * _FREQUENT >= about.episodes,
            usual=key in of_channel
            or (max(spoken[key], tagged[key]) + 1) * _USUAL >= about.episodes,
        )
        for key in sorted(names)
    }


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
    (about,) = rows(session, _OF_PODCAST, asked)
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
        for key, one in _regulars(session, asked, about).items()
    ]
    said = json.dumps([MATCHER_VERSION, seen], ensure_ascii=False).encode()
    return hashlib.blake2b(said, digest_size=16).digest()


def note_mentions(session: Session, episode_id: int, named: Iterable[Named]) -> None:
    """Make the mentions of an episode equal to what its title and description say now."""
    said = {
        (one.source, one.name.key, one.name.display, one.times, one.by_cue, one.recognised)
        for one in named
    }
    stored = {tuple(row) for row in rows(session, _MENTIONS, {"episode_id": episode_id})}
    if said == stored:
        return
    execute(session, _FORGET, {"episode_id": episode_id})
    columns = ("source", "key", "name", "times", "by_cue", "recognised")
    for one in sorted(said):
        execute(session, _NOTE, {"episode_id": episode_id} | dict(zip(columns, one, strict=True)))
