"""What deciding again would come to, for many episodes at once and without writing anything."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session

from models.database.sql import rows, statement
from tasks.speakers.evidence.person_links import person_links_of
from tasks.speakers.store.people import KnownPerson, Resolution, better_names
from tasks.speakers.store.person_links import Owner, link_contradicts, owners_of
from tasks.speakers.values import Decision

_KNOWN = statement("""
    SELECT n.key, n.scope, n.episode_id, p.id, coalesce(p.published_name, p.name) AS name,
           p.first_on
    FROM person_name n JOIN person p ON p.id = n.person_id
    WHERE n.key = ANY(:keys) AND (n.podcast_id = :podcast_id OR n.episode_id = ANY(:episodes)
        OR (n.scope = 'global' AND n.key LIKE '% %'))
""")
# The narrower scope wins.
_SCOPES = ("episode", "podcast", "global")

# Whom a name means: by scope, the episode if it is of one, and key.
Meanings = Mapping[tuple[str, int | None, str], KnownPerson]


def precheck(
    session: Session, podcast_id: int, decided: Mapping[int, Mapping[str, Decision]]
) -> dict[int, Resolution]:
    """What ``resolve`` would answer for many episodes of a podcast, by episode.

    It writes nothing, and leaves out every episode for which ``resolve`` would write something: a
    name that means nobody yet, a page or another form that is new, a better form to be shown.
    """
    decisions = [one for labels in decided.values() for one in labels.values()]
    names = [one.name for one in decisions if one.name]
    names += [one.other_form for one in decisions if one.other_form]
    known = _known_in_podcast(session, podcast_id, list(decided), {one.key for one in names})
    owners = owners_of(session, {one.address for one in decisions if one.address})
    return {
        episode_id: answer
        for episode_id, labels in decided.items()
        if (answer := _foreseen(labels, _Known(known, episode_id), owners))
    }


@dataclass(frozen=True, slots=True)
class _Known:
    """Whom names mean in one episode of a podcast."""

    meanings: Meanings
    episode_id: int

    def get(self, key: str) -> KnownPerson | None:
        for scope in _SCOPES:
            episode_id = self.episode_id if scope == "episode" else None
            if person := self.meanings.get((scope, episode_id, key)):
                return person
        return None


def _known_in_podcast(
    session: Session, podcast_id: int, episodes: Sequence[int], keys: Collection[str]
) -> Meanings:
    if not keys:
        return {}
    asked = {"keys": sorted(keys), "podcast_id": podcast_id, "episodes": list(episodes)}
    return {
        (row.scope, row.episode_id, row.key): KnownPerson(row.id, row.name, row.first_on)
        for row in rows(session, _KNOWN, asked)
    }


def _foreseen(
    decisions: Mapping[str, Decision], known: _Known, owners: Mapping[str, Owner]
) -> Resolution | None:
    names = [one.name for one in decisions.values() if one.name]
    people = {one.key: person for one in names if (person := known.get(one.key))}
    if any(one.key not in people for one in names) or better_names(names, people):
        return None
    for page, name in person_links_of(list(decisions.values())).items():
        owner = owners.get(page)
        if owner is None or link_contradicts(owner, page, name, people[name.key].id):
            return None
    for one in decisions.values():
        if one.name and one.other_form and known.get(one.other_form.key) != people[one.name.key]:
            return None
    return Resolution(dict(decisions), people, {})
