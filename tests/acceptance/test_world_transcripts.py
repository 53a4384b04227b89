"""Labels parsed from the shared world's transcripts, compared with the gold's counts.

The goal is checked twice: by label in an episode, and by label in a show. Differences that are the
gold's errors, by evidence in the source (see misread.py), are counted separately.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tasks.transcripts.parse import parse_transcript
from tests.acceptance.gold import (
    Place,
    by_show,
    read_gold,
    share_near,
    share_under_label,
    worst,
)
from tests.acceptance.misread import lasts_over_a_lecture, misread
from tests.acceptance.shared_world import shared_world_folder

pytestmark = [pytest.mark.world, pytest.mark.slow]


Episode = tuple[str, str]


@dataclass(frozen=True)
class Comparison:
    """Labelled segments of the whole world, ours and the gold's, and each episode's source."""

    ours: Counter[Place]
    gold: Counter[Place]
    sources: dict[Episode, str]
    only_ours: dict[Episode, set[str]]


@pytest.fixture(scope="module")
def world() -> Comparison:
    folder = shared_world_folder()
    ours: Counter[Place] = Counter()
    sources = {}
    for show, episode, body, declared in _episodes(folder):
        for segment in parse_transcript(body, declared_type=declared).segments:
            if segment.label:
                ours[Place(show, episode, segment.label)] += 1
        sources[show, episode] = body.decode("utf-8", "replace").replace("\r", "")
    gold = read_gold(folder).segments
    only_ours: dict[Episode, set[str]] = defaultdict(set)
    for place in ours.keys() - gold.keys():
        only_ours[place.show, place.episode].add(place.label)
    return Comparison(ours, gold, sources, only_ours)


def _episodes(folder: Path) -> Iterator[tuple[str, str, bytes, str]]:
    for show in json.loads((folder / "world.json").read_text())["shows"]:
        for episode in show["episodes"]:
            body = (folder / episode["transcript"]).read_bytes()
            yield show["slug"], episode["slug"], body, episode["type"]


def test_labelled_segments_have_their_label(world: Comparison) -> None:
    gold = Counter({p: n for p, n in world.gold.items() if not _is_lecture(p, world)})
    share, everything = (share_under_label(world.ours, g) for g in (gold, world.gold))
    print(f"\n{share:.4%} of {gold.total():,} labelled segments under their label,")
    print(f"{everything:.4%} with the audience's label over a lecturer's words; the worst:")
    print("\n".join(worst(world.ours, world.gold, 10)))
    assert share >= 0.995


def test_label_counts_match_gold_or_known_misreading(world: Comparison) -> None:
    reasons = Counter(
        _why(place, world) or "nothing in the source shows why"
        for place, count in world.gold.items()
        if count >= 5 and abs(world.ours[place] - count) > 0.01 * count
    )
    compared = sum(count >= 5 for count in world.gold.values())
    print(f"\nof {compared:,} labels with 5 or more segments in an episode,")
    print(f"{share_near(world.ours, world.gold, least=5, within=0.01):.4%} are within 1 %; others:")
    print("\n".join(f"{count:6}  {reason}" for reason, count in reasons.most_common()))
    assert reasons["nothing in the source shows why"] <= 0.01 * compared
    assert share_near(world.ours, world.gold, least=5, within=0.01) >= 0.96


def test_label_counts_of_shows_match_gold(world: Comparison) -> None:
    wrong = {
        place
        for place in world.ours.keys() | world.gold.keys()
        if world.ours[place] != world.gold[place] and _why(place, world)
    }
    ours = by_show(Counter({p: n for p, n in world.ours.items() if p not in wrong}))
    gold = by_show(Counter({p: n for p, n in world.gold.items() if p not in wrong}))
    everything = share_near(by_show(world.ours), by_show(world.gold), least=5, within=0.01)
    share = share_near(ours, gold, least=5, within=0.01)
    print(f"\n{everything:.4%} of a show's labels within 1 %, {share:.4%} without the misread ones")
    assert share >= 0.99


def _is_lecture(place: Place, world: Comparison) -> bool:
    return lasts_over_a_lecture(place, world.sources[place.show, place.episode])


def _why(place: Place, world: Comparison) -> str | None:
    episode = place.show, place.episode
    return misread(place, world.sources[episode], world.only_ours.get(episode, set()))
