"""A plain model of podcasts, merges and decisions: what every operation has to come to."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

Key = tuple[int, str]  # of an episode: the podcast whose feed lists it, and its guid

FOLLOWED = {"pending", "active", "paused", "gone"}
TAKES_AWAY = {"not_a_person", "quarantine"}


class Mismatch(AssertionError):
    """The service did something else than the model."""


def expect(expected: object, found: object, about: object) -> None:
    if expected != found:
        raise Mismatch(f"{about}: expected {expected}, found {found}")


@dataclass
class ModelEpisode:
    """An episode: its place in the order of ids, its day, and who speaks its segments."""

    number: int
    day: date
    labels: tuple[str, ...] = ()


@dataclass
class ModelMerge:
    """A merge in force; one in part has the episodes that it found in both.

    ``same`` has their guids, and in which podcast each was found.
    """

    into: int
    former_state: str
    is_whole: bool
    same: set[tuple[str, int]]


@dataclass(frozen=True)
class ModelDecision:
    """A decision in force; ``target`` is the person that a split made."""

    id: int
    kind: str
    podcast: int | None
    label: str | None = None
    person: int | None = None
    target: int | None = None


@dataclass
class Model:
    """What there is; podcasts are numbered as in the database."""

    states: dict[int, str]
    people: dict[str, int] = field(default_factory=dict)
    documents: dict[int, set[str]] = field(default_factory=dict)
    episodes: dict[Key, ModelEpisode] = field(default_factory=dict)
    merges: dict[int, ModelMerge] = field(default_factory=dict)
    unmerged: set[tuple[int, int]] = field(default_factory=set)
    decisions: dict[int, ModelDecision] = field(default_factory=dict)

    # The trees of merges.

    def path(self, podcast: int, *, whole: bool = False) -> list[int]:
        """The podcast and what it went into; with ``whole``, by whole merges only."""
        path = [podcast]
        while (merge := self.merges.get(path[-1])) and (merge.is_whole or not whole):
            path.append(merge.into)
        return path

    def root(self, podcast: int) -> int:
        return self.path(podcast)[-1]

    def group(self, podcast: int) -> set[int]:
        return {one for one in self.states if self.root(one) == self.root(podcast)}

    # Where episodes count.

    def places(self) -> dict[Key, tuple[int, Key | None]]:
        """For each episode the podcast that it is in, and the episode that counts for it."""
        places: dict[Key, tuple[int, Key | None]] = {}
        for alike in self._alike():
            by_part: defaultdict[int, list[Key]] = defaultdict(list)
            for key in alike:
                by_part[self.path(key[0], whole=True)[-1]].append(key)
            firsts = {part: min(keys, key=self._order) for part, keys in by_part.items()}
            nearest = sorted(firsts, key=lambda part: (self._partial(part), part))
            counts = next((p for p in nearest if self.episodes[firsts[p]].labels), nearest[0])
            for place, part in enumerate(nearest):
                own = place < nearest.index(counts)
                first = firsts[part if own else counts]
                for key in by_part[part]:
                    places[key] = (key[0], first)
                if first in by_part[part]:
                    places[first] = (part, None)
        return places

    def _partial(self, podcast: int) -> int:
        return sum(not self.merges[one].is_whole for one in self.path(podcast)[:-1])

    def _order(self, key: Key) -> tuple[bool, int, int]:
        episode = self.episodes[key]
        return not episode.labels, len(self.path(key[0])), episode.number

    def _alike(self) -> Iterator[list[Key]]:
        """Episodes of one group with one guid, as far as merges in part have connected them."""
        for root in {self.root(one) for one in self.states}:
            for guid in {guid for _, guid in self.episodes}:
                yield from self._alike_in(self.group(root), guid)

    def _alike_in(self, group: set[int], guid: str) -> Iterable[list[Key]]:
        joined = {podcast: {podcast} for podcast in self.states}
        for podcast in group & self.merges.keys():
            merge = self.merges[podcast]
            found = {target for same, target in merge.same if same == guid}
            for target in found | ({merge.into} if merge.is_whole else set()):
                both = joined[podcast] | joined[target]
                joined |= dict.fromkeys(both, both)
        alike: defaultdict[frozenset[int], list[Key]] = defaultdict(list)
        for podcast in sorted(group):
            if (podcast, guid) in self.episodes:
                alike[frozenset(joined[podcast])].append((podcast, guid))
        return alike.values()

    def visible(self, podcast: int) -> dict[str, Key]:
        """The episodes that are in a podcast and no duplicates, by guid."""
        return {
            key[1]: key
            for key, (place, counted) in self.places().items()
            if place == podcast and counted is None
        }

    # Who speaks.

    def attributed(self, key: Key, label: str) -> int | None:
        """The person for whom a label of an episode counts."""
        scope = self.path(key[0], whole=True)
        in_force = [d for d in self.decisions.values() if d.podcast is None or d.podcast in scope]
        about = _decisive(
            (d for d in in_force if d.kind in {"alias", "not_a_person"} and d.label == label), scope
        )
        if about and about.kind == "not_a_person":
            return None
        person = about.person if about else self.people.get(label)
        seen: set[int | None] = {person}
        since = [person]
        while split := _decisive(
            (
                d
                for d in in_force
                if d.kind == "split" and d.person == person and _outranks(d, about)
            ),
            scope,
        ):
            person = split.target
            since = [person]
            if person in seen:
                break
            seen.add(person)
        if any(d.kind == "suppress" and d.person in since for d in in_force):
            return None
        cleared = _decisive(
            (
                d
                for d in in_force
                if d.kind in {"quarantine", "release"}
                and (d.label == label if d.label else d.person in since)
            ),
            scope,
        )
        return None if cleared and cleared.kind == "quarantine" else person

    def counts(self) -> tuple[dict[Any, Any], dict[Any, Any]]:
        """Appearances and episodes of each person by podcast, and appearances by day."""
        by_podcast: defaultdict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
        by_day: Counter[tuple[int, date]] = Counter()
        for key, (podcast, counted) in self.places().items():
            if counted is not None or self.states[podcast] == "removed":
                continue
            spoken = Counter(
                person
                for label in self.episodes[key].labels
                if (person := self.attributed(key, label)) is not None
            )
            for person, appearances in spoken.items():
                by_podcast[person, podcast][0] += appearances
                by_podcast[person, podcast][1] += 1
                by_day[person, self.episodes[key].day] += appearances
        return {cell: tuple(sums) for cell, sums in by_podcast.items()}, dict(by_day)

    # Operations; each gets what the service answered.

    def merge(self, result: str, podcast: int, other: int) -> None:
        root = self.root(other)
        merge = self.merges.get(podcast)
        if merge and not merge.is_whole and root == self.root(podcast):
            expect("", result, "completing a merge")
            merge.is_whole = True
            return
        refused = self._why_refused(podcast, other)
        expect(refused, result, "merging")
        if not refused:
            self._begin(podcast, root, set(), whole=True)

    def move(self, result: str, podcast: int, other: int) -> None:
        root = self.root(other)
        leaving, own = self.visible(podcast), self.visible(root)
        listed = leaving.keys() & self.documents.get(root, set())
        if podcast != other:
            refused = self._why_refused(podcast, other)
            if any(
                a == podcast or (a in self.group(root) and b == podcast) for a, b in self.unmerged
            ):
                refused = "unmerged_before"
            elif not refused and 2 * len(listed) <= len(leaving):
                refused = "not_confirmed"
            expect(refused, result, "moving")
            if not refused:
                same = {(guid, root) for guid in listed & own.keys()}
                self._begin(podcast, root, same, whole=False)

    def _why_refused(self, podcast: int, other: int) -> str:
        if podcast == other:
            return "same_podcast"
        if self.root(other) == podcast:
            return "merge_circle"
        if podcast in self.merges:
            return "already_merged"
        if self.states[podcast] not in FOLLOWED:
            return "not_followed"
        return "" if self.states[self.root(other)] in FOLLOWED else "survivor_not_followed"

    def _begin(self, podcast: int, root: int, same: set[tuple[str, int]], *, whole: bool) -> None:
        self.merges[podcast] = ModelMerge(root, self.states[podcast], whole, same)
        self.states[podcast] = "duplicate"

    def unmerge(self, result: bool, podcast: int) -> None:
        expect(podcast in self.merges, result, "unmerging")
        alike = list(self._alike())
        if merge := self.merges.pop(podcast, None):
            self._join_again(alike)
            self.unmerged.add((podcast, merge.into))
            if self.states[podcast] != "removed":
                self.states[podcast] = merge.former_state

    def _join_again(self, alike: Iterable[list[Key]]) -> None:
        """Episodes that were the same by way of a podcast outside of the group now still are."""
        for podcast, guid in (key for keys in alike for key in keys):
            others = {one for keys in alike if (podcast, guid) in keys for one, _ in keys}
            if merge := self.merges.get(podcast):
                merge.same |= {(guid, one) for one in others & set(self.path(podcast)[1:])}

    def remove(self, result: bool, podcast: int) -> None:
        expect(self.states[podcast] != "removed", result, "removing")
        self.states[podcast] = "removed"

    def add(self, result: str, podcast: int) -> None:
        removed = self.states[podcast] == "removed"
        restored = removed and podcast not in self.merges
        expect("added" if restored else "already", result, "adding")
        if removed:
            self.states[podcast] = "active" if restored else "duplicate"

    def pause(self, result: bool, podcast: int) -> None:
        self._change(result, podcast, {"active": "paused", "gone": "paused"})

    def resume(self, result: bool, podcast: int) -> None:
        self._change(result, podcast, {"paused": "active"})

    def gone(self, result: bool, podcast: int) -> None:
        self._change(result, podcast, {"active": "gone"})

    def _change(self, result: bool, podcast: int, table: dict[str, str]) -> None:
        expect(self.states[podcast] in table, result, "changing the state")
        self.states[podcast] = table.get(self.states[podcast], self.states[podcast])

    def poll(self, result: bool, podcast: int, document: dict[str, date]) -> None:
        """A document arrives; ``result`` is whether it changed anything."""
        if self.states[podcast] in {"pending", "gone"}:
            self.states[podcast] = "active"
        if podcast in self.merges:
            return
        received = self.visible(podcast)
        for guid in reversed(document):
            key = (podcast, guid)
            if key not in self.episodes and guid in received:
                key = received[guid]
            number = len(self.episodes)
            episode = self.episodes.setdefault(key, ModelEpisode(number, document[guid]))
            episode.day = document[guid]
        if result:
            self.documents[podcast] = set(document)

    def ingest(self, _result: object, podcast: int, guid: str, labels: tuple[str, ...]) -> None:
        if (podcast, guid) in self.episodes:
            self.episodes[podcast, guid].labels = labels

    def reingest(self, _result: object) -> None:
        """The same bytes again change nothing."""

    def place(self, _result: object = None) -> None:
        """The tick: what a survivor lists since a merge in part is the same, too."""
        for podcast, merge in self.merges.items():
            if not merge.is_whole:
                root = self.root(podcast)
                listed = self.visible(podcast).keys() & self.visible(root).keys()
                merge.same |= {(guid, root) for guid in listed}

    def decide(self, result: ModelDecision | None) -> None:
        if result is not None:
            self.decisions[result.id] = result

    def undo(self, result: int | None) -> None:
        if result is not None:
            del self.decisions[result]


def _decisive(decisions: Iterable[ModelDecision], scope: list[int]) -> ModelDecision | None:
    latest: dict[int | None, ModelDecision] = {}
    for decision in sorted(decisions, key=lambda d: d.id):
        latest[decision.podcast] = decision
    everywhere = latest.pop(None, None)
    here = sorted(
        latest.items(), key=lambda one: (one[1].kind not in TAKES_AWAY, scope.index(one[0] or 0))
    )
    return here[0][1] if here else everywhere


def _outranks(split: ModelDecision, about: ModelDecision | None) -> bool:
    if about is None:
        return True
    return (split.podcast is not None, split.id) > (about.podcast is not None, about.id)
