"""Decides which podcast each episode of merged podcasts belongs to, and which one counts. Pure.

Podcasts that merges in force connect are a group; the one that is not merged into another is its
root. Merges that are whole make one territory of the podcasts they connect; another merge connects
two territories, between which no episode moves.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Merge:
    """A merge in force: of a podcast into a survivor, as a whole or not."""

    id: int
    podcast_id: int
    survivor_id: int
    is_whole: bool


@dataclass(frozen=True, slots=True)
class PlacedEpisode:
    """An episode: the podcast whose feed listed it, whether it is read, and where it is now."""

    id: int
    origin_id: int
    is_read: bool
    podcast_id: int
    duplicate_of: int | None


@dataclass(frozen=True, slots=True)
class Placement:
    """The podcast of an episode, and the episode that counts instead of it, if one does."""

    podcast_id: int
    duplicate_of: int | None


class MergeForest:
    """The merges in force, as trees whose roots are the podcasts that remained."""

    def __init__(self, merges: Iterable[Merge]) -> None:
        self._by_podcast = {merge.podcast_id: merge for merge in merges}

    def merge_of(self, podcast_id: int) -> Merge | None:
        """The merge of this podcast into another one."""
        return self._by_podcast.get(podcast_id)

    def path(self, podcast_id: int) -> list[int]:
        """The podcast and all that it went into, up to the root."""
        path = [podcast_id]
        while merge := self._by_podcast.get(path[-1]):
            path.append(merge.survivor_id)
        return path

    def root(self, podcast_id: int) -> int:
        """The podcast that remained."""
        return self.path(podcast_id)[-1]

    def group(self, root_id: int) -> list[int]:
        """The podcasts with this root, in order of id."""
        members = {
            podcast_id for podcast_id in self._by_podcast if self.root(podcast_id) == root_id
        }
        return sorted(members | {root_id})

    def below(self, podcast_id: int) -> list[int]:
        """The podcast and all that were merged into it, in order of id."""
        members = {other for other in self._by_podcast if podcast_id in self.path(other)}
        return sorted(members | {podcast_id})

    def territory(self, podcast_id: int) -> tuple[int, int]:
        """How many merges that are not whole lie above the podcast, and the first's podcast."""
        merges = [self._by_podcast.get(member) for member in self.path(podcast_id)]
        partial = [merge for merge in merges if merge and not merge.is_whole]
        return len(partial), partial[0].podcast_id if partial else self.root(podcast_id)


def place_episodes(
    forest: MergeForest, episodes: Sequence[PlacedEpisode], same: Iterable[tuple[int, int]]
) -> dict[int, Placement]:
    """The placement of each episode of a group; ``same`` are the pairs that merges found.

    Of episodes that are the same, one counts: in the territory nearest to the root one that is
    read, then one whose own podcast is nearest to the root. The others stay in their own podcasts.
    An unread episode replaces none of another territory.
    """
    ranks = {
        podcast_id: (*forest.territory(podcast_id), len(forest.path(podcast_id)))
        for podcast_id in {episode.origin_id for episode in episodes}
    }
    placements: dict[int, Placement] = {}
    for alike in alike_episodes(episodes, same):
        firsts = _first_of_territories(alike, ranks)
        counted = next((one for one in firsts.values() if one.is_read), next(iter(firsts.values())))
        target = None
        for territory_root, first in firsts.items():
            target = counted if counted in (first, target) else first
            for one in alike:
                if ranks[one.origin_id][1] == territory_root:
                    placements[one.id] = Placement(one.origin_id, target.id)
            if target is first:
                placements[first.id] = Placement(territory_root, None)
    return placements


def links_between(
    forest: MergeForest, alike: Iterable[PlacedEpisode]
) -> list[tuple[int, int, int]]:
    """Links that leave episodes the same without those of podcasts that are in other groups now.

    Each is a merge, an episode of its podcast, and the episode nearest to the root.
    """
    by_root: defaultdict[int, list[PlacedEpisode]] = defaultdict(list)
    for one in alike:
        by_root[forest.root(one.origin_id)].append(one)
    links = []
    for members in by_root.values():
        first, *others = sorted(members, key=lambda one: (len(forest.path(one.origin_id)), one.id))
        for one in others:
            merge = forest.merge_of(one.origin_id)
            if merge is not None:
                links.append((merge.id, one.id, first.id))
    return links


def _first_of_territories(
    alike: Iterable[PlacedEpisode], ranks: Mapping[int, tuple[int, int, int]]
) -> dict[int, PlacedEpisode]:
    """The episode that goes first in each territory, by its root; the nearest territory first."""

    def order(one: PlacedEpisode) -> tuple[object, ...]:
        partial_merges, territory_root, depth = ranks[one.origin_id]
        return partial_merges, territory_root, not one.is_read, depth, one.id

    firsts: dict[int, PlacedEpisode] = {}
    for one in sorted(alike, key=order):
        firsts.setdefault(ranks[one.origin_id][1], one)
    return firsts


def alike_episodes(
    episodes: Sequence[PlacedEpisode], same: Iterable[tuple[int, int]]
) -> list[list[PlacedEpisode]]:
    """Episodes in lists of those that are the same, also by way of others."""
    parent: dict[int, int] = {}

    def find(one: int) -> int:
        while parent.setdefault(one, one) != one:
            one = parent[one]
        return one

    for first, second in same:
        parent[find(first)] = find(second)
    groups: defaultdict[int, list[PlacedEpisode]] = defaultdict(list)
    for episode in episodes:
        groups[find(episode.id)].append(episode)
    return list(groups.values())
