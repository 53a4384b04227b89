"""What work done again changes: appearances added, removed and moved, by episode and person."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple


class SpokenSegment(NamedTuple):
    """An appearance as its row has it: where and when it is, and who speaks."""

    label: str
    slug: str  # of the person; "" for nobody
    position: int
    start_ms: int | None
    end_ms: int | None


@dataclass(slots=True)
class PersonDiff:
    """What changes for one person (slug "" is speech of nobody known)."""

    slug: str
    name: str = ""
    added: int = 0
    removed: int = 0
    moved_in: int = 0
    moved_out: int = 0

    @property
    def net(self) -> int:
        """How many appearances more the person has afterwards."""
        return self.added + self.moved_in - self.removed - self.moved_out


@dataclass(frozen=True, slots=True)
class EpisodeDiff:
    """What changes in one episode; ``moved`` rows go to another speaker or person with their id.

    ``updated`` rows keep their speaker and get another place or time. ``failed`` is the reason
    word when its transcript cannot be had or read: then nothing changes.
    """

    episode_id: int
    podcast_id: int = 0
    episode: str = ""
    podcast: str = ""
    added: int = 0
    removed: int = 0
    moved: int = 0
    updated: int = 0
    people: tuple[PersonDiff, ...] = ()
    failed: str = ""
    message: str = ""

    @property
    def any(self) -> bool:
        """Whether anything changes."""
        return bool(self.added or self.removed or self.moved or self.updated)


def appearance_diff(
    episode_id: int, before: Mapping[int, SpokenSegment], after: Mapping[int, SpokenSegment]
) -> EpisodeDiff:
    """Compare the appearances of an episode by their ids."""
    people: dict[str, PersonDiff] = {}

    def of(slug: str) -> PersonDiff:
        return people.setdefault(slug, PersonDiff(slug))

    removed, added = before.keys() - after.keys(), after.keys() - before.keys()
    for row in removed:
        of(before[row].slug).removed += 1
    for row in added:
        of(after[row].slug).added += 1
    moved = updated = 0
    for row in before.keys() & after.keys():
        old, new = before[row], after[row]
        if old[:2] != new[:2]:
            moved += 1
            if old.slug != new.slug:
                of(old.slug).moved_out += 1
                of(new.slug).moved_in += 1
        elif old != new:
            updated += 1
    ordered = tuple(people[slug] for slug in sorted(people))
    return EpisodeDiff(episode_id, 0, "", "", len(added), len(removed), moved, updated, ordered)


@dataclass(slots=True)
class DryRunSummary:
    """What a whole request would change."""

    episodes: int = 0
    differences: list[EpisodeDiff] = field(default_factory=list)

    def add(self, one: EpisodeDiff) -> None:
        """Take in what was found for one more episode."""
        self.episodes += 1
        if one.any or one.failed:
            self.differences.append(one)

    @property
    def totals(self) -> dict[str, int]:
        """The sums over all episodes."""
        changed = [one for one in self.differences if one.any]
        return {
            "episodes": self.episodes,
            "changed": len(changed),
            "failed": sum(bool(one.failed) for one in self.differences),
            "added": sum(one.added for one in changed),
            "removed": sum(one.removed for one in changed),
            "moved": sum(one.moved for one in changed),
            "updated": sum(one.updated for one in changed),
        }

    @property
    def people(self) -> list[PersonDiff]:
        """What changes for each person over all episodes, the greatest change first."""
        summed = _summed(person for one in self.differences for person in one.people)
        return sorted(summed, key=lambda one: (-_size(one), one.slug))


def _size(one: PersonDiff) -> int:
    return one.added + one.removed + one.moved_in + one.moved_out


def _summed(people: Iterable[PersonDiff]) -> list[PersonDiff]:
    by_slug: dict[str, list[PersonDiff]] = defaultdict(list)
    for one in people:
        by_slug[one.slug].append(one)
    return [
        replace(
            several[0],
            added=sum(one.added for one in several),
            removed=sum(one.removed for one in several),
            moved_in=sum(one.moved_in for one in several),
            moved_out=sum(one.moved_out for one in several),
        )
        for several in by_slug.values()
    ]
