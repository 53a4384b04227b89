"""Pages of people in the database: what a page says about a name, and whose it is."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlmodel import Session

from models.database.sql import execute, rows, statement, values
from tasks.speakers.evidence.person_links import can_be_one, kind_of
from tasks.speakers.names.names import comparable
from tasks.speakers.values import Name

_OWNERS = statement("""
    SELECT a.address, p.id, coalesce(p.published_name, p.name) AS name
    FROM person_link a JOIN person p ON p.id = a.person_id WHERE a.address = ANY(:pages)
""")
_PAGES = statement("""
    SELECT address FROM person_link WHERE person_id = :person_id AND podcast_id <> :podcast_id
""")
_MEAN_HERE = statement("""
    INSERT INTO person_name (key, scope, podcast_id, person_id, source)
    VALUES (:key, 'podcast', :podcast_id,
            coalesce(CAST(:person_id AS bigint),
                     nextval(pg_get_serial_sequence('person', 'id'))), 'address')
    ON CONFLICT (key, scope, podcast_id, episode_id) DO NOTHING RETURNING person_id
""")
_HELD = statement("""
    SELECT DISTINCT s.episode_id FROM speaker s JOIN episode e ON e.id = s.episode_id
    WHERE s.matched_person_id = ANY(:former) AND e.podcast_id = :podcast_id ORDER BY 1
""")
_NOTE_PAGE = statement("""
    INSERT INTO person_link (address, person_id, podcast_id)
    VALUES (:page, :person_id, :podcast_id) ON CONFLICT (address) DO NOTHING
""")


@dataclass(frozen=True, slots=True)
class Owner:
    """Somebody whose page is known, and the name that is shown."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class AppliedLinks:
    """What pages have changed: new ids with their names, and the episodes to decide again."""

    new: list[tuple[int, Name]]
    requeue: list[int]


def apply_person_links(
    session: Session, pages: Mapping[str, Name], known: Mapping[str, int], podcast_id: int
) -> AppliedLinks:
    """Let names mean, in this podcast, those whose pages the tags link to.

    The same page is the same person, whatever podcast it is and however the name is spelt. One
    name with another page of the same site, in another podcast, is somebody else, whose id is
    nobody's yet. ``known`` is whom each key means so far.
    """
    owners = owners_of(session, pages)
    new: list[tuple[int, Name]] = []
    former: list[int] = []
    for page, name in sorted(pages.items()):
        owner, person_id = owners.get(page), known.get(name.key)
        if owner is not None:
            otherwise = link_contradicts(owner, page, name, person_id)
            if otherwise and _mean_here(session, name, owner.id, podcast_id):
                former += [person_id] if person_id is not None else []
        elif person_id is not None and _has_other_page(session, person_id, page, podcast_id):
            new += [(one, name) for one in _mean_here(session, name, None, podcast_id)]
            former.append(person_id)
    asked = {"former": former, "podcast_id": podcast_id}
    return AppliedLinks(new, values(session, _HELD, asked) if former else [])


def owners_of(session: Session, pages: Collection[str]) -> dict[str, Owner]:
    """Whose each of these pages is, if anybody's."""
    if not pages:
        return {}
    found = rows(session, _OWNERS, {"pages": sorted(pages)})
    return {row.address: Owner(row.id, row.name) for row in found}


def link_contradicts(owner: Owner, page: str, name: Name, person_id: int | None) -> bool:
    """Whether a page's owner is somebody else than the person that a name means so far."""
    return person_id != owner.id and can_be_one(name.key, comparable(owner.name), page)


def _has_other_page(session: Session, person_id: int, page: str, podcast_id: int) -> bool:
    asked = {"person_id": person_id, "podcast_id": podcast_id}
    return any(kind_of(one) == kind_of(page) for one in values(session, _PAGES, asked))


def _mean_here(session: Session, name: Name, person_id: int | None, podcast_id: int) -> list[int]:
    """Let a name mean somebody in this podcast, a new id if nobody is given."""
    asked = {"key": name.key, "podcast_id": podcast_id, "person_id": person_id}
    return values(session, _MEAN_HERE, asked)


def record_person_links(session: Session, pages: Mapping[str, int], podcast_id: int) -> None:
    """Remember whose pages these are; a page that is known already stays whose it is."""
    for page in sorted(pages.keys() - owners_of(session, pages).keys()):
        asked = {"page": page, "person_id": pages[page], "podcast_id": podcast_id}
        execute(session, _NOTE_PAGE, asked)
