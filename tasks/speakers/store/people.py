"""People in the database: the names that refer to them, and the person behind each match."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from models.database import Session
from models.database.sql import execute, rows, statement, values
from tasks.speakers.evidence.person_links import person_links_of
from tasks.speakers.names.display_name import better_display
from tasks.speakers.names.names import slug_of
from tasks.speakers.resolution import KnownPerson, Resolution, better_names
from tasks.speakers.store.person_links import apply_person_links, record_person_links
from tasks.speakers.values import Name, SpeakerMatch

_KNOWN = statement("""
    SELECT DISTINCT ON (n.key) n.key, p.id, coalesce(p.published_name, p.name) AS name, p.first_on
    FROM person_name n JOIN person p ON p.id = n.person_id
    WHERE n.key = ANY(:keys) AND (n.podcast_id = :podcast_id OR n.episode_id = :episode_id
        OR (n.scope = 'global'
            AND (n.key LIKE '% %' OR CAST(:podcast_id AS bigint) IS NULL)))
    ORDER BY n.key, n.scope = 'episode' DESC, n.scope = 'podcast' DESC
""")
# The row of the name is the lock: of two workers that add a name at the same time, one inserts it,
# and the other waits and finds it. Sorted, so that two workers cannot deadlock.
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
# A variant of a name refers to the same person from now on, unless a human decided otherwise.
_ADD_VARIANT = statement("""
    INSERT INTO person_name (key, scope, person_id, source) VALUES (:key, 'global', :id, 'variant')
    ON CONFLICT (key, scope, podcast_id, episode_id) DO UPDATE
        SET person_id = excluded.person_id, source = excluded.source
        WHERE person_name.source IN ('label', 'variant')
            AND person_name.person_id <> excluded.person_id
    RETURNING id
""")
_EPISODES_OF_FORMER = statement("""
    SELECT DISTINCT s.episode_id FROM speaker s JOIN person_name n ON n.key = :key
        AND n.scope = 'global'
    WHERE s.matched_person_id = ANY(:former) AND s.episode_id <> :episode_id ORDER BY 1
""")
_ADD_PERSON = statement("""
    INSERT INTO person (id, name, slug, state) VALUES (:id, :name, :slug, 'active')
    ON CONFLICT (slug) DO NOTHING RETURNING id
""")
# While a name chosen by an operator is shown, the best published form is stored beside it.
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
    """The podcast and episode in which a name is resolved: it may have a meaning only there."""

    podcast_id: int | None = None
    episode_id: int | None = None


# For names that an operator types.
GLOBAL_SCOPE = NameScope()


def resolve(
    session: Session, episode_id: int, podcast_id: int, matches: Mapping[str, SpeakerMatch]
) -> Resolution:
    """Find the people behind matched labels; a name without a person becomes a new person.

    A name of one word refers to a person within its podcast only. The narrower scope wins.
    """
    scope = NameScope(podcast_id, episode_id)
    names = [match.name for match in matches.values() if match.name]
    links = person_links_of(list(matches.values()))
    requeue = _apply_links(session, links, scope)
    people = ensure_people(session, names, scope)
    if links:
        owners = {link: people[name.key].id for link, name in links.items()}
        record_person_links(session, owners, podcast_id)
    for match in matches.values():
        if match.name and match.variant:
            requeue += _add_variant(session, match.variant, people[match.name.key], scope)
    better = better_names(names, people)
    return Resolution(dict(matches), people, better, sorted(set(requeue)))


def _apply_links(session: Session, links: Mapping[str, Name], scope: NameScope) -> list[int]:
    """Let names refer to the people whose pages the tags link to; the other episodes affected."""
    if not links or scope.podcast_id is None:
        return []
    keys = [name.key for name in links.values()]
    known = {key: one.id for key, one in _known_people(session, keys, scope).items()}
    applied = apply_person_links(session, links, known, scope.podcast_id)
    for person_id, name in applied.new:
        _add_person(session, person_id, name.key, name.display)
    return [episode_id for episode_id in applied.requeue if episode_id != scope.episode_id]


def _add_variant(
    session: Session, variant: Name, person: KnownPerson, scope: NameScope
) -> list[int]:
    """Let a variant refer to the same person; the episodes in which it meant another one."""
    former = [one.id for one in _known_people(session, [variant.key], scope).values()]
    if person.id in former:
        return []
    if not rows(session, _ADD_VARIANT, {"key": variant.key, "id": person.id}):
        return []
    params = {"key": variant.key, "former": former, "episode_id": scope.episode_id}
    return values(session, _EPISODES_OF_FORMER, params)


def ensure_people(
    session: Session, names: Iterable[Name], scope: NameScope = GLOBAL_SCOPE
) -> dict[str, KnownPerson]:
    """The person behind each name, by key; a name without a person becomes a new person."""
    forms: dict[str, str] = {}
    for name in names:
        forms[name.key] = better_display(forms.get(name.key, name.display), name.display)
    people = _known_people(session, list(forms), scope)
    missing = sorted(forms.keys() - people.keys())
    if not missing:
        return people
    params = {"keys": missing, "podcast_id": scope.podcast_id}
    for row in rows(session, _TAKE_NAMES, params):
        _add_person(session, row.person_id, row.key, forms[row.key])
        people[row.key] = KnownPerson(row.person_id, forms[row.key], is_new=True)
    taken_by_others = [key for key in missing if key not in people]
    return people | _known_people(session, taken_by_others, scope)


def _known_people(session: Session, keys: list[str], scope: NameScope) -> dict[str, KnownPerson]:
    if not keys:
        return {}
    params = {"keys": keys, "podcast_id": scope.podcast_id, "episode_id": scope.episode_id}
    return {
        row.key: KnownPerson(row.id, row.name, row.first_on)
        for row in rows(session, _KNOWN, params)
    }


def _add_person(session: Session, person_id: int, key: str, name: str) -> None:
    """Add a person under the first free slug: after a split, two people may share a name."""
    slug = base = slug_of(key)
    number = 1
    params = {"id": person_id, "name": name}
    while not rows(session, _ADD_PERSON, params | {"slug": slug}):
        number += 1
        slug = f"{base}-{number}"


def update_display_names(session: Session, better: Mapping[int, str]) -> None:
    """Show each person under the best form of the name, in whatever order workers find forms."""
    if not better:
        return
    for row in rows(session, _LOCK_NAMES, {"ids": sorted(better)}):
        form = better_display(row.name, better[row.id])
        if form != row.name:
            execute(session, _RENAME, {"id": row.id, "name": form})
