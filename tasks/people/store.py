"""People in the database: names that mean somebody, and speakers resolved to them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlmodel import Session

from tasks.people.display import better_display
from tasks.people.match import MATCHER_VERSION, decide
from tasks.people.names import slug_of
from tasks.people.values import Decision, Name, SpeakerFigures

_SPEAKERS = text("""
    SELECT id, label, appearances, spoken_ms, version FROM speaker
    WHERE episode_id = :episode_id ORDER BY id
""")
_RESOLVED = text("SELECT id, person_id, appearances FROM speaker WHERE episode_id = :episode_id")
_ADD_SPEAKERS = text("""
    INSERT INTO speaker (episode_id, label, role, matched_id, source, method, reason, version,
                         confidence, evidence, appearances, spoken_ms)
    SELECT :episode_id, n.label, n.role, n.person_id, 'label', n.method, n.reason, :version,
           n.confidence, n.evidence, n.appearances, n.spoken_ms
    FROM unnest(CAST(:labels AS text[]), CAST(:appearances AS int[]), CAST(:spoken AS bigint[]),
                CAST(:persons AS bigint[]), CAST(:roles AS text[]), CAST(:methods AS text[]),
                CAST(:reasons AS text[]), CAST(:confidences AS float8[]),
                CAST(:evidences AS text[]))
        AS n (label, appearances, spoken_ms, person_id, role, method, reason, confidence, evidence)
    ORDER BY n.label
    RETURNING label, id
""")
_UPDATE_SPEAKERS = text("""
    UPDATE speaker s SET appearances = n.appearances, spoken_ms = n.spoken_ms
    FROM unnest(CAST(:ids AS bigint[]), CAST(:appearances AS int[]), CAST(:spoken AS bigint[]))
        AS n (id, appearances, spoken_ms) WHERE s.id = n.id
""")
_DELETE_SPEAKERS = text("DELETE FROM speaker WHERE id = ANY(:ids)")
_KNOWN = text("""
    SELECT n.key, p.id, coalesce(p.published_name, p.name) AS name
    FROM person_name n JOIN person p ON p.id = n.person_id
    WHERE n.scope = 'global' AND n.key = ANY(:keys)
""")
# The name is the lock: of two workers that meet a new name at the same time, one takes it, and
# the other waits and finds it. Sorted, so that two cannot wait for each other.
_TAKE_NAMES = text("""
    INSERT INTO person_name (key, scope, person_id, source)
    SELECT n.key, 'global', nextval(pg_get_serial_sequence('person', 'id')), 'label'
    FROM unnest(CAST(:keys AS text[])) AS n (key) ORDER BY n.key
    ON CONFLICT (key, scope, podcast_id, episode_id) DO NOTHING
    RETURNING key, person_id
""")
_ADD_PERSON = text("""
    INSERT INTO person (id, name, slug, state) VALUES (:id, :name, :slug, 'active')
    ON CONFLICT (slug) DO NOTHING RETURNING id
""")
_RESOLVE = text("""
    UPDATE speaker s SET matched_id = d.person_id, role = d.role,
        source = 'label', method = d.method, reason = d.reason, version = :version,
        confidence = d.confidence, evidence = d.evidence
    FROM unnest(CAST(:ids AS bigint[]), CAST(:persons AS bigint[]), CAST(:roles AS text[]),
                CAST(:methods AS text[]), CAST(:reasons AS text[]),
                CAST(:confidences AS float8[]), CAST(:evidences AS text[]))
        AS d (id, person_id, role, method, reason, confidence, evidence)
    WHERE s.id = d.id AND (s.matched_id, s.role, s.method, s.reason, s.version, s.confidence,
            s.evidence)
        IS DISTINCT FROM (d.person_id, d.role, d.method, d.reason, :version, d.confidence,
            d.evidence)
""")
# While an operator's name is shown, the best form that was published is kept beside it.
_LOCK_NAMES = text("""
    SELECT id, coalesce(published_name, name) AS name FROM person
    WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE
""")
_RENAME = text("""
    UPDATE person SET name = CASE WHEN published_name IS NULL THEN :name ELSE name END,
        published_name = CASE WHEN published_name IS NULL THEN NULL ELSE :name END
    WHERE id = :id
""")


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """Somebody that a name means, and the name that is shown."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class SpeakerRow:
    """A speaker as stored: figures, and the version of the matcher that judged it."""

    id: int
    label: str
    figures: SpeakerFigures
    version: int


@dataclass(frozen=True, slots=True)
class Resolved:
    """Whom labels mean, and better forms of people's names that are to be shown instead."""

    decisions: dict[str, Decision]
    people: dict[str, KnownPerson]
    better_names: dict[int, str]

    def columns(self, labels: Iterable[str]) -> dict[str, object]:
        """The parameters of a statement that writes the decisions on these labels."""
        said = [self.decisions[label] for label in labels]
        return {
            "version": MATCHER_VERSION,
            "persons": [one.name and self.people[one.name.key].id for one in said],
            "roles": [one.role for one in said],
            "methods": [one.method for one in said],
            "reasons": [one.reason for one in said],
            "confidences": [one.confidence for one in said],
            "evidences": [one.evidence for one in said],
        }


def speakers_of(session: Session, episode_id: int) -> list[SpeakerRow]:
    """The speakers of an episode, as they are stored."""
    rows = session.connection().execute(_SPEAKERS, {"episode_id": episode_id})
    return [
        SpeakerRow(row.id, row.label, SpeakerFigures(row.appearances, row.spoken_ms), row.version)
        for row in rows
    ]


def resolved_speakers(session: Session, episode_id: int) -> dict[int, tuple[int | None, int]]:
    """Of each speaker of an episode: the person, if any, and how many appearances."""
    rows = session.connection().execute(_RESOLVED, {"episode_id": episode_id})
    return {row.id: (row.person_id, row.appearances) for row in rows}


def write_speakers(
    session: Session,
    episode_id: int,
    stored: Sequence[SpeakerRow],
    figures: Mapping[str, SpeakerFigures],
) -> tuple[dict[str, int], Resolved]:
    """Give every label a speaker with these figures, resolved by this version of the matcher.

    Returns the speaker of each label, stored ones without figures included, and what was resolved.
    For whom they count is another question: see ``tasks.identity.store.hold_speakers``.
    """
    known = {row.label: row for row in stored}
    new = [label for label in figures if label not in known]
    outdated = [row for row in stored if row.version != MATCHER_VERSION and row.label in figures]
    resolved = resolve_labels(session, [*new, *(row.label for row in outdated)])
    speakers = {row.label: row.id for row in stored}
    if new:
        asked = {"episode_id": episode_id, "labels": new}
        asked |= _figures([figures[label] for label in new]) | resolved.columns(new)
        added = session.connection().execute(_ADD_SPEAKERS, asked)
        speakers |= {row.label: row.id for row in added}
    if outdated:
        asked = {"ids": [row.id for row in outdated]}
        asked |= resolved.columns([row.label for row in outdated])
        session.connection().execute(_RESOLVE, asked)
    _update_figures(
        session,
        {k.id: figures[k.label] for k in stored if figures.get(k.label, k.figures) != k.figures},
    )
    return speakers, resolved


def decide_again(session: Session, stored: Sequence[SpeakerRow]) -> Resolved:
    """Resolve stored speakers by this version of the matcher; only what differs is written."""
    resolved = resolve_labels(session, [row.label for row in stored])
    if stored:
        asked: dict[str, object] = {"ids": [row.id for row in stored]}
        session.connection().execute(
            _RESOLVE, asked | resolved.columns([row.label for row in stored])
        )
    return resolved


def _update_figures(session: Session, figures: dict[int, SpeakerFigures]) -> None:
    if figures:
        asked = {"ids": list(figures)} | _figures(list(figures.values()))
        session.connection().execute(_UPDATE_SPEAKERS, asked)


def _figures(figures: Sequence[SpeakerFigures]) -> dict[str, object]:
    return {
        "appearances": [one.appearances for one in figures],
        "spoken": [one.spoken_ms for one in figures],
    }


def drop_speakers(session: Session, speaker_ids: Sequence[int]) -> None:
    """Delete speakers that speak no segment any more."""
    if speaker_ids:
        session.connection().execute(_DELETE_SPEAKERS, {"ids": list(speaker_ids)})


def resolve_labels(session: Session, labels: Iterable[str]) -> Resolved:
    """Decide whom each label means; names that mean nobody yet become people."""
    decisions = {label: decide(label) for label in labels}
    names = [decision.name for decision in decisions.values() if decision.name]
    people = ensure_people(session, names)
    return Resolved(decisions, people, _better_names(names, people))


def ensure_people(session: Session, names: Iterable[Name]) -> dict[str, KnownPerson]:
    """Whom each name means, by its key; a name that means nobody yet becomes a new person."""
    forms: dict[str, str] = {}
    for name in names:
        forms[name.key] = better_display(forms.get(name.key, name.display), name.display)
    people = _known_people(session, list(forms))
    missing = sorted(forms.keys() - people.keys())
    if not missing:
        return people
    for row in session.connection().execute(_TAKE_NAMES, {"keys": missing}).all():
        _add_person(session, row.person_id, row.key, forms[row.key])
    return people | _known_people(session, missing)


def _known_people(session: Session, keys: list[str]) -> dict[str, KnownPerson]:
    if not keys:
        return {}
    rows = session.connection().execute(_KNOWN, {"keys": keys})
    return {row.key: KnownPerson(row.id, row.name) for row in rows}


def _add_person(session: Session, person_id: int, key: str, name: str) -> None:
    """Add a person under the first free slug: after a split, two people may share a name."""
    slug = base = slug_of(key)
    number = 1
    asked = {"id": person_id, "name": name}
    while not session.connection().execute(_ADD_PERSON, asked | {"slug": slug}).first():
        number += 1
        slug = f"{base}-{number}"


def _better_names(names: Iterable[Name], people: dict[str, KnownPerson]) -> dict[int, str]:
    """The persons for whom one of these forms is better than the one that is shown."""
    better: dict[int, str] = {}
    for name in names:
        person = people[name.key]
        form = better_display(better.get(person.id, person.name), name.display)
        if form != person.name:
            better[person.id] = form
    return better


def show_better_names(session: Session, better: dict[int, str]) -> None:
    """Show each person under the best form seen, whichever worker saw it first."""
    if not better:
        return
    for row in session.connection().execute(_LOCK_NAMES, {"ids": sorted(better)}).all():
        form = better_display(row.name, better[row.id])
        if form != row.name:
            session.connection().execute(_RENAME, {"id": row.id, "name": form})
