"""People in the database: names that mean somebody, and speakers resolved to them."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import text
from sqlmodel import Session

from tasks.people.display import better_display
from tasks.people.match import MATCHER_VERSION, decide
from tasks.people.names import slug_of
from tasks.people.values import Decision, Name

_UNDECIDED = text("""
    SELECT id, label FROM speaker WHERE episode_id = :episode_id AND version <> :version
    ORDER BY id
""")
_KNOWN = text("""
    SELECT n.key, p.id, p.name FROM person_name n JOIN person p ON p.id = n.person_id
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
    UPDATE speaker SET matched_id = :person_id, person_id = :person_id, role = :role,
        source = 'label', method = :method, reason = :reason, version = :version,
        confidence = :confidence, evidence = :evidence
    WHERE id = :id
""")
_LOCK_NAMES = text("SELECT id, name FROM person WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE")
_RENAME = text("UPDATE person SET name = :name WHERE id = :id")


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """Somebody that a name means, and the name that is shown."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Resolved:
    """What resolving an episode's speakers led to: better forms of names, to be shown instead."""

    speakers: int
    better_names: dict[int, str]


def resolve_speakers(session: Session, episode_id: int) -> Resolved:
    """Decide who each speaker of an episode is whom this version of the matcher has not judged."""
    asked = {"episode_id": episode_id, "version": MATCHER_VERSION}
    rows = session.connection().execute(_UNDECIDED, asked).all()
    decisions = {row.id: decide(row.label) for row in rows}
    names = [decision.name for decision in decisions.values() if decision.name]
    people = ensure_people(session, names)
    if decisions:
        session.connection().execute(
            _RESOLVE,
            [_resolution(speaker, decision, people) for speaker, decision in decisions.items()],
        )
    return Resolved(len(decisions), _better_names(names, people))


def _resolution(
    speaker_id: int, decision: Decision, people: dict[str, KnownPerson]
) -> dict[str, object]:
    person = people[decision.name.key] if decision.name else None
    return {
        "id": speaker_id,
        "person_id": person and person.id,
        "role": decision.role,
        "method": decision.method,
        "reason": decision.reason,
        "version": MATCHER_VERSION,
        "confidence": decision.confidence,
        "evidence": decision.evidence,
    }


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
