"""People in the database: names that mean somebody, and speakers resolved to them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from sqlmodel import Session

from models.database.sql import as_recordset, execute, rows, statement, values
from tasks.speakers.evidence.person_links import person_links_of
from tasks.speakers.match import MATCHER_VERSION
from tasks.speakers.names.display_name import better_display
from tasks.speakers.names.names import comparable, slug_of
from tasks.speakers.store.person_links import apply_person_links, record_person_links
from tasks.speakers.values import Decision, Name
from tasks.transcripts.values import SpeakerStats

_SPEAKER = """
    SELECT id, label, appearances, spoken_ms, timed_characters, version, matched_person_id, role, method,
           reason, confidence, evidence, episode_id
    FROM speaker
"""
_SPEAKERS = statement(_SPEAKER + "WHERE episode_id = :episode_id ORDER BY id")
_SPEAKERS_OF_MANY = statement(_SPEAKER + "WHERE episode_id = ANY(:episodes) ORDER BY id")
_RESOLVED = statement(
    "SELECT id, person_id, appearances FROM speaker WHERE episode_id = :episode_id"
)
# A speaker whose standing is not known yet is unknown, and has no key.
_ADD_SPEAKERS = statement("""
    INSERT INTO speaker (episode_id, label, role, matched_person_id, source, method, reason, version,
                         confidence, evidence, appearances, spoken_ms, timed_characters, person_id,
                         status, status_reason, decided_by, label_key, quarantine_rule)
    SELECT :episode_id, n.label, n.role, n.matched_person_id, 'label', n.method, n.reason, :version,
           n.confidence, n.evidence, n.appearances, n.spoken_ms, n.timed_characters, n.person_id,
           coalesce(n.status, 'unknown'), coalesce(n.status_reason, ''), n.decided_by,
           n.label_key, coalesce(n.quarantine_rule, '')
    FROM json_to_recordset(CAST(:speakers AS json)) AS n (
        label text, role text, matched_person_id bigint, method text, reason text, confidence float8,
        evidence text, appearances int, spoken_ms bigint, timed_characters bigint,
        person_id bigint, status text, status_reason text, decided_by bigint, label_key text,
        quarantine_rule text)
    ORDER BY n.label
    RETURNING label, id
""")
_UPDATE_SPEAKERS = statement("""
    UPDATE speaker s SET appearances = n.appearances, spoken_ms = n.spoken_ms,
        timed_characters = n.timed_characters
    FROM json_to_recordset(CAST(:speakers AS json))
        AS n (id bigint, appearances int, spoken_ms bigint, timed_characters bigint)
    WHERE s.id = n.id
""")
_DELETE_SPEAKERS = statement("DELETE FROM speaker WHERE id = ANY(:ids)")
_KNOWN = statement("""
    SELECT DISTINCT ON (n.key) n.key, p.id, coalesce(p.published_name, p.name) AS name, p.first_on
    FROM person_name n JOIN person p ON p.id = n.person_id
    WHERE n.key = ANY(:keys) AND (n.podcast_id = :podcast_id OR n.episode_id = :episode_id
        OR (n.scope = 'global'
            AND (n.key LIKE '% %' OR CAST(:podcast_id AS bigint) IS NULL)))
    ORDER BY n.key, n.scope = 'episode' DESC, n.scope = 'podcast' DESC
""")
# The name is the lock: of two workers that meet a new name at the same time, one takes it, and
# the other waits and finds it. Sorted, so that two cannot wait for each other.
_TAKE_NAMES = statement("""
    INSERT INTO person_name (key, scope, podcast_id, person_id, source)
    SELECT n.key,
           CASE WHEN n.key LIKE '% %' OR CAST(:podcast_id AS bigint) IS NULL THEN 'global'
                ELSE 'podcast' END,
           CASE WHEN n.key NOT LIKE '% %' THEN CAST(:podcast_id AS bigint) END,
           nextval(pg_get_serial_sequence('person', 'id')), 'label'
    FROM unnest(CAST(:keys AS text[])) AS n (key) ORDER BY n.key
    ON CONFLICT (key, scope, podcast_id, episode_id) DO NOTHING
    RETURNING key, person_id
""")
# Another form of a name means the same person from now on; a decision of the ledger stays.
_SAME_PERSON = statement("""
    INSERT INTO person_name (key, scope, person_id, source) VALUES (:key, 'global', :id, 'variant')
    ON CONFLICT (key, scope, podcast_id, episode_id) DO UPDATE
        SET person_id = excluded.person_id, source = excluded.source
        WHERE person_name.source IN ('label', 'variant')
            AND person_name.person_id <> excluded.person_id
    RETURNING id
""")
_HEARD_AS = statement("""
    SELECT DISTINCT s.episode_id FROM speaker s JOIN person_name n ON n.key = :key
        AND n.scope = 'global'
    WHERE s.matched_person_id = ANY(:former) AND s.episode_id <> :episode_id ORDER BY 1
""")
_ADD_PERSON = statement("""
    INSERT INTO person (id, name, slug, state) VALUES (:id, :name, :slug, 'active')
    ON CONFLICT (slug) DO NOTHING RETURNING id
""")
_RESOLVE = statement("""
    UPDATE speaker s SET matched_person_id = d.matched_person_id, role = d.role,
        source = 'label', method = d.method, reason = d.reason, version = :version,
        confidence = d.confidence, evidence = d.evidence
    FROM json_to_recordset(CAST(:speakers AS json))
        AS d (id bigint, matched_person_id bigint, role text, method text, reason text,
              confidence float8, evidence text)
    WHERE s.id = d.id
""")
# While an operator's name is shown, the best form that was published is kept beside it.
_LOCK_NAMES = statement("""
    SELECT id, coalesce(published_name, name) AS name FROM person
    WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE
""")
_RENAME = statement("""
    UPDATE person SET name = CASE WHEN published_name IS NULL THEN :name ELSE name END,
        published_name = CASE WHEN published_name IS NULL THEN NULL ELSE :name END
    WHERE id = :id
""")


class NameScope(NamedTuple):
    """Where a name is said: it may mean somebody there only. Nowhere is an operator's word."""

    podcast_id: int | None = None
    episode_id: int | None = None


NOWHERE = NameScope()


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """Somebody that a name means, the name that is shown, and the first day that counts, if any.

    Who ``is_new`` was added by this transaction, and is heard nowhere else.
    """

    id: int
    name: str
    first_on: date | None = None
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class SpeakerRow:
    """A speaker as stored: figures, the version of the matcher that judged it, and what it said."""

    id: int
    label: str
    figures: SpeakerStats
    version: int
    said: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Resolution:
    """Whom labels mean, and better forms of people's names that are to be shown instead.

    ``requeue`` are episodes in which a name means somebody else since.
    """

    decisions: dict[str, Decision]
    people: dict[str, KnownPerson]
    better_names: dict[int, str]
    requeue: list[int] = field(default_factory=list)

    def meant_by(self, label: str) -> KnownPerson | None:
        """Whom a decided label means, if anybody."""
        name = self.decisions[label].name
        return self.people[name.key] if name else None

    def person_of(self, label: str) -> int | None:
        """The id of whom a decided label means, if anybody."""
        person = self.meant_by(label)
        return person.id if person else None

    def differs(self, row: SpeakerRow) -> bool:
        """Whether a stored speaker was decided otherwise."""
        person, one = self.person_of(row.label), self.decisions[row.label]
        said = (person, one.role, one.method, one.reason, one.confidence, one.evidence)
        return row.said != said or row.version != MATCHER_VERSION

    def columns(self, label: str) -> dict[str, object]:
        """What the decision on a label is stored as."""
        one = self.decisions[label]
        return {
            "matched_person_id": self.person_of(label),
            "role": one.role,
            "method": one.method,
            "reason": one.reason,
            "confidence": one.confidence,
            "evidence": one.evidence,
        }


def speakers_of(session: Session, episode_id: int) -> list[SpeakerRow]:
    """The speakers of an episode, as they are stored."""
    return [_speaker(row) for row in rows(session, _SPEAKERS, {"episode_id": episode_id})]


def speakers_of_many(session: Session, episodes: Sequence[int]) -> dict[int, list[SpeakerRow]]:
    """The speakers of each of these episodes, as they are stored."""
    found: dict[int, list[SpeakerRow]] = {one: [] for one in episodes}
    for row in rows(session, _SPEAKERS_OF_MANY, {"episodes": list(episodes)}):
        found[row.episode_id].append(_speaker(row))
    return found


def _speaker(row: Any) -> SpeakerRow:
    figures = SpeakerStats(row.appearances, row.spoken_ms, row.timed_characters)
    said = (row.matched_person_id, row.role, row.method, row.reason, row.confidence, row.evidence)
    return SpeakerRow(row.id, row.label, figures, row.version, said)


def resolved_speakers(session: Session, episode_id: int) -> dict[int, tuple[int | None, int]]:
    """Of each speaker of an episode: the person, if any, and how many appearances."""
    found = rows(session, _RESOLVED, {"episode_id": episode_id})
    return {row.id: (row.person_id, row.appearances) for row in found}


def write_speakers(
    session: Session,
    episode_id: int,
    stored: Sequence[SpeakerRow],
    figures: Mapping[str, SpeakerStats],
    resolved: Resolution,
    held: Mapping[str, dict[str, object]],
) -> dict[str, int]:
    """Give every label a speaker with these figures, and the decisions that were made.

    Returns the speaker of each label, stored ones without figures included. For whom they count is
    another question: ``held`` has the columns that say so of new speakers, by label; of those that
    it has not, see ``tasks.speakers.store.attribution.attribute_speakers``.
    """
    known = {row.label: row for row in stored}
    new = [label for label in figures if label not in known]
    speakers = {row.label: row.id for row in stored}
    if new:
        added = [
            {"label": label}
            | _figures(figures[label])
            | resolved.columns(label)
            | held.get(label, {})
            for label in new
        ]
        asked = {
            "episode_id": episode_id,
            "version": MATCHER_VERSION,
            "speakers": as_recordset(added),
        }
        speakers |= {row.label: row.id for row in rows(session, _ADD_SPEAKERS, asked)}
    update_matches(session, [row for row in stored if row.label in resolved.decisions], resolved)
    _update_figures(
        session,
        {k.id: figures[k.label] for k in stored if figures.get(k.label, k.figures) != k.figures},
    )
    return speakers


def update_matches(session: Session, stored: Sequence[SpeakerRow], resolved: Resolution) -> None:
    """Bring stored speakers to what was decided; only what differs is written."""
    other = [row for row in stored if resolved.differs(row)]
    if other:
        decided = as_recordset({"id": row.id} | resolved.columns(row.label) for row in other)
        execute(session, _RESOLVE, {"version": MATCHER_VERSION, "speakers": decided})


def _update_figures(session: Session, figures: dict[int, SpeakerStats]) -> None:
    if figures:
        now = as_recordset({"id": id_} | _figures(one) for id_, one in figures.items())
        execute(session, _UPDATE_SPEAKERS, {"speakers": now})


def _figures(figures: SpeakerStats) -> dict[str, object]:
    return {
        "appearances": figures.appearances,
        "spoken_ms": figures.spoken_ms,
        "timed_characters": figures.timed_characters,
    }


def drop_speakers(session: Session, speaker_ids: Sequence[int]) -> None:
    """Delete speakers that speak no segment any more."""
    if speaker_ids:
        execute(session, _DELETE_SPEAKERS, {"ids": list(speaker_ids)})


def resolve(
    session: Session, episode_id: int, podcast_id: int, decisions: Mapping[str, Decision]
) -> Resolution:
    """Whom decided labels mean; names that mean nobody yet become people.

    A name of one word is somebody within its podcast only. In all scopes the narrower one wins.
    """
    place = NameScope(podcast_id, episode_id)
    names = [decision.name for decision in decisions.values() if decision.name]
    pages = person_links_of(list(decisions.values()))
    requeue = _heed_pages(session, pages, place)
    people = ensure_people(session, names, place)
    if pages:
        owners = {page: people[name.key].id for page, name in pages.items()}
        record_person_links(session, owners, podcast_id)
    for decision in decisions.values():
        if decision.name and decision.other_form:
            person = people[decision.name.key]
            requeue += _make_same(session, decision.other_form, person, place)
    better = better_names(names, people)
    return Resolution(dict(decisions), people, better, sorted(set(requeue)))


def _heed_pages(session: Session, pages: Mapping[str, Name], place: NameScope) -> list[int]:
    """Let names mean those whose pages the tags link to; the other episodes that this concerns."""
    if pages and place.podcast_id is not None:
        keys = [name.key for name in pages.values()]
        known = {key: one.id for key, one in _known_people(session, keys, place).items()}
        heeded = apply_person_links(session, pages, known, place.podcast_id)
        for person_id, name in heeded.new:
            _add_person(session, person_id, name.key, name.display)
        return [one for one in heeded.requeue if one != place.episode_id]
    return []


def _make_same(session: Session, form: Name, person: KnownPerson, place: NameScope) -> list[int]:
    """Let another form mean the same person; the episodes that held it for somebody else."""
    former = [one.id for one in _known_people(session, [form.key], place).values()]
    if person.id in former:
        return []
    if not rows(session, _SAME_PERSON, {"key": form.key, "id": person.id}):
        return []
    asked = {"key": form.key, "former": former, "episode_id": place.episode_id}
    return values(session, _HEARD_AS, asked)


def ensure_people(
    session: Session, names: Iterable[Name], place: NameScope = NOWHERE
) -> dict[str, KnownPerson]:
    """Whom each name means, by its key; a name that means nobody yet becomes a new person."""
    forms: dict[str, str] = {}
    for name in names:
        forms[name.key] = better_display(forms.get(name.key, name.display), name.display)
    people = _known_people(session, list(forms), place)
    missing = sorted(forms.keys() - people.keys())
    if not missing:
        return people
    asked = {"keys": missing, "podcast_id": place.podcast_id}
    for row in rows(session, _TAKE_NAMES, asked):
        _add_person(session, row.person_id, row.key, forms[row.key])
        people[row.key] = KnownPerson(row.person_id, forms[row.key], is_new=True)
    taken_by_others = [key for key in missing if key not in people]
    return people | _known_people(session, taken_by_others, place)


def _known_people(session: Session, keys: list[str], place: NameScope) -> dict[str, KnownPerson]:
    if not keys:
        return {}
    asked = {"keys": keys, "podcast_id": place.podcast_id, "episode_id": place.episode_id}
    found = rows(session, _KNOWN, asked)
    return {row.key: KnownPerson(row.id, row.name, row.first_on) for row in found}


def _add_person(session: Session, person_id: int, key: str, name: str) -> None:
    """Add a person under the first free slug: after a split, two people may share a name."""
    slug = base = slug_of(key)
    number = 1
    asked = {"id": person_id, "name": name}
    while not rows(session, _ADD_PERSON, asked | {"slug": slug}):
        number += 1
        slug = f"{base}-{number}"


def better_names(names: Iterable[Name], people: dict[str, KnownPerson]) -> dict[int, str]:
    """The persons for whom one of these forms is better than the one that is shown.

    Only forms of one name are compared: another name of the same person never replaces it.
    """
    better: dict[int, str] = {}
    for name in names:
        person = people[name.key]
        if comparable(person.name) != name.key:
            continue
        form = better_display(better.get(person.id, person.name), name.display)
        if form != person.name:
            better[person.id] = form
    return better


def update_display_names(session: Session, better: dict[int, str]) -> None:
    """Show each person under the best form seen, whichever worker saw it first."""
    if not better:
        return
    for row in rows(session, _LOCK_NAMES, {"ids": sorted(better)}):
        form = better_display(row.name, better[row.id])
        if form != row.name:
            execute(session, _RENAME, {"id": row.id, "name": form})
