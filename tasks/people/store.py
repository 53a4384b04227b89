"""People in the database: names that mean somebody, and speakers resolved to them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlmodel import Session

from tasks.people.addresses import can_be_one, kind_of, pages_of
from tasks.people.display import better_display
from tasks.people.match import MATCHER_VERSION
from tasks.people.names import comparable, slug_of
from tasks.people.values import Decision, Name, SpeakerFigures

_SPEAKERS = text("""
    SELECT id, label, appearances, spoken_ms, version, matched_id, role, method, reason,
           confidence, evidence
    FROM speaker
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
    SELECT DISTINCT ON (n.key) n.key, p.id, coalesce(p.published_name, p.name) AS name
    FROM person_name n JOIN person p ON p.id = n.person_id
    WHERE n.key = ANY(:keys) AND (n.podcast_id = :podcast_id OR n.episode_id = :episode_id
        OR (n.scope = 'global'
            AND (n.key LIKE '% %' OR CAST(:podcast_id AS bigint) IS NULL)))
    ORDER BY n.key, n.scope = 'episode' DESC, n.scope = 'podcast' DESC
""")
# The name is the lock: of two workers that meet a new name at the same time, one takes it, and
# the other waits and finds it. Sorted, so that two cannot wait for each other.
_TAKE_NAMES = text("""
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
_SAME_PERSON = text("""
    INSERT INTO person_name (key, scope, person_id, source) VALUES (:key, 'global', :id, 'variant')
    ON CONFLICT (key, scope, podcast_id, episode_id) DO UPDATE
        SET person_id = excluded.person_id, source = excluded.source
        WHERE person_name.source IN ('label', 'variant')
            AND person_name.person_id <> excluded.person_id
    RETURNING id
""")
_HEARD_AS = text("""
    SELECT DISTINCT s.episode_id FROM speaker s JOIN person_name n ON n.key = :key
        AND n.scope = 'global'
    WHERE s.matched_id = ANY(:former) AND s.episode_id <> :episode_id ORDER BY 1
""")
_OWNERS = text("""
    SELECT a.address, p.id, coalesce(p.published_name, p.name) AS name
    FROM person_address a JOIN person p ON p.id = a.person_id WHERE a.address = ANY(:pages)
""")
_PAGES = text("""
    SELECT address FROM person_address WHERE person_id = :person_id AND podcast_id <> :podcast_id
""")
_MEAN_HERE = text("""
    INSERT INTO person_name (key, scope, podcast_id, person_id, source)
    VALUES (:key, 'podcast', :podcast_id,
            coalesce(CAST(:person_id AS bigint),
                     nextval(pg_get_serial_sequence('person', 'id'))), 'address')
    ON CONFLICT (key, scope, podcast_id, episode_id) DO NOTHING RETURNING person_id
""")
_NOTE_PAGE = text("""
    INSERT INTO person_address (address, person_id, podcast_id)
    VALUES (:page, :person_id, :podcast_id) ON CONFLICT (address) DO NOTHING
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
    WHERE s.id = d.id
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


class Place(NamedTuple):
    """Where a name is said: it may mean somebody there only. Nowhere is an operator's word."""

    podcast_id: int | None = None
    episode_id: int | None = None


NOWHERE = Place()


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """Somebody that a name means, and the name that is shown."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class SpeakerRow:
    """A speaker as stored: figures, the version of the matcher that judged it, and what it said."""

    id: int
    label: str
    figures: SpeakerFigures
    version: int
    said: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Resolved:
    """Whom labels mean, and better forms of people's names that are to be shown instead.

    ``revisit`` are episodes in which a name means somebody else since.
    """

    decisions: dict[str, Decision]
    people: dict[str, KnownPerson]
    better_names: dict[int, str]
    revisit: list[int] = field(default_factory=list)

    def differs(self, row: SpeakerRow) -> bool:
        """Whether a stored speaker was decided otherwise."""
        one = self.decisions[row.label]
        person = one.name and self.people[one.name.key].id
        said = (person, one.role, one.method, one.reason, one.confidence, one.evidence)
        return row.said != said or row.version != MATCHER_VERSION

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
        SpeakerRow(
            row.id,
            row.label,
            SpeakerFigures(row.appearances, row.spoken_ms),
            row.version,
            tuple(row[5:]),
        )
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
    resolved: Resolved,
) -> dict[str, int]:
    """Give every label a speaker with these figures, and the decisions that were made.

    Returns the speaker of each label, stored ones without figures included. For whom they count is
    another question: see ``tasks.identity.store.hold_speakers``.
    """
    known = {row.label: row for row in stored}
    new = [label for label in figures if label not in known]
    speakers = {row.label: row.id for row in stored}
    if new:
        asked = {"episode_id": episode_id, "labels": new}
        asked |= _figures([figures[label] for label in new]) | resolved.columns(new)
        added = session.connection().execute(_ADD_SPEAKERS, asked)
        speakers |= {row.label: row.id for row in added}
    decide_again(session, [row for row in stored if row.label in resolved.decisions], resolved)
    _update_figures(
        session,
        {k.id: figures[k.label] for k in stored if figures.get(k.label, k.figures) != k.figures},
    )
    return speakers


def decide_again(session: Session, stored: Sequence[SpeakerRow], resolved: Resolved) -> None:
    """Bring stored speakers to what was decided; only what differs is written."""
    other = [row for row in stored if resolved.differs(row)]
    if other:
        asked: dict[str, object] = {"ids": [row.id for row in other]}
        asked |= resolved.columns([row.label for row in other])
        session.connection().execute(_RESOLVE, asked)


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


def resolve(
    session: Session, episode_id: int, podcast_id: int, decisions: Mapping[str, Decision]
) -> Resolved:
    """Whom decided labels mean; names that mean nobody yet become people.

    A name of one word is somebody within its podcast only. In all scopes the narrower one wins.
    """
    place = Place(podcast_id, episode_id)
    names = [decision.name for decision in decisions.values() if decision.name]
    pages = pages_of(list(decisions.values()))
    heed_addresses(session, pages, place)
    people = ensure_people(session, names, place)
    note_addresses(session, {page: people[name.key] for page, name in pages.items()}, place)
    revisit: list[int] = []
    for decision in decisions.values():
        if decision.name and decision.other_form:
            person = people[decision.name.key]
            revisit += _make_same(session, decision.other_form, person, place)
    return Resolved(dict(decisions), people, _better_names(names, people), sorted(set(revisit)))


def heed_addresses(session: Session, pages: Mapping[str, Name], place: Place) -> None:
    """Let names mean, in this podcast, those whose pages the tags link to.

    The same page is the same person, whatever podcast it is and however the name is spelt. One
    name with another page of the same site, in another podcast, is somebody else.
    """
    if not pages:
        return
    names = _known_people(session, [name.key for name in pages.values()], place)
    owners = {row.address: row for row in _asked(session, _OWNERS, pages=list(pages))}
    for page, name in sorted(pages.items()):
        owner, known = owners.get(page), names.get(name.key)
        if owner is not None:
            if (known is None or known.id != owner.id) and can_be_one(
                name.key, comparable(owner.name), page
            ):
                _mean_here(session, name, owner.id, place)
        elif known is not None and _has_other_page(session, known.id, page, place):
            _mean_here(session, name, None, place)


def _has_other_page(session: Session, person_id: int, page: str, place: Place) -> bool:
    pages = _asked(session, _PAGES, person_id=person_id, podcast_id=place.podcast_id)
    return any(kind_of(row.address) == kind_of(page) for row in pages)


def _mean_here(session: Session, name: Name, person_id: int | None, place: Place) -> None:
    """Let a name mean somebody in this podcast, a new person if nobody is given."""
    asked = {"key": name.key, "podcast_id": place.podcast_id, "person_id": person_id}
    for row in _asked(session, _MEAN_HERE, **asked):
        if person_id is None:
            _add_person(session, row.person_id, name.key, name.display)


def note_addresses(session: Session, pages: Mapping[str, KnownPerson], place: Place) -> None:
    """Remember whose pages these are; a page that is known already stays whose it is."""
    if pages:
        known = {row.address for row in _asked(session, _OWNERS, pages=list(pages))}
        for page in sorted(pages.keys() - known):
            asked = {"page": page, "person_id": pages[page].id, "podcast_id": place.podcast_id}
            session.connection().execute(_NOTE_PAGE, asked)


def _asked(session: Session, query: Any, **asked: object) -> Sequence[Any]:
    return session.connection().execute(query, asked).all()


def _make_same(session: Session, form: Name, person: KnownPerson, place: Place) -> list[int]:
    """Let another form mean the same person; the episodes that held it for somebody else."""
    former = [one.id for one in _known_people(session, [form.key], place).values()]
    if person.id in former:
        return []
    if not session.connection().execute(_SAME_PERSON, {"key": form.key, "id": person.id}).first():
        return []
    asked = {"key": form.key, "former": former, "episode_id": place.episode_id}
    return list(session.connection().execute(_HEARD_AS, asked).scalars())


def ensure_people(
    session: Session, names: Iterable[Name], place: Place = NOWHERE
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
    for row in session.connection().execute(_TAKE_NAMES, asked).all():
        _add_person(session, row.person_id, row.key, forms[row.key])
    return people | _known_people(session, missing, place)


def _known_people(session: Session, keys: list[str], place: Place) -> dict[str, KnownPerson]:
    if not keys:
        return {}
    asked = {"keys": keys, "podcast_id": place.podcast_id, "episode_id": place.episode_id}
    rows = session.connection().execute(_KNOWN, asked)
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


def show_better_names(session: Session, better: dict[int, str]) -> None:
    """Show each person under the best form seen, whichever worker saw it first."""
    if not better:
        return
    for row in session.connection().execute(_LOCK_NAMES, {"ids": sorted(better)}).all():
        form = better_display(row.name, better[row.id])
        if form != row.name:
            session.connection().execute(_RENAME, {"id": row.id, "name": form})
