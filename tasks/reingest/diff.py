"""Difference that a re-ingest makes: appearances added, removed and moved, by person."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple


class SpokenSegment(NamedTuple):
    """An appearance as stored: position, times, label and person."""

    label: str
    slug: str  # of the person; "" when unknown
    position: int
    start_ms: int | None
    end_ms: int | None


@dataclass(slots=True)
class PersonDiff:
    """The changes for one person; slug "" means unknown people."""

    slug: str
    name: str = ""
    added: int = 0
    removed: int = 0
    moved_in: int = 0
    moved_out: int = 0

    @property
    def net(self) -> int:
        """The change in the person's number of appearances."""
        return self.added + self.moved_in - self.removed - self.moved_out


@dataclass(frozen=True, slots=True)
class EpisodeDiff:
    """The changes in one episode.

    ``moved`` rows keep their id and get another speaker or person; ``updated`` rows keep their
    speaker and get another position or time. ``failed`` is the reason code when the transcript
    cannot be fetched or parsed; then nothing changes.
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
    people = _PeopleDiff()
    removed, added = before.keys() - after.keys(), after.keys() - before.keys()
    for row in removed:
        people[before[row].slug].removed += 1
    for row in added:
        people[after[row].slug].added += 1
    moved = updated = 0
    for row in before.keys() & after.keys():
        old, new = before[row], after[row]
        if (old.label, old.slug) != (new.label, new.slug):
            moved += 1
            people.move(old.slug, new.slug)
        elif old != new:
            updated += 1
    return EpisodeDiff(
        episode_id,
        added=len(added),
        removed=len(removed),
        moved=moved,
        updated=updated,
        people=tuple(people[slug] for slug in sorted(people)),
    )


class _PeopleDiff(dict[str, PersonDiff]):
    def __missing__(self, slug: str) -> PersonDiff:
        self[slug] = PersonDiff(slug)
        return self[slug]

    def move(self, old_slug: str, new_slug: str) -> None:
        if old_slug != new_slug:
            self[old_slug].moved_out += 1
            self[new_slug].moved_in += 1


@dataclass(slots=True)
class DryRunSummary:
    """The changes that a whole request would make."""

    episodes: int = 0
    differences: list[EpisodeDiff] = field(default_factory=list)

    def add(self, diff: EpisodeDiff) -> None:
        """Add the changes of one more episode."""
        self.episodes += 1
        if diff.any or diff.failed:
            self.differences.append(diff)

    @property
    def totals(self) -> dict[str, int]:
        """The sums over all episodes."""
        changed = [diff for diff in self.differences if diff.any]
        return {
            "episodes": self.episodes,
            "changed": len(changed),
            "failed": sum(bool(diff.failed) for diff in self.differences),
            "added": sum(diff.added for diff in changed),
            "removed": sum(diff.removed for diff in changed),
            "moved": sum(diff.moved for diff in changed),
            "updated": sum(diff.updated for diff in changed),
        }

    @property
    def people(self) -> list[PersonDiff]:
        """The changes for each person over all episodes, largest first."""
        summed = _summed(person for diff in self.differences for person in diff.people)
        return sorted(summed, key=lambda person: (-_size(person), person.slug))


def _size(person: PersonDiff) -> int:
    return person.added + person.removed + person.moved_in + person.moved_out


def _summed(people: Iterable[PersonDiff]) -> list[PersonDiff]:
    by_slug: dict[str, list[PersonDiff]] = defaultdict(list)
    for person in people:
        by_slug[person.slug].append(person)
    return [
        replace(
            diffs[0],
            added=sum(diff.added for diff in diffs),
            removed=sum(diff.removed for diff in diffs),
            moved_in=sum(diff.moved_in for diff in diffs),
            moved_out=sum(diff.moved_out for diff in diffs),
        )
        for diffs in by_slug.values()
    ]
