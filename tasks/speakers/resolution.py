"""Values of resolving: stored speakers, known people, and the person behind each match."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from tasks.speakers.match import MATCHER_VERSION
from tasks.speakers.names.display_name import better_display
from tasks.speakers.names.names import comparable
from tasks.speakers.values import Name, SpeakerMatch
from tasks.transcripts.values import SpeakerStats


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """A person that a name refers to, the name shown, and the first day that counts, if any.

    ``is_new`` is true for a person whom this transaction added, and who speaks nowhere else.
    """

    id: int
    name: str
    first_on: date | None = None
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class StoredSpeaker:
    """A speaker as stored: its stats, its match as columns, and the version of the matcher."""

    id: int
    label: str
    stats: SpeakerStats
    matcher_version: int
    match: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Resolution:
    """The match of each label, the people behind the names, and better forms of their names.

    ``requeue`` are other episodes to resolve again, because a name in them now refers to another
    person.
    """

    matches: dict[str, SpeakerMatch]
    people: dict[str, KnownPerson]
    better_names: dict[int, str]
    requeue: list[int] = field(default_factory=list)

    def person_of(self, label: str) -> KnownPerson | None:
        """The person behind a matched label, if any."""
        name = self.matches[label].name
        return self.people[name.key] if name else None

    def differs(self, speaker: StoredSpeaker) -> bool:
        """Whether a stored speaker has another match, or one by another matcher version."""
        match = tuple(self.columns(speaker.label).values())
        return speaker.match != match or speaker.matcher_version != MATCHER_VERSION

    def columns(self, label: str) -> dict[str, object]:
        """Columns of the match, in the order of ``StoredSpeaker.match``."""
        match, person = self.matches[label], self.person_of(label)
        return {
            "matched_person_id": person.id if person else None,
            "role": match.role,
            "method": match.method,
            "reason": match.reason,
            "confidence": match.confidence,
            "evidence": match.evidence,
        }


def better_names(names: Iterable[Name], people: Mapping[str, KnownPerson]) -> dict[int, str]:
    """Better forms of the names that are shown, by person.

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
