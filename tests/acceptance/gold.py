"""The shared world's independent counts by published label, and comparison with ours."""

import json
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple


class Place(NamedTuple):
    """A label in an episode; the episode is empty for a label of a whole show."""

    show: str
    episode: str
    label: str

    @property
    def of_show(self) -> "Place":
        """The label in the whole show."""
        return Place(self.show, "", self.label)


@dataclass(frozen=True)
class Gold:
    """Segments by label, and the labels of each show that are not people."""

    segments: Counter[Place]
    not_people: frozenset[Place]


def read_gold(folder: Path) -> Gold:
    """Read the counts of the shared world."""
    shows: dict[str, Any] = json.loads((folder / "gold.json").read_text())
    segments = Counter(
        {
            Place(show, episode, label): count
            for show, counts in shows.items()
            for episode, in_episode in counts["episodes"].items()
            for label, count in in_episode["labels"].items()
        }
    )
    markers = {Place(s, "", label) for s, counts in shows.items() for label in counts["not_people"]}
    return Gold(segments, frozenset(markers))


def place_of(speaker: Mapping[str, Any]) -> Place:
    """The place of a row of `overheard speakers list --json`, whose GUIDs are show:episode."""
    show, _, episode = speaker["episode_guid"].partition(":")
    return Place(show, episode, speaker["label"])


def without(segments: Counter[Place], episodes: Collection[str]) -> Counter[Place]:
    """The counts without some episodes, given as show/episode."""
    return Counter(
        {p: count for p, count in segments.items() if f"{p.show}/{p.episode}" not in episodes}
    )


def by_show(segments: Counter[Place]) -> Counter[Place]:
    """The counts by show."""
    total: Counter[Place] = Counter()
    for place, count in segments.items():
        total[place.of_show] += count
    return total


def share_near(ours: Counter[Place], gold: Counter[Place], least: int, within: float) -> float:
    """The share of gold labels with ``least`` or more segments whose count is ``within`` ours."""
    compared = {place: count for place, count in gold.items() if count >= least}
    near = sum(abs(ours[place] - count) <= within * count for place, count in compared.items())
    return near / len(compared)


def share_under_label(ours: Counter[Place], gold: Counter[Place]) -> float:
    """The share of the gold's labelled segments that have the same label here."""
    return sum(min(ours[place], count) for place, count in gold.items()) / gold.total()


def worst(ours: Counter[Place], gold: Counter[Place], number: int) -> list[str]:
    """The labels whose counts differ most, one line each."""
    places = sorted(ours.keys() | gold.keys(), key=lambda p: (-abs(ours[p] - gold[p]), p))
    return [
        f"{ours[p]:5} counted, gold {gold[p]:5}: {p.show}/{p.episode} {p.label!r}"
        for p in places[:number]
    ]
