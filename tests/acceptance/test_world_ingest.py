"""A world ingested by real workers: labels and people are counted as published."""

import json
import re
from collections import Counter
from importlib.resources import files
from typing import Any

import pytest

from tests.acceptance.conftest import Ingested
from tests.acceptance.gold import (
    Place,
    by_show,
    place_of,
    read_gold,
    share_near,
    share_under_label,
    without,
    worst,
)
from tests.acceptance.gold_misreadings import LECTURES, MISREAD_EPISODES
from tests.acceptance.shared_world import SharedWorld

pytestmark = pytest.mark.slow

NUMBERED = re.compile(r"(Speaker|Voice) \d+")


def test_counts_agree_with_rows(ingested: Ingested) -> None:
    assert ingested.installation.read_json("recount")["changed"] == 0


def test_every_episode_with_transcript_is_counted(ingested: Ingested) -> None:
    states = Counter(
        (row["state"], row["reason"])
        for row in ingested.installation.read_json("episodes", "list", "--limit", "0")
    )
    print(f"{ingested.world.name}: ingested in {ingested.seconds:.1f} s: {dict(states)}")
    assert {state for state, _ in states} <= {"counted", "no_transcript"}


def test_people_are_sorted_by_appearances_then_slug(ingested: Ingested) -> None:
    people = ingested.people
    assert people == sorted(people, key=lambda row: (-row["appearances"], row["slug"]))
    assert people == ingested.installation.read_json("people", "list", "--limit", "0")


def test_person_total_is_sum_of_speakers(ingested: Ingested) -> None:
    spoken: Counter[str] = Counter()
    for row in ingested.speakers:
        if row["person"]:
            spoken[row["person"]] += row["appearances"]
    counted: Counter[str] = Counter()  # two people may have the same name
    for row in ingested.people:
        counted[row["name"]] += row["appearances"]
    assert spoken == counted


def test_demo_label_counts_match_expected_file(ingested: Ingested) -> None:
    if ingested.world.name != "demo":
        pytest.skip("only for the demo world")
    expected: Any = json.loads((files("workers.local.demo") / "expected.json").read_text("utf-8"))
    counted: dict[str, dict[str, int]] = {}
    for row in ingested.speakers:
        counted.setdefault(row["episode_guid"], {})[row["label"]] = row["appearances"]
    assert counted == {
        episode["guid"]: episode["labels"]
        for podcast in expected["podcasts"]
        for episode in podcast["episodes"]
        if episode["labels"]
    }


@pytest.fixture
def shared(ingested: Ingested) -> SharedWorld:
    """The shared world, which the gold is for."""
    if not isinstance(ingested.world, SharedWorld):
        pytest.skip("the gold is only for the shared world")
    return ingested.world


def test_shared_world_label_counts_match_gold(ingested: Ingested, shared: SharedWorld) -> None:
    gold = read_gold(shared.folder).segments
    ours = Counter({place_of(row): row["appearances"] for row in ingested.speakers if row["label"]})
    _print_comparison("all of the gold", ours, gold)
    assert share_under_label(without(ours, LECTURES), without(gold, LECTURES)) >= 0.995
    ours, gold = without(ours, MISREAD_EPISODES), without(gold, MISREAD_EPISODES)
    _print_comparison(
        f"without {len(MISREAD_EPISODES)} episodes that the gold misreads", ours, gold
    )
    # The gold gives "[laughter]" on a line of its own to the one who spoke before; here it is
    # nobody's, which is more than one per cent where a label has few segments.
    assert share_near(by_show(ours), by_show(gold), least=5, within=0.01) >= 0.985
    assert share_near(ours, gold, least=5, within=0.01) >= 0.985
    assert share_under_label(ours, gold) >= 0.9995


def _print_comparison(title: str, ours: Counter[Place], gold: Counter[Place]) -> None:
    near_in_shows = share_near(by_show(ours), by_show(gold), least=5, within=0.01)
    near_in_episodes = share_near(ours, gold, least=5, within=0.01)
    print(f"{title}: {gold.total():,} labelled segments")
    print(f"  {share_under_label(ours, gold):.4%} of them under their label")
    print(f"  {near_in_shows:.2%} of the labels of shows with 5 or more within 1 %")
    print(f"  {near_in_episodes:.2%} of the labels of episodes with 5 or more within 1 %")
    print("\n".join(["  the worst ten:", *(f"    {line}" for line in worst(ours, gold, 10))]))


def test_shared_world_markers_are_not_people(ingested: Ingested, shared: SharedWorld) -> None:
    markers = read_gold(shared.folder).not_people
    people = {
        (place_of(row).label, row["person"])
        for row in ingested.speakers
        if row["person"] and place_of(row).of_show in markers
    }
    # A diarized speaker can be a person, by elimination or self-introduction.
    assert {label for label, _ in people if not NUMBERED.fullmatch(label)} == set()
