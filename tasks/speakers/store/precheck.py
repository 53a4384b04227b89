"""Precheck: what resolving would give for many episodes at once, without writing anything.

It may have false positives but no false negatives: an extra episode costs time, a missed one would
stay wrong. So it follows the same rules as ``resolve``, and takes no shortcuts.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from models.database import Session
from models.database.sql import rows, statement
from tasks.speakers.evidence.person_links import person_links_of
from tasks.speakers.resolution import KnownPerson, Resolution, better_names
from tasks.speakers.store.person_links import LinkOwner, link_contradicts, owners_of
from tasks.speakers.values import SpeakerMatch

_KNOWN = statement("""
    SELECT n.key, n.scope, n.episode_id, p.id, coalesce(p.published_name, p.name) AS name,
           p.first_on
    FROM person_name n JOIN person p ON p.id = n.person_id
    WHERE n.key = ANY(:keys) AND (n.podcast_id = :podcast_id OR n.episode_id = ANY(:episodes)
        OR (n.scope = 'global' AND n.key LIKE '% %'))
""")
# The narrower scope wins.
_SCOPES = ("episode", "podcast", "global")

# People by the scope of a name, the episode for names of an episode, and the key.
Meanings = Mapping[tuple[str, int | None, str], KnownPerson]


def precheck(
    session: Session, podcast_id: int, matches: Mapping[int, Mapping[str, SpeakerMatch]]
) -> dict[int, Resolution]:
    """What ``resolve`` would return for episodes of a podcast, by episode.

    An episode is left out if ``resolve`` would write anything for it: a name without a person, a
    new link or variant, a better form of a name.
    """
    all_matches = [match for by_label in matches.values() for match in by_label.values()]
    names = [match.name for match in all_matches if match.name]
    names += [match.variant for match in all_matches if match.variant]
    known = _known_in_podcast(session, podcast_id, list(matches), {name.key for name in names})
    owners = owners_of(session, {match.link for match in all_matches if match.link})
    return {
        episode_id: resolution
        for episode_id, by_label in matches.items()
        if (resolution := _resolution(by_label, _KnownNames(known, episode_id), owners))
    }


@dataclass(frozen=True, slots=True)
class _KnownNames:
    """The people whom names refer to in one episode."""

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
    params = {"keys": sorted(keys), "podcast_id": podcast_id, "episodes": list(episodes)}
    return {
        (row.scope, row.episode_id, row.key): KnownPerson(row.id, row.name, row.first_on)
        for row in rows(session, _KNOWN, params)
    }


def _resolution(
    matches: Mapping[str, SpeakerMatch], known: _KnownNames, owners: Mapping[str, LinkOwner]
) -> Resolution | None:
    names = [match.name for match in matches.values() if match.name]
    people = {name.key: person for name in names if (person := known.get(name.key))}
    if any(name.key not in people for name in names) or better_names(names, people):
        return None
    for link, name in person_links_of(list(matches.values())).items():
        owner = owners.get(link)
        if owner is None or link_contradicts(owner, link, name, people[name.key].id):
            return None
    variants = [(one.name, one.variant) for one in matches.values() if one.name and one.variant]
    if any(known.get(variant.key) != people[name.key] for name, variant in variants):
        return None
    return Resolution(dict(matches), people, {})
