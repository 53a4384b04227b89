"""Person links in the database: the owner of each link, and the names that links bind."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from models.database import Session
from models.database.sql import execute, rows, statement, values
from tasks.speakers.evidence.person_links import can_share_link, site_of
from tasks.speakers.names.names import comparable
from tasks.speakers.values import Name

_OWNERS = statement("""
    SELECT a.address, p.id, coalesce(p.published_name, p.name) AS name
    FROM person_link a JOIN person p ON p.id = a.person_id WHERE a.address = ANY(:links)
""")
_LINKS_ELSEWHERE = statement("""
    SELECT address FROM person_link WHERE person_id = :person_id AND podcast_id <> :podcast_id
""")
_BIND_NAME = statement("""
    INSERT INTO person_name (key, scope, podcast_id, person_id, source)
    VALUES (:key, 'podcast', :podcast_id,
            coalesce(CAST(:person_id AS bigint),
                     nextval(pg_get_serial_sequence('person', 'id'))), 'address')
    ON CONFLICT (key, scope, podcast_id, episode_id) DO NOTHING RETURNING person_id
""")
_EPISODES_OF_FORMER = statement("""
    SELECT DISTINCT s.episode_id FROM speaker s JOIN episode e ON e.id = s.episode_id
    WHERE s.matched_person_id = ANY(:former) AND e.podcast_id = :podcast_id ORDER BY 1
""")
_RECORD_LINK = statement("""
    INSERT INTO person_link (address, person_id, podcast_id)
    VALUES (:link, :person_id, :podcast_id) ON CONFLICT (address) DO NOTHING
""")


@dataclass(frozen=True, slots=True)
class LinkOwner:
    """The person whom a link belongs to, and the name that is shown."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class AppliedLinks:
    """What links changed: the ids and names of new people, and the episodes to resolve again."""

    new: list[tuple[int, Name]]
    requeue: list[int]


def apply_person_links(
    session: Session, links: Mapping[str, Name], person_ids: Mapping[str, int], podcast_id: int
) -> AppliedLinks:
    """Let names refer, in this podcast, to the people whose pages the tags link to.

    The same link is the same person, in any podcast and with any spelling of the name. The same
    name with another link of the same site, in another podcast, is another person, who gets a new
    id. ``person_ids`` has the person whom each key refers to so far.
    """
    owners = owners_of(session, links)
    new: list[tuple[int, Name]] = []
    former: list[int] = []
    for link, name in sorted(links.items()):
        owner, person_id = owners.get(link), person_ids.get(name.key)
        if owner is not None:
            contradicts = link_contradicts(owner, link, name, person_id)
            if contradicts and _bind_name(session, name, owner.id, podcast_id):
                former += [person_id] if person_id is not None else []
        elif person_id is not None and _has_other_link(session, person_id, link, podcast_id):
            new += [(new_id, name) for new_id in _bind_name(session, name, None, podcast_id)]
            former.append(person_id)
    params = {"former": former, "podcast_id": podcast_id}
    return AppliedLinks(new, values(session, _EPISODES_OF_FORMER, params) if former else [])


def owners_of(session: Session, links: Collection[str]) -> dict[str, LinkOwner]:
    """The owner of each link that has one."""
    if not links:
        return {}
    owners = rows(session, _OWNERS, {"links": sorted(links)})
    return {row.address: LinkOwner(row.id, row.name) for row in owners}


def link_contradicts(owner: LinkOwner, link: str, name: Name, person_id: int | None) -> bool:
    """Whether a link's owner is another person than the one whom the name refers to so far."""
    return person_id != owner.id and can_share_link(name.key, comparable(owner.name), link)


def _has_other_link(session: Session, person_id: int, link: str, podcast_id: int) -> bool:
    params = {"person_id": person_id, "podcast_id": podcast_id}
    return any(site_of(one) == site_of(link) for one in values(session, _LINKS_ELSEWHERE, params))


def _bind_name(session: Session, name: Name, person_id: int | None, podcast_id: int) -> list[int]:
    """Let a name refer to a person in this podcast, to a new id if none is given; the id bound."""
    params = {"key": name.key, "podcast_id": podcast_id, "person_id": person_id}
    return values(session, _BIND_NAME, params)


def record_person_links(session: Session, owners: Mapping[str, int], podcast_id: int) -> None:
    """Record the owners of links. A link that has an owner already keeps this owner."""
    for link in sorted(owners.keys() - owners_of(session, owners).keys()):
        params = {"link": link, "person_id": owners[link], "podcast_id": podcast_id}
        execute(session, _RECORD_LINK, params)
